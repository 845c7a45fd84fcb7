import { createServer } from 'node:http';
import { closeServer, listenOn } from '../listening.ts';
import type { Endpoints, ProxiedEndpoints } from '../runtime.ts';
import { type Breakpoint, type BreakpointMatch, Breakpoints } from './breakpoint.ts';
import { type Call, type CallMatch, type Service, VISITOR } from './call.ts';
import { CallHandler } from './call-handler.ts';
import { CallLog } from './call-log.ts';
import type { CountFilter, Counts } from './counts.ts';
import { type ActiveFault, type FaultRule, FaultRules } from './fault-rules.ts';
import { IamCheck } from './iam-check.ts';
import { type Invocation, Invocations } from './invocations.ts';
import { type Distribution, Latency, type LatencyRule } from './latency.ts';
import { Replica } from './replica.ts';
import { BrokenConnectionError, Upstream } from './upstream.ts';

export interface AwsProxyOptions {
  /** Seed of every random choice. @default 1 */
  readonly seed?: number;
  readonly faults?: readonly FaultRule[];
  readonly latency?: readonly LatencyRule[];
  /**
   * Answers eventually consistent reads as of this long ago.
   * @default - they see every write, as the emulator has it
   */
  readonly staleReads?: Distribution;
  /** Number of calls and invocations kept for inspection; the counts cover all of them. @default 10000 */
  readonly keep?: number;
  /**
   * The services that close a function's idle lines while Lambda has frozen it between two invocations. The function
   * learns it from its next request, which breaks and isn't recorded, as it never reaches the service. On AWS every
   * service does, sooner or later (docs.aws.amazon.com/lambda/latest/dg/best-practices.html, github.com
   * aws/aws-sdk-js-v3#1196).
   * @default ['connections', 'lambda'], which have none of the AWS SDK's retries
   */
  readonly idleLinesBreakAt?: readonly Service[];
}

export type AwsProxy = ReturnType<typeof createAwsProxy>;

/**
 * A proxy between the functions and AWS. It records, counts, delays, and breaks their calls, and denies what a
 * function's role does not allow, as AWS does. The functions do not notice it.
 * Calls without an app id (a test that reads a table) are passed through unrecorded.
 */
export function createAwsProxy(options: AwsProxyOptions = {}) {
  const { seed = 1, keep = 10_000 } = options;
  const invocations = new Invocations(keep);
  const log = new CallLog(keep);
  const rules = new FaultRules(seed);
  const breakpoints = new Breakpoints();
  const handler = new CallHandler({
    invocations,
    log,
    rules,
    breakpoints,
    latency: new Latency(seed, options.latency ?? []),
    idleLinesBreakAt: options.idleLinesBreakAt ?? ['connections', 'lambda'],
  });
  for (const rule of options.faults ?? []) rules.add(rule);
  let replica: Replica | undefined;
  const startReplica = async ({ dynamodb }: Endpoints) => {
    if (options.staleReads === undefined) return;
    replica = await Replica.start(dynamodb, { lag: options.staleReads, seed });
    handler.setReplica(replica);
  };
  const theReplica = () => {
    if (replica === undefined) throw new Error('The proxy was made without the option staleReads.');
    return replica;
  };

  const nextEnd = (fits: (invocation: Invocation) => boolean) =>
    new Promise<Invocation>((resolve) => {
      const unsubscribe = invocations.onEnd((invocation) => {
        if (!fits(invocation)) return;
        unsubscribe();
        resolve(invocation);
      });
    });
  /** Removes all fault rules and releases the calls that hang. */
  const clearFaults = () => {
    rules.clear();
    handler.releaseHangs();
  };

  return {
    /** For `RuntimeOptions.awsProxy`; the runtime closes it. One proxy serves one runtime. */
    async attach(direct: Endpoints): Promise<ProxiedEndpoints> {
      await startReplica(direct);
      const closers: (() => Promise<void>)[] = [];
      const open = async (service: Service, endpoint: string) => {
        const listening = await listen(handler, service, endpoint);
        closers.push(listening.close);
        return listening.endpoint;
      };
      return {
        dynamodb: await open('dynamodb', direct.dynamodb),
        sqs: await open('sqs', direct.sqs),
        sns: await open('sns', direct.sns),
        s3: await open('s3', direct.s3),
        ssm: await open('ssm', direct.ssm),
        connections: await open('connections', direct.connections),
        lambda: await open('lambda', direct.lambda),
        observer: invocations,
        invocations: () => invocations.all,
        visits: () => log.calls.filter(({ function: caller }) => caller === VISITOR),
        serveStack: (stack, warn) => {
          handler.setIamCheck(new IamCheck(stack, warn));
          handler.setStack(stack);
        },
        onStored: (listener) => handler.onStored(listener),
        async openTables(tables) {
          handler.setTables(tables);
          await replica?.open(tables);
        },
        async close() {
          clearFaults();
          breakpoints.close();
          await Promise.all(closers.map((close) => close()));
          await replica?.stop();
        },
      };
    },
    get calls(): readonly Call[] {
      return log.calls;
    },
    /** The kept invocations in order of start, each with its calls. */
    get invocations(): readonly Invocation[] {
      return invocations.all;
    },
    counts: (filter?: CountFilter): Counts => log.counts.counts(filter),
    /** Discards calls, invocations, and counts; keeps fault rules and breakpoints. */
    reset() {
      log.clear();
      invocations.clear();
    },
    /** Adds a rule after the existing ones. */
    inject: (rule: FaultRule): ActiveFault => rules.add(rule),
    setBreakpoint: (match: BreakpointMatch = {}): Breakpoint => breakpoints.set(match),
    /**
     * Until the returned function is called, eventually consistent reads see nothing that is written after this call.
     * For tests of why a read is strongly consistent.
     */
    async holdReplica(): Promise<() => void> {
      const held = theReplica();
      await held.hold();
      return () => held.release();
    },
    /** Releases the calls that a `hang` fault stopped. */
    releaseHangs: () => handler.releaseHangs(),
    clearFaults,
    /** Calls the listener when an invocation has ended. Returns an unsubscribe function. */
    onInvocation: (listener: (invocation: Invocation) => void) => invocations.onEnd(listener),
    /** The next invocation to end with this route, or of a function whose logical id contains this name. */
    nextEnd: ({ function: name = '', route }: Pick<CallMatch, 'function' | 'route'>) =>
      nextEnd(
        (invocation) =>
          invocation.function.includes(name) && (route === undefined || invocation.trigger.route === route),
      ),
    /** Resolves when no invocation runs. Messages that wait in a queue do not count. */
    async untilIdle() {
      while (invocations.isRunning) await nextEnd(() => true);
    },
  };
}

async function listen(handler: CallHandler, service: Service, endpoint: string) {
  const upstream = new Upstream(endpoint);
  const server = createServer((request, response) => {
    handler.handle(service, upstream, request, response).catch((error: unknown) => {
      request.socket.destroy();
      if (!(error instanceof BrokenConnectionError)) console.error('The AWS proxy failed:', error);
    });
  });
  // No line is closed by time, so that a run can be repeated: `idleLinesBreakAt` says which lines break.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  const port = await listenOn(server, 0);
  const close = async () => {
    upstream.close();
    await closeServer(server);
  };
  return { endpoint: `http://127.0.0.1:${port}`, close };
}
