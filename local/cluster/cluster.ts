import { type Activity, type NodeActivity, namesOf } from '../activity/activity.ts';
import { ACTIVITY_PATH, ActivityRoute } from '../activity/activity-route.ts';
import { queueStates } from '../activity/queue-states.ts';
import type { TokenOptions } from '../dev-issuer.ts';
import { startStreamSources } from '../event-source/stream-sources.ts';
import { remoteInvoker } from '../functions/remote-invoker.ts';
import { startInfrastructure } from '../infrastructure.ts';
import { ReadableWarnings } from '../readable-warnings.ts';
import { type LocalRuntime, startPage, urlsOf } from '../runtime.ts';
import type { Endpoints } from '../runtime-options.ts';
import { loadStack } from '../stack/loader.ts';
import { createStorage, startExpiry } from '../storage.ts';
import { Balance } from './balance.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { Front } from './front.ts';
import { Nodes } from './nodes.ts';

export interface ClusterNode {
  readonly node: number;
  readonly pid: number;
  readonly port: number;
  /** Leads to this node alone. */
  readonly wsUrl: string;
  readonly httpUrl: string;
}

/** What clients see is that of one runtime. */
export interface LocalCluster
  extends Pick<
    LocalRuntime,
    | 'port'
    | 'wsUrl'
    | 'httpUrl'
    | 'tokenUrl'
    | 'issuer'
    | 'webUrl'
    | 'outputs'
    | 'stack'
    | 'advanceQueues'
    | 'expireItems'
    | 'untilStreamsRead'
  > {
  readonly endpoints: Omit<Endpoints, 'connections'>;
  /** The nodes that live at this moment. */
  nodes(): readonly ClusterNode[];
  token(userId: string, options?: TokenOptions): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Runs the stack on several nodes, each a process with gateway, workers, and event sources of its own, over one set of tables
 * and queues. This process has the emulators, the issuer, and the address that clients know, and starts a node again that dies.
 * @throws {OperatorError} if it can't; nothing is left running then
 */
export async function startCluster(options: ClusterOptions): Promise<LocalCluster> {
  const cleanups = new AsyncDisposableStack();
  try {
    return await start(options, cleanups);
  } catch (error) {
    await cleanups.disposeAsync();
    throw error;
  }
}

async function start(options: ClusterOptions, cleanups: AsyncDisposableStack): Promise<LocalCluster> {
  const warnings = new ReadableWarnings(options.onWarning ?? ((message) => console.error(message)));
  const { warn } = warnings;
  const balances = { gateways: new Balance(), invokeApis: new Balance() };
  const activityRoute = new ActivityRoute();
  const infrastructure = await startInfrastructure(
    options,
    (own) =>
      new Front(
        balances.gateways,
        async (request, response) =>
          (await own.route(request, response)) || activityRoute.route(request, response),
      ),
    warn,
    cleanups,
  );
  const invokeFront = new Front(balances.invokeApis, () => false);
  const lambda = `http://127.0.0.1:${await invokeFront.listen(0)}`;
  cleanups.defer(() => invokeFront.close());
  const { issuer, port, direct, parameters, assembly, data } = infrastructure;
  const { connections: origin, ...emulators } = direct;
  const stack = loadStack(assembly, {
    gateway: origin,
    issuer: issuer.issuer,
    connections: origin,
    sqs: direct.sqs,
  });
  issuer.speakFor(stack.tokens);
  Object.assign(parameters, stack.parameters);
  for (const warning of stack.warnings) warn(warning);
  warnings.name(stack);
  const storage = createStorage(direct, stack);
  options.onStep?.('tables and queues', storage);
  await storage;

  const site = {
    ...{ assembly, emulators, parameters, issuer: issuer.issuer },
    makesStorage: false,
    logs: data?.files.logs,
  };
  const nodes = new Nodes(options, balances, site, warn);
  cleanups.defer(() => nodes.stop());
  const started = nodes.start();
  options.onStep?.('nodes', started);
  await started;
  const names = namesOf(stack);
  activityRoute.serve(async () => ({
    ...names,
    nodes: await activityOfAll(nodes.living()),
    queues: await queueStates(direct.sqs, stack.queues),
  }));
  // As on AWS, what reads a stream is no node, and invokes the functions of any.
  const streams = startStreamSources(
    {
      stack,
      endpoints: direct,
      invoker: remoteInvoker(lambda, stack.functions),
      positions: data?.files.streamPositions,
      warn,
    },
    cleanups,
  );
  const expireItems = startExpiry(options, stack, direct, warn, cleanups);

  const urls = { ...urlsOf(stack, origin), tokenUrl: issuer.tokenUrl };
  return {
    port,
    ...urls,
    webUrl: await startPage(options, infrastructure, { ...urls, stack, s3: 'http://127.0.0.1:*' }, cleanups),
    issuer: issuer.issuer,
    outputs: stack.outputs,
    endpoints: { ...emulators, lambda },
    stack,
    advanceQueues: (seconds) => {
      infrastructure.advanceQueues(seconds);
      streams.advance(seconds);
    },
    untilStreamsRead: () => streams.caughtUp(),
    expireItems,
    nodes: () =>
      nodes.living().map((node) => ({ ...node, ...urlsOf(stack, `http://127.0.0.1:${node.port}`) })),
    token: (userId, tokenOptions) => issuer.token(userId, tokenOptions),
    stop: () => cleanups.disposeAsync(),
  };
}

/** A node that has died just now has nothing to say. */
async function activityOfAll(nodes: readonly { readonly port: number }[]): Promise<NodeActivity[]> {
  const asked = nodes.map(async ({ port }) => {
    const answer = await fetch(`http://127.0.0.1:${port}${ACTIVITY_PATH}`);
    return ((await answer.json()) as Activity).nodes;
  });
  const answers = await Promise.allSettled(asked);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}
