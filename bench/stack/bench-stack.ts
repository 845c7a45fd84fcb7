import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type AwsProxy,
  type CallMatch,
  createAwsProxy,
  EVENT_SOURCE,
  type LatencyRule,
} from '../../local/aws-proxy/index.ts';
import { Names } from '../../local/aws-proxy/names.ts';
import type { TokenOptions } from '../../local/dev-issuer.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import type { Endpoints, LocalRuntime } from '../../local/runtime.ts';
import { startRuntime } from '../../local/runtime.ts';
import { CpuMeter } from '../measure/cpu-meter.ts';
import { type PhantomGateway, startPhantomGateway } from './phantom-gateway.ts';
import { QueueWatch } from './queue-watch.ts';
import { Socket } from './socket.ts';

/** The local stack behind the AWS proxy, and its clients. */
export interface BenchStack {
  readonly runtime: LocalRuntime;
  readonly proxy: AwsProxy;
  readonly names: Names;
  readonly cpu: CpuMeter;
  /** For the bench's own reads and writes, which are not counted. */
  readonly documents: DynamoDBDocumentClient;
  /** Full name of a table by its short name. */
  table(name: string): string;
  open(userId: string, deviceId?: string, token?: TokenOptions): Promise<Socket>;
  /** Opens a socket and says hello. */
  join(userId: string, deviceId?: string, token?: TokenOptions): Promise<Socket>;
  http(userId: string, path: string, request?: HttpRequest): Promise<unknown>;
  /** Resolves when this many more invocations of the route or function have ended. */
  ends(match: RunMatch, times?: number): Promise<void>;
  /** Closes those sockets that are open, and waits until their sessions are removed. */
  leave(...sockets: readonly Socket[]): Promise<void>;
  /** Resolves when no function runs and no queue holds a message, except a paused queue. */
  settle(): Promise<void>;
  /** Pauses this queue until `release`. `prime` must send it a message, which ends the poll in progress. */
  pauseQueue(name: string, prime: () => Promise<unknown>): Promise<PausedQueue>;
  /** Runs a task while `settle` ignores this queue and its delayed events, which are dropped at the end. */
  without<Result>(queue: string, run: () => Promise<Result>): Promise<Result>;
  /** Sends an event to a queue of the stack. */
  enqueue(queue: string, event: object): Promise<void>;
  /** Deletes all that will ever expire; resolves when the event sources of streams know. */
  expire(): Promise<void>;
  /** Ends the windows of batches that are being gathered. */
  endWindows(): void;
  stop(): Promise<void>;
}

interface HttpRequest {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: TokenOptions;
}

type RunMatch = Pick<CallMatch, 'function' | 'route'>;

export interface PausedQueue {
  release(): void;
}

export interface BenchStackOptions {
  readonly cdkOut: string;
  readonly latency: readonly LatencyRule[];
  readonly maxInstancesPerFunction?: number;
  /** Environment variables for all functions. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Maximum calls and invocations per operation: a group of 10,000 makes some 20,000. */
const KEEP = 100_000;
/** Instances of all functions together. High enough that no idle one is evicted, which would cause a cold start. */
const MOST_INSTANCES = 64;

/** Beyond any retention of the scenarios, and Lambda's longest window. */
const UNTIL_EXPIRED_SECONDS = 366 * 86_400;
const LONGEST_WINDOW_SECONDS = 300;

/** Runs a task on its own stack, with simulated sockets beside real ones. */
export async function withBenchStack<Result>(
  options: BenchStackOptions,
  run: (stack: BenchStack) => Promise<Result>,
): Promise<Result> {
  let phantoms: PhantomGateway | undefined;
  const stack = await startBenchStack(options, async (direct) => {
    phantoms = await startPhantomGateway(direct.connections);
    return { ...direct, connections: phantoms.endpoint };
  });
  try {
    return await run(stack);
  } finally {
    await stack.stop();
    await phantoms?.close();
  }
}

async function startBenchStack(
  options: BenchStackOptions,
  between: (direct: Endpoints) => Promise<Endpoints>,
): Promise<BenchStack> {
  const proxy = createAwsProxy({ latency: options.latency, keep: KEEP, idleLinesBreakAt: [] });
  const cpu = new CpuMeter();
  let warned = '';
  const runtime = await startRuntime({
    cdkOut: options.cdkOut,
    awsProxy: async (direct) => proxy.attach(await between(direct)),
    onLogLine: (_, line) => cpu.read(line),
    onWarning: (message) => {
      warned = message;
    },
    ...(options.environment && { environment: options.environment }),
    ...(options.maxInstancesPerFunction !== undefined && {
      maxInstancesPerFunction: options.maxInstancesPerFunction,
      maxInstances: MOST_INSTANCES,
    }),
  });
  // The proxy counts and delays only callers that identify themselves; this one does not.
  const client = dynamoDbClient(runtime.endpoints.dynamodb);
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const names = new Names(runtime.stack);
  const queues = new QueueWatch(runtime);

  const open = async (userId: string, deviceId = 'phone', options?: TokenOptions) => {
    const url = `${runtime.wsUrl}?deviceId=${deviceId}`;
    return Socket.open(url, await runtime.token(userId, options));
  };
  const ends = ({ function: name, route }: RunMatch, times = 1) =>
    new Promise<void>((resolve) => {
      let left = times;
      if (left === 0) resolve();
      const stop = proxy.onInvocation((invocation) => {
        if (name !== undefined && names.of(invocation.function) !== name) return;
        if (route !== undefined && invocation.trigger.route !== route) return;
        left -= 1;
        if (left > 0) return;
        stop();
        resolve();
      });
    });
  const consumerOf = (queue: string) =>
    names.of(runtime.stack.eventSources.find(({ queueName }) => queueName.includes(queue))?.functionId ?? '');
  const settle = async () => {
    do {
      await proxy.untilIdle();
    } while (await queues.hasWork());
  };
  return {
    runtime,
    proxy,
    names,
    cpu,
    documents,
    table(name) {
      const found = runtime.stack.tables.find(({ tableName }) => names.of(tableName) === name);
      if (found === undefined) throw new Error(`There is no table ${name}.`);
      return found.tableName;
    },
    open,
    async join(userId, deviceId, token) {
      const socket = await open(userId, deviceId, token);
      await socket.request({ action: 'hello' });
      return socket;
    },
    async http(userId, path, { method = 'GET', body, token } = {}) {
      const response = await fetch(runtime.httpUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${await runtime.token(userId, token)}`,
          'content-type': 'application/json',
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${path}: ${response.status} ${text} ${warned}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    ends,
    async leave(...sockets) {
      // The service has ended the others, and nothing would end the wait for their `$disconnect`.
      const open = sockets.filter(({ isOpen }) => isOpen);
      const gone = ends({ route: '$disconnect' }, open.length);
      await Promise.all(open.map((socket) => socket.close()));
      await gone;
    },
    settle,
    async pauseQueue(name, prime) {
      const breakpoint = proxy.setBreakpoint({
        function: EVENT_SOURCE,
        operation: 'ReceiveMessage',
        queue: name,
      });
      const consumed = ends({ function: consumerOf(name) });
      await prime();
      await breakpoint.reached;
      await consumed;
      queues.ignore(name);
      return {
        release() {
          queues.heed(name);
          breakpoint.release();
        },
      };
    },
    async without(queue, run) {
      queues.ignore(queue);
      try {
        return await run();
      } finally {
        // A running function may send another event to it, and so may one whose event the poller has already received.
        while (await queues.hasWork(queue)) {
          await proxy.untilIdle();
          if (!(await queues.isDue(queue))) await queues.drop(queue);
        }
        queues.heed(queue);
      }
    },
    enqueue: (queue, event) => queues.put(queue, event),
    async expire() {
      await runtime.expireItems(UNTIL_EXPIRED_SECONDS);
      await runtime.untilStreamsRead();
    },
    endWindows: () => runtime.advanceQueues(LONGEST_WINDOW_SECONDS),
    async stop() {
      client.destroy();
      queues.close();
      await runtime.stop();
    },
  };
}
