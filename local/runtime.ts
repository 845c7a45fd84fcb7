import { namesOf } from './activity/activity.ts';
import { ActivityRoute } from './activity/activity-route.ts';
import { queueStates } from './activity/queue-states.ts';
import type { TokenOptions } from './dev-issuer.ts';
import { startStreamSources } from './event-source/stream-sources.ts';
import { Gateway } from './gateway/server.ts';
import { type Front, type Infrastructure, PROJECT_DIRECTORY, startInfrastructure } from './infrastructure.ts';
import type { StackModel } from './model.ts';
import { ReadableWarnings } from './readable-warnings.ts';
import type { RuntimeOptions } from './runtime-options.ts';
import { type ServedStack, serveStack } from './serve-stack.ts';
import { type ExpireItems, startExpiry } from './storage.ts';
import { apiDocsFolder } from './web-page/api-docs.ts';
import { servePage } from './web-page/page-server.ts';

export { PROJECT_DIRECTORY } from './infrastructure.ts';
export type { Endpoints, ProxiedEndpoints, RuntimeOptions } from './runtime-options.ts';

export interface LocalRuntime extends ServedStack {
  readonly port: number;
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly tokenUrl: string;
  readonly issuer: string;
  /** URL of the web page, if it is served. */
  readonly webUrl: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly gateway: Gateway;
  token(userId: string, options?: TokenOptions): Promise<string>;
  /**
   * For tests: lets time pass for the queues and the event sources of streams only. Delays end, records that a worker left
   * behind become visible when their visibility time-out has passed, and batches that are being gathered are complete.
   */
  advanceQueues(seconds: number): void;
  /** For tests: resolves when the event sources have read all that is in the tables' streams now. */
  untilStreamsRead(): Promise<void>;
  /** For tests: also deletes what will have expired. */
  readonly expireItems: ExpireItems;
  /** Stops everything; running invocations get two seconds to finish. */
  stop(): Promise<void>;
}

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
  const warnings = new ReadableWarnings(options.onWarning ?? ((message) => console.error(message)));
  let isStopping = false;
  // Failures caused by the shutdown itself are not worth a warning.
  const warn = (message: string) => {
    if (!isStopping) warnings.warn(message);
  };
  const activityRoute = new ActivityRoute();
  const infrastructure = await startInfrastructure(
    options,
    (issuer) =>
      new Gateway({
        extraRoutes: [
          (request, response) => issuer.route(request, response),
          (request, response) => activityRoute.route(request, response),
        ],
        log: { warn },
        ...(options.limits && { limits: options.limits }),
      }),
    warn,
    cleanups,
  );
  const { front: gateway, issuer, port, direct, parameters, assembly, data } = infrastructure;
  const site = {
    assembly,
    direct,
    parameters,
    issuer: issuer.issuer,
    makesStorage: true,
    logs: data?.files.logs,
    ...(options.port && { otherPort: Math.max(port, options.webPort ?? 0) + 1 }),
  };
  const serving = serveStack(gateway, site, options, warn, cleanups);
  options.onStep?.('tables, queues, and functions', serving);
  const served = await serving;
  const { stack, endpoints, workers, activity, otherApis } = served;
  warnings.name(stack);
  issuer.speakFor(stack.tokens);
  const names = namesOf(stack);
  activityRoute.serve(async () => ({
    ...names,
    nodes: activity === undefined ? [] : [activity()],
    queues: await queueStates(direct.sqs, stack.queues),
  }));
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
    webUrl: await startPage(options, infrastructure, { ...urls, stack, s3: endpoints.s3 }, cleanups),
    issuer: issuer.issuer,
    outputs: stack.outputs,
    otherApis,
    endpoints,
    stack,
    gateway,
    workers,
    activity,
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

/** @param origin of the gateway */
export function urlsOf({ webSocketApis, httpApis }: StackModel, origin: string) {
  const [httpApi] = httpApis;
  return {
    wsUrl: `${origin.replace(/^http/, 'ws')}/${webSocketApis[0]?.stage ?? ''}`,
    httpUrl: httpApi === undefined || httpApi.stage === '$default' ? origin : `${origin}/${httpApi.stage}`,
  };
}

interface ServedPage extends Pick<LocalRuntime, 'wsUrl' | 'httpUrl' | 'tokenUrl' | 'stack'> {
  /** Where the page reaches the buckets; with a wildcard as port if each node has its own. */
  readonly s3: string;
}

export async function startPage(
  { webPort, widgetOrigins = [] }: RuntimeOptions,
  { page, issuer }: Pick<Infrastructure<Front>, 'page' | 'issuer'>,
  { wsUrl, httpUrl, tokenUrl, stack, s3 }: ServedPage,
  cleanups: AsyncDisposableStack,
): Promise<string | undefined> {
  if (webPort === undefined || page === undefined) return undefined;
  const files = fileLimits(stack);
  const apiDocs = apiDocsFolder(PROJECT_DIRECTORY);
  const server = await servePage({
    directory: page,
    port: webPort,
    config: {
      ...{ wsUrl, httpUrl, auth: { kind: 'dev', tokenUrl }, widgetOrigins, webPush: hasWebPush(stack) },
      ...(files && { files }),
    },
    signInUrls: [tokenUrl],
    filesOrigin: files && s3,
    apiDocs,
  });
  cleanups.defer(() => apiDocs.remove());
  cleanups.defer(() => server.stop());
  const { origin } = new URL(server.url);
  // Under either name of this machine.
  issuer.trust([origin, origin.replace('127.0.0.1', 'localhost'), ...widgetOrigins]);
  return server.url;
}

function hasWebPush({ functions }: StackModel): boolean {
  return functions.some(({ environment }) => (environment['WEB_PUSH_PUBLIC_KEY'] ?? '') !== '');
}

/** As the function that signs the forms has them; undefined in a stack without files. */
function fileLimits({ functions }: StackModel) {
  for (const { environment } of functions) {
    const { ATTACHMENT_MAX_BYTES: maxBytes, ATTACHMENT_TYPES: list = '' } = environment;
    if (maxBytes === undefined) continue;
    const types = list.split(',').filter((type) => type !== '');
    return { maxBytes: Number(maxBytes), types };
  }
  return undefined;
}
