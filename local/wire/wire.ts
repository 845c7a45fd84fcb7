import { createServer } from 'node:http';
import { closeServer, listenOn } from '../listening.ts';
import type { Endpoints, WiredEndpoints } from '../runtime.ts';
import type { Call, CallMatch, Service } from './call.ts';
import { CallLog } from './call-log.ts';
import type { CountFilter, Counts } from './counts.ts';
import { type ActiveFault, type FaultRule, FaultRules } from './fault-rules.ts';
import { Guard } from './guard.ts';
import { type Hold, type HoldMatch, Holds } from './hold.ts';
import { type Invocation, Invocations } from './invocations.ts';
import { Latency, type LatencyRule } from './latency.ts';
import { WireProxy } from './proxy.ts';
import { BrokenLineError, Upstream } from './upstream.ts';

export interface WireOptions {
  /** Decides what is left to chance. @default 1 */
  readonly seed?: number;
  readonly faults?: readonly FaultRule[];
  readonly latency?: readonly LatencyRule[];
  /** Calls, and invocations, that can be looked at afterwards; the sums are over all. @default 10000 */
  readonly keep?: number;
}

export type Wire = ReturnType<typeof createWire>;

/**
 * A proxy between the functions and what they call. It sees, counts, delays, and breaks their calls; they don't know. What
 * a function's role doesn't allow is denied, as in AWS.
 * Callers without an app id (a test that looks into a table) pass unseen.
 */
export function createWire(options: WireOptions = {}) {
  const { seed = 1, keep = 10_000 } = options;
  const invocations = new Invocations(keep);
  const log = new CallLog(keep);
  const rules = new FaultRules(seed);
  const holds = new Holds();
  const proxy = new WireProxy({
    invocations,
    log,
    rules,
    holds,
    latency: new Latency(seed, options.latency ?? []),
  });
  for (const rule of options.faults ?? []) rules.add(rule);

  const nextEnd = (fits: (invocation: Invocation) => boolean) =>
    new Promise<Invocation>((resolve) => {
      const stop = invocations.onEnd((invocation) => {
        if (!fits(invocation)) return;
        stop();
        resolve(invocation);
      });
    });
  /** Ends all rules and lets go on what hangs: faults are over, and healing begins. */
  const calm = () => {
    rules.clear();
    proxy.releaseHangs();
  };

  return {
    /** For `RuntimeOptions.wire`; the runtime closes it. One wire serves one runtime. */
    async attach(direct: Endpoints): Promise<WiredEndpoints> {
      const closers: (() => Promise<void>)[] = [];
      const open = async (service: Service, endpoint: string) => {
        const listening = await listen(proxy, service, endpoint);
        closers.push(listening.close);
        return listening.endpoint;
      };
      return {
        dynamodb: await open('dynamodb', direct.dynamodb),
        sqs: await open('sqs', direct.sqs),
        connections: await open('connections', direct.connections),
        observer: invocations,
        learn: (stack, warn) => proxy.obey(new Guard(stack, warn)),
        async close() {
          calm();
          holds.close();
          await Promise.all(closers.map((close) => close()));
        },
      };
    },
    get calls(): readonly Call[] {
      return log.calls;
    },
    /** In the order in which they began, each with its calls. */
    get invocations(): readonly Invocation[] {
      return invocations.all;
    },
    counts: (filter?: CountFilter): Counts => log.counts.counts(filter),
    /** Forgets calls, invocations, and sums; rules and holds stay. */
    reset() {
      log.clear();
      invocations.clear();
    },
    /** Adds a rule after those that are there. */
    inject: (rule: FaultRule): ActiveFault => rules.add(rule),
    hold: (match: HoldMatch = {}): Hold => holds.hold(match),
    /** Lets everything go on that hangs by a `hang` fault. */
    releaseHangs: () => proxy.releaseHangs(),
    calm,
    /** Told of each invocation when it has ended. Returns what ends that. */
    onInvocation: (listener: (invocation: Invocation) => void) => invocations.onEnd(listener),
    /** The next invocation to end that was called by this route, or is of a function whose logical id contains this. */
    nextEnd: ({ function: name = '', route }: Pick<CallMatch, 'function' | 'route'>) =>
      nextEnd(
        (invocation) =>
          invocation.function.includes(name) && (route === undefined || invocation.occasion.route === route),
      ),
    /** Resolves when no invocation runs. What waits in a queue is nobody's invocation yet. */
    async quiet() {
      while (invocations.isRunning) await nextEnd(() => true);
    },
  };
}

async function listen(proxy: WireProxy, service: Service, endpoint: string) {
  const upstream = new Upstream(endpoint);
  const server = createServer((request, response) => {
    proxy.handle(service, upstream, request, response).catch((error: unknown) => {
      request.socket.destroy();
      if (!(error instanceof BrokenLineError)) console.error('The wire proxy failed:', error);
    });
  });
  // A function stands still between two events, for minutes, and must find its lines open when it goes on.
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
