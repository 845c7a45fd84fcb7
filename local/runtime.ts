import type { TokenOptions } from './dev-issuer.ts';
import { createBuckets } from './emulators/buckets.ts';
import { dynamoDbClient, s3Client, snsClient, sqsClient } from './emulators/clients.ts';
import { expireItems } from './emulators/expiry.ts';
import { createQueues } from './emulators/queues.ts';
import { createTables } from './emulators/tables.ts';
import { createTopics } from './emulators/topics.ts';
import { EventSource } from './event-source/event-source.ts';
import { openPositions } from './event-source/stream-positions.ts';
import { StreamSource } from './event-source/stream-source.ts';
import { FunctionLogs } from './functions/function-logs.ts';
import { InvokeApi } from './functions/invoke-api.ts';
import { WorkerPool } from './functions/worker-pool.ts';
import type { Cluster } from './gateway/peers.ts';
import { Gateway } from './gateway/server.ts';
import { type Front, type Infrastructure, startInfrastructure } from './infrastructure.ts';
import type { Invoker, StackModel } from './model.ts';
import { messageOf } from './operator-error.ts';
import type { Endpoints, ProxiedEndpoints, RuntimeOptions, SharedEndpoints } from './runtime-options.ts';
import { loadStack } from './stack/loader.ts';
import { servePage } from './web-page/page-server.ts';

export { PROJECT_DIRECTORY } from './infrastructure.ts';
export type { Endpoints, ProxiedEndpoints, RuntimeOptions } from './runtime-options.ts';

export interface LocalRuntime {
  readonly port: number;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly tokenUrl: string;
  readonly issuer: string;
  /** URL of the web page, if it is served. */
  readonly webUrl: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  /** The endpoints that functions use. */
  readonly endpoints: Endpoints;
  readonly stack: StackModel;
  readonly gateway: Gateway;
  readonly workers: WorkerPool;
  token(userId: string, options?: TokenOptions): Promise<string>;
  /**
   * For tests: lets time pass for the queues and the event sources of streams only. Delays end, records that a worker left
   * behind become visible when their visibility time-out has passed, and batches that are being gathered are complete.
   */
  advanceQueues(seconds: number): void;
  /** For tests: resolves when the event sources have read all that is in the tables' streams now. */
  untilStreamsRead(): Promise<void>;
  /**
   * Deletes what has expired, as DynamoDB does sooner or later. For tests: also what will have.
   * @param aheadSeconds how far the clock that decides is ahead. @default 0
   * @returns the number of deleted items
   */
  expireItems(aheadSeconds?: number): Promise<number>;
  /** Stops everything; running invocations get two seconds to finish. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 2000;
const DEFAULT_INSTANCES_PER_FUNCTION = 8;

/**
 * Runs the stack on this machine.
 * @throws {OperatorError} if it can't; nothing is left running then
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<LocalRuntime> {
  const cleanups = new AsyncDisposableStack();
  try {
    return await start(options, cleanups);
  } catch (error) {
    await cleanups.disposeAsync();
    throw error;
  }
}

async function start(options: RuntimeOptions, cleanups: AsyncDisposableStack): Promise<LocalRuntime> {
  const report = options.onWarning ?? ((message: string) => console.error(message));
  let isStopping = false;
  // Failures caused by the shutdown itself are not worth a warning.
  const warn = (message: string) => {
    if (!isStopping) report(message);
  };
  const infrastructure = await startInfrastructure(
    options,
    (issuer) =>
      new Gateway({
        extraRoutes: [(request, response) => issuer.route(request, response)],
        log: { warn },
        ...(options.limits && { limits: options.limits }),
      }),
    warn,
    cleanups,
  );
  const { front: gateway, issuer, port, direct, assembly, data } = infrastructure;
  const site = { assembly, direct, issuer: issuer.issuer, makesStorage: true, logs: data?.files.logs };
  const { stack, endpoints, workers } = await serveStack(gateway, site, options, warn, cleanups);
  const streams = startStreamSources(
    { stack, endpoints, invoker: workers, positions: data?.files.streamPositions, warn },
    cleanups,
  );
  const expireNow = startExpiry(options, stack, endpoints, warn, cleanups);
  cleanups.defer(() => {
    isStopping = true;
  });

  const urls = { ...urlsOf(stack, direct.connections), tokenUrl: issuer.tokenUrl };
  return {
    port,
    ...urls,
    webUrl: await startPage(options, infrastructure, urls, cleanups),
    issuer: issuer.issuer,
    outputs: stack.outputs,
    endpoints,
    stack,
    gateway,
    workers,
    advanceQueues: (seconds) => {
      infrastructure.advanceQueues(seconds);
      streams.advance(seconds);
    },
    untilStreamsRead: () => streams.caughtUp(),
    expireItems: expireNow,
    token: (userId, tokenOptions) => issuer.token(userId, tokenOptions),
    stop: () => cleanups.disposeAsync(),
  };
}

/** What a gateway and its workers stand on. */
export interface Site {
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** The emulators' endpoints, and the gateway's own. */
  readonly direct: SharedEndpoints;
  /** URL of the dev issuer. */
  readonly issuer: string;
  /** True to create the stack's tables and queues first. */
  readonly makesStorage: boolean;
  /** Folder of the functions' logs. */
  readonly logs?: string | undefined;
  /** @default - this gateway has all connections */
  readonly cluster?: Cluster;
}

/** Serves the stack at a listening gateway, with workers and event sources of its own. */
export async function serveStack(
  gateway: Gateway,
  site: Site,
  options: RuntimeOptions,
  warn: (message: string) => void,
  cleanups: AsyncDisposableStack,
): Promise<Pick<LocalRuntime, 'stack' | 'endpoints' | 'workers'>> {
  const invokeApi = new InvokeApi({ warn });
  const direct = { ...site.direct, lambda: await invokeApi.listen() };
  cleanups.defer(() => invokeApi.close());
  const endpoints: ProxiedEndpoints = (await options.awsProxy?.(direct)) ?? direct;
  cleanups.defer(() => endpoints.close?.());
  const stack = loadStack(site.assembly, {
    gateway: direct.connections,
    issuer: site.issuer,
    connections: endpoints.connections,
    sqs: endpoints.sqs,
  });
  // A cluster says it once.
  if (site.cluster === undefined) for (const warning of stack.warnings) warn(warning);
  endpoints.enforceRoles?.(stack, warn);
  if (site.makesStorage) await createStorage(direct, stack);
  await endpoints.openTables?.(stack.tables);

  const workers = makeWorkers(options, site, stack, endpoints, cleanups);
  const eventSources = makeEventSources(options, stack, endpoints, workers, warn, cleanups);
  cleanups.defer(async () => {
    const all = [workers, ...eventSources].map((each) => each.stop(STOP_GRACE_MS));
    await Promise.all(all);
  });
  invokeApi.serve(stack.functions, workers);
  gateway.serve({
    webSocketApis: stack.webSocketApis,
    httpApis: stack.httpApis,
    invoker: workers,
    ...(site.cluster && { cluster: site.cluster }),
  });
  for (const eventSource of eventSources) eventSource.start();
  return { stack, endpoints, workers };
}

/** @param origin of the gateway */
export function urlsOf({ webSocketApis, httpApis }: StackModel, origin: string) {
  const [httpApi] = httpApis;
  return {
    wsUrl: `${origin.replace(/^http/, 'ws')}/${webSocketApis[0]?.stage ?? ''}`,
    httpUrl: httpApi === undefined || httpApi.stage === '$default' ? origin : `${origin}/${httpApi.stage}`,
  };
}

export async function startPage(
  { webPort, widgetOrigins = [] }: RuntimeOptions,
  { page, issuer }: Pick<Infrastructure<Front>, 'page' | 'issuer'>,
  { wsUrl, httpUrl, tokenUrl }: Pick<LocalRuntime, 'wsUrl' | 'httpUrl' | 'tokenUrl'>,
  cleanups: AsyncDisposableStack,
): Promise<string | undefined> {
  if (webPort === undefined || page === undefined) return undefined;
  const server = await servePage({
    directory: page,
    port: webPort,
    config: { wsUrl, httpUrl, auth: { kind: 'dev', tokenUrl }, widgetOrigins },
    signInUrls: [tokenUrl],
  });
  cleanups.defer(() => server.stop());
  const { origin } = new URL(server.url);
  // Under either name of this machine.
  issuer.trust([origin, origin.replace('127.0.0.1', 'localhost'), ...widgetOrigins]);
  return server.url;
}

export async function createStorage(direct: SharedEndpoints, stack: StackModel): Promise<void> {
  const dynamoDb = dynamoDbClient(direct.dynamodb);
  const sqs = sqsClient(direct.sqs);
  const sns = snsClient(direct.sns);
  const s3 = s3Client(direct.s3);
  try {
    await Promise.all([
      createTables(dynamoDb, stack.tables),
      createQueues(sqs, stack.queues).then(() => createTopics(sns, stack.topics)),
      createBuckets(s3, stack.buckets),
    ]);
  } finally {
    for (const client of [dynamoDb, sqs, sns, s3]) client.destroy();
  }
}

function makeWorkers(
  options: RuntimeOptions,
  { logs: directory }: Site,
  stack: StackModel,
  endpoints: ProxiedEndpoints,
  cleanups: AsyncDisposableStack,
): WorkerPool {
  const logs = new FunctionLogs({
    ...(directory !== undefined && { directory }),
    ...(options.onLogLine && { onLine: options.onLogLine }),
  });
  cleanups.defer(() => logs.close());
  return new WorkerPool({
    functions: stack.functions.map((model) => ({
      ...model,
      timeoutSeconds: model.timeoutSeconds * (options.timeoutFactor ?? 1),
      environment: { ...model.environment, ...options.environment },
    })),
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: endpoints.sqs,
      AWS_ENDPOINT_URL_SNS: endpoints.sns,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
    },
    ...(endpoints.observer && { observer: endpoints.observer }),
    ...(options.accountConcurrency !== undefined && { accountConcurrency: options.accountConcurrency }),
    maxInstancesPerFunction: options.maxInstancesPerFunction ?? DEFAULT_INSTANCES_PER_FUNCTION,
    ...(options.maxInstances === undefined ? {} : { maxInstances: options.maxInstances }),
    ...(options.clockOffsetMs && { clockOffsetMs: options.clockOffsetMs }),
    onLog: (event) => {
      logs.write(event);
      options.onLog?.(event);
    },
  });
}

/** Pollers go through the AWS proxy too, since AWS bills their requests. */
function makeEventSources(
  options: RuntimeOptions,
  stack: StackModel,
  endpoints: Endpoints,
  invoker: WorkerPool,
  onWarning: (message: string) => void,
  cleanups: AsyncDisposableStack,
): readonly EventSource[] {
  const client = sqsClient(endpoints.sqs, 'event-source');
  cleanups.defer(() => client.destroy());
  return stack.eventSources.map(
    (model) =>
      new EventSource({
        model,
        client,
        endpoint: endpoints.sqs,
        invoker,
        maxConcurrentBatches: options.maxInstancesPerFunction ?? DEFAULT_INSTANCES_PER_FUNCTION,
        onWarning,
      }),
  );
}

export interface Streams {
  readonly stack: StackModel;
  readonly endpoints: Pick<Endpoints, 'dynamodb' | 'sqs'>;
  readonly invoker: Invoker;
  /** File of the positions. If `undefined`, nothing outlives the process. */
  readonly positions: string | undefined;
  readonly warn: (message: string) => void;
}

/** Starts the event sources of streams. */
export function startStreamSources(
  { stack, endpoints, invoker, positions: file, warn }: Streams,
  cleanups: AsyncDisposableStack,
): Pick<StreamSource, 'advance' | 'caughtUp'> {
  const client = sqsClient(endpoints.sqs, 'event-source');
  cleanups.defer(() => client.destroy());
  const positions = openPositions(file);
  const queues = { client, endpoint: endpoints.sqs };
  const sources = stack.streamSources.map(
    (model) =>
      new StreamSource({ model, endpoint: endpoints.dynamodb, queues, positions, invoker, onWarning: warn }),
  );
  for (const source of sources) source.start();
  cleanups.defer(async () => {
    await Promise.all(sources.map((source) => source.stop(STOP_GRACE_MS)));
  });
  return {
    advance: (seconds) => {
      for (const source of sources) source.advance(seconds);
    },
    caughtUp: async () => {
      await Promise.all(sources.map((source) => source.caughtUp()));
    },
  };
}

/** By way of the proxy, whose replica must learn of the deletions. It records none: nobody pays for them on AWS. */
export function startExpiry(
  { expiry }: Pick<RuntimeOptions, 'expiry'>,
  { tables }: StackModel,
  endpoints: Pick<Endpoints, 'dynamodb'>,
  onWarning: (message: string) => void,
  cleanups: AsyncDisposableStack,
): LocalRuntime['expireItems'] {
  const client = dynamoDbClient(endpoints.dynamodb);
  cleanups.defer(() => client.destroy());
  const expire = (aheadSeconds = 0) => expireItems(client, tables, Date.now() + aheadSeconds * 1000);
  if (expiry === undefined) return expire;
  const sweep = () =>
    expire(expiry.aheadSeconds).catch((error: unknown) =>
      onWarning(`Cannot delete what has expired: ${messageOf(error)}`),
    );
  const timer = setInterval(() => void sweep(), expiry.everySeconds * 1000).unref();
  cleanups.defer(() => clearInterval(timer));
  return expire;
}
