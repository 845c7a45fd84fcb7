import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDataDirectory } from './data-directory.ts';
import { DevIssuer, type TokenOptions } from './dev-issuer.ts';
import { dynamoDbClient, sqsClient } from './emulators/clients.ts';
import { startDynamoDb } from './emulators/dynoxide.ts';
import { startSqs } from './emulators/fauxqs.ts';
import { createQueues } from './emulators/queues.ts';
import { createTables } from './emulators/tables.ts';
import { EventSource } from './event-source/event-source.ts';
import { FunctionLogs } from './functions/function-logs.ts';
import { type LogEvent, WorkerPool } from './functions/worker-pool.ts';
import type { GatewayLimits } from './gateway/limits.ts';
import { createGateway, type ExtraRoute, type Gateway } from './gateway/server.ts';
import type { StackModel } from './model.ts';
import { OperatorError, systemErrorCode } from './operator-error.ts';
import { loadStack } from './stack/loader.ts';
import { DEV_AUDIENCE, synthesize } from './stack/synth.ts';

/** Base URLs without a trailing slash. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly sqs: string;
  /** The gateway, for functions: `@connections` lives below it. */
  readonly connections: string;
}

export interface RuntimeOptions {
  /** @default 0 - any free port */
  readonly port?: number;
  /** Everything is kept there and survives a restart. @default - in memory, gone with the runtime */
  readonly dataDirectory?: string;
  /** Wipes what an earlier runtime left in the data folder. */
  readonly fresh?: boolean;
  /**
   * A cloud assembly made by `synthesize` (with any port in mind: it holds none), so that many runtimes share one.
   * @default - the app is synthesized
   */
  readonly cdkOut?: string;
  /** CDK context over the runtime's own; not together with `cdkOut`. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Variables for all functions, over the template's: for tests that need another lease or origin. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly limits?: Partial<GatewayLimits>;
  /** Asked after the dev issuer's routes. */
  readonly extraRoutes?: readonly ExtraRoute[];
  readonly maxInstancesPerFunction?: number;
  readonly maxInstances?: number;
  /** See `EventSourceOptions`. */
  readonly returnFailedAfterSeconds?: number;
  /**
   * Puts a wire proxy between the functions (and the queue's pollers) and everything they call: gets the true
   * endpoints, returns those to use.
   */
  readonly wire?: (direct: Endpoints) => Endpoints | Promise<Endpoints>;
  /** What functions write, piece by piece. */
  readonly onLog?: (event: LogEvent) => void;
  /** What functions write, line by line. */
  readonly onLogLine?: (functionId: string, line: string) => void;
  /** One line each: what can't be run, what an API Gateway would log. @default - to stderr */
  readonly onWarning?: (message: string) => void;
  /** An emulator ended by itself; nothing works any more. @default onWarning */
  readonly onFailure?: (message: string) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

export interface LocalRuntime {
  readonly port: number;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly tokenUrl: string;
  readonly issuer: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** As the functions see them. */
  readonly endpoints: Endpoints;
  readonly stack: StackModel;
  readonly gateway: Gateway;
  readonly workers: WorkerPool;
  token(userId: string, options?: TokenOptions): Promise<string>;
  /** Ends everything; work under way gets two seconds. */
  stop(): Promise<void>;
}

export const PROJECT_DIRECTORY = fileURLToPath(new URL('..', import.meta.url));
const STOP_GRACE_MS = 2000;

/**
 * Runs the stack on this machine.
 * @throws {OperatorError} in one line if it can't; then nothing is left running.
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<LocalRuntime> {
  const cleanups: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
  };
  try {
    return await start(options, cleanups, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: RuntimeOptions,
  cleanups: (() => void | Promise<void>)[],
  stop: () => Promise<void>,
): Promise<LocalRuntime> {
  const warn = options.onWarning ?? ((message: string) => console.error(message));
  const onExit = options.onFailure ?? warn;
  const data =
    options.dataDirectory === undefined
      ? undefined
      : openDataDirectory(options.dataDirectory, { fresh: options.fresh ?? false });
  if (data) cleanups.push(() => data.release());

  const issuer = await DevIssuer.create({
    audience: DEV_AUDIENCE,
    ...(data && { keyFile: data.files.issuerKey }),
  });
  const gateway = createGateway({
    extraRoutes: [(request, response) => issuer.route(request, response), ...(options.extraRoutes ?? [])],
    log: { warn },
    ...(options.limits && { limits: options.limits }),
  });
  const port = await listen(gateway, options.port ?? 0);
  cleanups.push(() => gateway.close());
  data?.announce(port);
  const origin = `http://127.0.0.1:${port}`;
  issuer.serveAt(origin);

  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const [dynamoDb, sqs, assembly] = await allOrNone(failed, [
    startDynamoDb({ onExit, ...(data && { file: data.files.dynamoDb }) }).then((started) => {
      cleanups.push(() => started.stop());
      return started;
    }),
    startSqs({ onExit, ...(data && { dataDirectory: data.files.sqs }) }).then((started) => {
      cleanups.push(() => started.stop());
      return started;
    }),
    findAssembly(options, data?.files.cdkOut, signal, cleanups),
  ]);
  options.signal?.throwIfAborted();

  const direct: Endpoints = { dynamodb: dynamoDb.endpoint, sqs: sqs.endpoint, connections: origin };
  const endpoints = (await options.wire?.(direct)) ?? direct;
  const stack = loadStack(assembly, {
    gateway: origin,
    issuer: origin,
    connections: endpoints.connections,
    sqs: endpoints.sqs,
  });
  for (const warning of stack.warnings) warn(warning);
  await createStorage(direct, stack);

  const logs = new FunctionLogs({
    ...(data && { directory: data.files.logs }),
    ...(options.onLogLine && { onLine: options.onLogLine }),
  });
  cleanups.push(() => logs.close());
  const maxInstancesPerFunction = options.maxInstancesPerFunction ?? 8;
  const workers = new WorkerPool({
    functions: stack.functions.map((model) => ({
      ...model,
      environment: { ...model.environment, ...options.environment },
    })),
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    },
    maxInstancesPerFunction,
    ...(options.maxInstances === undefined ? {} : { maxInstances: options.maxInstances }),
    onLog: (event) => {
      logs.write(event);
      options.onLog?.(event);
    },
  });
  const pollingClient = sqsClient(endpoints.sqs);
  const eventSources = stack.eventSources.map(
    (model) =>
      new EventSource({
        model,
        client: pollingClient,
        endpoint: endpoints.sqs,
        invoker: workers,
        maxConcurrentBatches: maxInstancesPerFunction,
        onWarning: warn,
        ...returnDelay(options, data !== undefined),
      }),
  );
  cleanups.push(async () => {
    await Promise.all([
      workers.stop(STOP_GRACE_MS),
      ...eventSources.map((eventSource) => eventSource.stop(STOP_GRACE_MS)),
    ]);
    pollingClient.destroy();
  });
  gateway.serve({ webSocketApis: stack.webSocketApis, httpApis: stack.httpApis, invoker: workers });
  for (const eventSource of eventSources) eventSource.start();

  const [webSocketApi] = stack.webSocketApis;
  const [httpApi] = stack.httpApis;
  return {
    port,
    wsUrl: `ws://127.0.0.1:${port}/${webSocketApi?.stage ?? ''}`,
    httpUrl: httpApi === undefined || httpApi.stage === '$default' ? origin : `${origin}/${httpApi.stage}`,
    tokenUrl: issuer.tokenUrl,
    issuer: issuer.issuer,
    outputs: stack.outputs,
    endpoints,
    stack,
    gateway,
    workers,
    token: (userId, tokenOptions) => issuer.token(userId, tokenOptions),
    stop,
  };
}

async function listen(gateway: Gateway, port: number): Promise<number> {
  try {
    return await gateway.listen(port);
  } catch (error) {
    const code = systemErrorCode(error);
    const reason = code === 'EADDRINUSE' ? 'is taken' : `can't be listened on (${code})`;
    throw new OperatorError(`Port ${port} ${reason}; choose another with --port, or 0 for any.`, {
      cause: error,
    });
  }
}

async function findAssembly(
  options: RuntimeOptions,
  dataFolder: string | undefined,
  signal: AbortSignal,
  cleanups: (() => void)[],
): Promise<string> {
  if (options.cdkOut !== undefined) return options.cdkOut;
  let outDirectory = dataFolder;
  if (outDirectory === undefined) {
    const temporary = mkdtempSync(join(tmpdir(), 'serverless-im-cdk-'));
    cleanups.push(() => rmSync(temporary, { recursive: true, force: true }));
    outDirectory = temporary;
  }
  // Bundles of earlier code would stay for ever.
  rmSync(outDirectory, { recursive: true, force: true });
  await synthesize({
    projectDirectory: PROJECT_DIRECTORY,
    outDirectory,
    signal,
    ...(options.context && { context: options.context }),
  });
  return outDirectory;
}

async function createStorage(direct: Endpoints, stack: StackModel): Promise<void> {
  const dynamoDb = dynamoDbClient(direct.dynamodb);
  const sqs = sqsClient(direct.sqs);
  try {
    await Promise.all([createTables(dynamoDb, stack.tables), createQueues(sqs, stack.queues)]);
  } finally {
    dynamoDb.destroy();
    sqs.destroy();
  }
}

function returnDelay(options: RuntimeOptions, isDurable: boolean) {
  const seconds = options.returnFailedAfterSeconds;
  return seconds === undefined
    ? {}
    : { returnFailedAfterSeconds: isDurable ? Math.max(1, seconds) : seconds };
}

/**
 * `Promise.all`, but the first failure aborts the others, and they have all ended when it is thrown, so that none
 * starts up after the clean-up.
 */
async function allOrNone<T extends readonly unknown[]>(
  failed: AbortController,
  promises: { [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const all = Promise.all(promises);
  all.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(promises);
  return all as unknown as Promise<T>;
}
