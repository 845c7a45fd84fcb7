import { activityOf, type NodeActivity } from './activity/activity.ts';
import { LoggedLines } from './activity/logged-lines.ts';
import { startAbsentServices } from './emulators/absent-services.ts';
import { sqsClient } from './emulators/clients.ts';
import { EventSource } from './event-source/event-source.ts';
import { FunctionLogs } from './functions/function-logs.ts';
import { InvokeApi } from './functions/invoke-api.ts';
import { createMalwareScanner } from './functions/malware-scanner.ts';
import { type EarlierRelease, sideBySide, type Workers } from './functions/releases.ts';
import { WorkerPool } from './functions/worker-pool.ts';
import type { Cluster } from './gateway/peers.ts';
import type { Gateway } from './gateway/server.ts';
import type { StackModel } from './model.ts';
import { OperatorError } from './operator-error.ts';
import { type ServedApi, startOtherApis } from './other-apis.ts';
import type { Endpoints, ProxiedEndpoints, RuntimeOptions, SharedEndpoints } from './runtime-options.ts';
import { loadApp } from './stack/loader.ts';
import { createStorage } from './storage.ts';
import { STOP_GRACE_MS } from './within.ts';

const DEFAULT_INSTANCES_PER_FUNCTION = 8;

/** What a gateway and its workers stand on. */
export interface Site {
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** The emulators' endpoints, and the gateway's own. */
  readonly direct: SharedEndpoints;
  /** The parameter store, by name. It gets what the stack puts in. */
  readonly parameters: Record<string, string>;
  /** URL of the dev issuer. */
  readonly issuer: string;
  /** True to create the stack's tables and queues first. */
  readonly makesStorage: boolean;
  /** Folder of the functions' logs. */
  readonly logs?: string | undefined;
  /** @default - this gateway has all connections */
  readonly cluster?: Cluster;
  /** Port of the first API that is not the chat's. @default - any free port */
  readonly otherPort?: number;
}

export interface ServedStack {
  readonly stack: StackModel;
  /** The endpoints that functions use. */
  readonly endpoints: Endpoints;
  readonly workers: Workers;
  /** The APIs that are not the chat's. */
  readonly otherApis: readonly ServedApi[];
  /** What it did within the last minute. @default - there is no AWS proxy that knows */
  readonly activity: (() => NodeActivity) | undefined;
}

/** Serves the stack at a listening gateway, with workers and event sources of its own. */
export async function serveStack(
  gateway: Gateway,
  site: Site,
  options: RuntimeOptions,
  warn: (message: string) => void,
  cleanups: AsyncDisposableStack,
): Promise<ServedStack> {
  const invokeApi = new InvokeApi({ warn });
  const direct = { ...site.direct, lambda: await invokeApi.listen() };
  cleanups.defer(() => invokeApi.close());
  const endpoints: ProxiedEndpoints = (await options.awsProxy?.(direct)) ?? direct;
  cleanups.defer(() => endpoints.close?.());
  const app = loadApp(site.assembly);
  if (options.app && !app.hasChat)
    throw new OperatorError('The app has no ServerlessIm: add one to a stack of it, or start without --app.');
  const absent = await startAbsentServices(warn);
  cleanups.defer(() => absent.stop());
  // Nodes of a cluster have only the chat's.
  const others = await startOtherApis(site.cluster ? [] : app.otherApis, site.otherPort ?? 0, warn, cleanups);
  const origins = {
    gateway: direct.connections,
    issuer: site.issuer,
    connections: endpoints.connections,
    sqs: endpoints.sqs,
    parameters: site.parameters,
    otherApis: others.origins,
  };
  const stack = app.at(origins);
  Object.assign(site.parameters, stack.parameters);
  // A cluster says it once.
  if (site.cluster === undefined) for (const warning of stack.warnings) warn(warning);
  endpoints.serveStack?.(stack, warn);
  if (site.makesStorage) await createStorage(direct, stack);
  await endpoints.openTables?.(stack.tables);

  const lines = new LoggedLines();
  const poolOf = ({ functions }: StackModel, name?: string) =>
    makeWorkers(
      options,
      site,
      { functions, name },
      { ...endpoints, absent: absent.endpoint },
      lines,
      cleanups,
    );
  const { earlier } = options;
  const workers =
    earlier === undefined
      ? poolOf(stack)
      : releasesOf(earlier, loadApp(earlier.cdkOut).at(origins), stack, poolOf);
  if (stack.scans.length > 0) endpoints.onStored?.(createMalwareScanner(stack.scans, workers, warn));
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
    callers: stack.functions,
    ...(site.cluster && { cluster: site.cluster }),
  });
  others.serve(stack, workers);
  for (const eventSource of eventSources) eventSource.start();
  return {
    stack,
    endpoints,
    workers,
    otherApis: others.served,
    activity: activityIn(endpoints, lines, gateway),
  };
}

function activityIn({ invocations, visits }: ProxiedEndpoints, lines: LoggedLines, gateway: Gateway) {
  if (invocations === undefined) return undefined;
  const startedMs = performance.now();
  const sources = {
    ...{ invocations, visits, startedMs },
    lines: (sinceMs: number) => lines.since(sinceMs),
    connections: () => gateway.connections().length,
  };
  return () => activityOf(sources, performance.now());
}

function releasesOf(
  { takes }: EarlierRelease,
  earlier: StackModel,
  current: StackModel,
  poolOf: (stack: StackModel, name?: string) => WorkerPool,
): Workers {
  const functionIds = new Set(earlier.functions.map(({ logicalId }) => logicalId));
  return sideBySide(poolOf(current), poolOf(earlier, 'earlier-instance'), functionIds, takes);
}

function makeWorkers(
  options: RuntimeOptions,
  { logs: directory }: Site,
  { functions, name }: { readonly functions: StackModel['functions']; readonly name: string | undefined },
  endpoints: ProxiedEndpoints & { readonly absent: string },
  lines: LoggedLines,
  cleanups: AsyncDisposableStack,
): WorkerPool {
  const logs = new FunctionLogs({
    ...(directory !== undefined && { directory }),
    onLine: (functionId, line) => {
      lines.add(functionId, line);
      options.onLogLine?.(functionId, line);
    },
  });
  cleanups.defer(() => logs.close());
  return new WorkerPool({
    ...(name !== undefined && { name }),
    functions: functions.map((model) => ({
      ...model,
      timeoutSeconds: model.timeoutSeconds * (options.timeoutFactor ?? 1),
      environment: { ...model.environment, ...pushHostsOf(model.environment), ...options.environment },
    })),
    environment: {
      AWS_ENDPOINT_URL: endpoints.absent,
      AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: endpoints.sqs,
      AWS_ENDPOINT_URL_SNS: endpoints.sns,
      AWS_ENDPOINT_URL_S3: endpoints.s3,
      AWS_ENDPOINT_URL_SSM: endpoints.ssm,
      AWS_ENDPOINT_URL_LAMBDA: endpoints.lambda,
    },
    ...(options.app && { projectDirectory: options.app.directory }),
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

/** A push service of a test is on this machine. No deployment can name such a host. */
function pushHostsOf({ PUSH_HOSTS: hosts }: Readonly<Record<string, string>>) {
  return hosts === undefined ? {} : { PUSH_HOSTS: `${hosts},127.0.0.1` };
}

/** Pollers go through the AWS proxy too, since AWS bills their requests. */
function makeEventSources(
  options: RuntimeOptions,
  stack: StackModel,
  endpoints: Endpoints,
  invoker: Workers,
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
