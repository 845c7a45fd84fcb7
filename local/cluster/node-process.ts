/** One node of a cluster, a process of its own: gateway, workers, and event sources. It ends with its supervisor. */
import { ActivityRoute } from '../activity/activity-route.ts';
import { Gateway } from '../gateway/server.ts';
import { messageOf } from '../operator-error.ts';
import type { RuntimeOptions } from '../runtime-options.ts';
import { serveStack } from '../serve-stack.ts';
import type { FromNode, NodeSetup, Printing, ToNode } from './messages.ts';

const cleanups = new AsyncDisposableStack();
let gateway: Gateway | undefined;
let port = 0;
const activityRoute = new ActivityRoute();

const tell = (message: FromNode) => {
  // The supervisor may be dying.
  if (process.connected) process.send?.(message, () => {});
};
let isStopping = false;
// Failures caused by the shutdown itself are not worth a warning.
const warn = (message: string) => {
  if (!isStopping) tell({ kind: 'warning', message });
};

process.on('message', (message: ToNode) => {
  handle(message).catch((error: unknown) => {
    tell({ kind: 'failed', message: messageOf(error) });
  });
});
process.on('disconnect', () => process.exit(1));

async function handle(message: ToNode): Promise<void> {
  if (message.kind === 'listen') await listen(message);
  else if (message.kind === 'serve') await serve(message.setup);
  else {
    isStopping = true;
    await cleanups.disposeAsync();
    process.exit(0);
  }
}

async function listen({ port: wanted, limits }: Extract<ToNode, { kind: 'listen' }>): Promise<void> {
  gateway = new Gateway({
    log: { warn },
    extraRoutes: [(request, response) => activityRoute.route(request, response)],
    onSockets: (open) => tell({ kind: 'sockets', open }),
    ...(limits && { limits }),
  });
  port = await gateway.listen(wanted);
  cleanups.defer(() => gateway?.close());
  tell({ kind: 'listening', port });
}

async function serve({ cluster, site, options, printing }: NodeSetup): Promise<void> {
  if (gateway === undefined) throw new Error('This node does not listen yet');
  const { emulators, ...rest } = site;
  const connections = `http://127.0.0.1:${port}`;
  const proxy = printing && (await openProxy(printing, cluster.node));
  const logging: RuntimeOptions = printing?.logs
    ? { onLogLine: (functionId, line) => console.error(`[${cluster.node} ${functionId}] ${line}`) }
    : {};
  const served = await serveStack(
    gateway,
    { ...rest, cluster, direct: { ...emulators, connections } },
    { ...options, ...logging, ...(proxy && { awsProxy: proxy.attach }) },
    warn,
    cleanups,
  );
  proxy?.show(served);
  const { activity } = served;
  // The front knows the rest.
  activityRoute.serve(async () => ({
    nodes: activity === undefined ? [] : [activity()],
    queues: [],
    names: {},
    megabytes: {},
  }));
  tell({ kind: 'serving', lambdaPort: Number(new URL(served.endpoints.lambda).port) });
}

/** Each node has a proxy of its own: faults that count calls count those of their node. */
async function openProxy({ trace, faultsFile, json }: Printing, node: string) {
  const { createTerminalProxy } = await import('../aws-proxy/terminal.ts');
  return createTerminalProxy({
    trace,
    node,
    ...(faultsFile !== undefined && { faultsFile }),
    output: json ? process.stderr : process.stdout,
    warn,
  });
}
