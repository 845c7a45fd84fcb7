import { setTimeout as delay } from 'node:timers/promises';
import type { TokenOptions } from '../dev-issuer.ts';
import { remoteInvoker } from '../functions/remote-invoker.ts';
import { startInfrastructure } from '../infrastructure.ts';
import { messageOf, OperatorError } from '../operator-error.ts';
import {
  createStorage,
  type LocalRuntime,
  startExpiry,
  startPage,
  startStreamSources,
  urlsOf,
} from '../runtime.ts';
import type { Endpoints, RuntimeOptions } from '../runtime-options.ts';
import { loadStack } from '../stack/loader.ts';
import { Balance } from './balance.ts';
import { Front } from './front.ts';
import type { NodeOptions, NodeSetup, Printing } from './messages.ts';
import { NodeChild } from './node-child.ts';

export interface ClusterOptions
  extends Omit<RuntimeOptions, 'awsProxy' | 'clockOffsetMs' | 'onLog' | 'onLogLine'> {
  /** From 1 to 9: connection ids have one digit for the node. */
  readonly nodes: number;
  /** @default - nothing */
  readonly printing?: Printing;
  /** Receives one line when a node has died, and when it is back. @default onWarning */
  readonly onNotice?: (message: string) => void;
}

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
  const warn = options.onWarning ?? ((message: string) => console.error(message));
  const balances = { gateways: new Balance(), invokeApis: new Balance() };
  const infrastructure = await startInfrastructure(
    options,
    (own) => new Front(balances.gateways, (request, response) => own.route(request, response)),
    warn,
    cleanups,
  );
  const invokeFront = new Front(balances.invokeApis, () => false);
  const lambda = `http://127.0.0.1:${await invokeFront.listen(0)}`;
  cleanups.defer(() => invokeFront.close());
  const { issuer, port, direct, assembly, data } = infrastructure;
  const { connections: origin, ...emulators } = direct;
  const stack = loadStack(assembly, {
    gateway: origin,
    issuer: issuer.issuer,
    connections: origin,
    sqs: direct.sqs,
  });
  for (const warning of stack.warnings) warn(warning);
  await createStorage(direct, stack);

  const site = { assembly, emulators, issuer: issuer.issuer, makesStorage: false, logs: data?.files.logs };
  const nodes = new Nodes(options, balances, site, warn);
  cleanups.defer(() => nodes.stop());
  await nodes.start();
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
    webUrl: await startPage(options, infrastructure, urls, cleanups),
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

const NO_PRINTING: Printing = { trace: false, logs: false, json: false };
const LONGEST_PAUSE_MS = 10_000;

interface Balances {
  readonly gateways: Balance;
  readonly invokeApis: Balance;
}

interface Slot {
  readonly number: number;
  child: NodeChild;
  /** Kept for life: the other nodes forward there, and learn from a refused connection that this node is dead. */
  port: number;
  isServing: boolean;
}

/** Starts the nodes, and starts again what dies. */
class Nodes {
  readonly #options: ClusterOptions;
  readonly #balances: Balances;
  readonly #site: NodeSetup['site'];
  readonly #warn: (message: string) => void;
  readonly #notice: (message: string) => void;
  readonly #slots: Slot[];
  readonly #stopping = new AbortController();

  constructor(
    options: ClusterOptions,
    balances: Balances,
    site: NodeSetup['site'],
    warn: (message: string) => void,
  ) {
    this.#options = options;
    this.#balances = balances;
    this.#site = site;
    this.#warn = warn;
    this.#notice = options.onNotice ?? warn;
    this.#slots = Array.from({ length: options.nodes }, (_, index) => ({
      number: index + 1,
      child: this.#fork(index + 1),
      port: 0,
      isServing: false,
    }));
  }

  /** All listen before one serves, so that each knows the others' ports. @throws {OperatorError} */
  async start(): Promise<void> {
    const listen = async (slot: Slot) => {
      slot.port = await slot.child.listen(0, this.#options.limits);
    };
    await Promise.all(this.#slots.map((slot) => named(slot, listen(slot))));
    await Promise.all(this.#slots.map((slot) => named(slot, this.#serve(slot))));
  }

  living(): readonly { readonly node: number; readonly pid: number; readonly port: number }[] {
    const serving = this.#slots.filter(({ isServing }) => isServing);
    return serving.map(({ number: node, child, port }) => ({ node, pid: child.pid, port }));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#slots.map(({ child }) => child.stop()));
  }

  #fork(node: number): NodeChild {
    return new NodeChild({
      onSockets: (open) => this.#balances.gateways.report(node, open),
      onWarning: (message) => this.#warn(`node ${node}: ${message}`),
      onDeath: (reason) => this.#bury(node, reason),
    });
  }

  async #serve(slot: Slot): Promise<void> {
    const { environment, limits, accountConcurrency, maxInstancesPerFunction, maxInstances, timeoutFactor } =
      this.#options;
    const options: NodeOptions = {
      ...(environment && { environment }),
      ...(limits && { limits }),
      ...(accountConcurrency !== undefined && { accountConcurrency }),
      ...(maxInstancesPerFunction !== undefined && { maxInstancesPerFunction }),
      ...(maxInstances !== undefined && { maxInstances }),
      ...(timeoutFactor !== undefined && { timeoutFactor }),
    };
    const origins = this.#slots.map(({ number, port }) => [String(number), `http://127.0.0.1:${port}`]);
    const cluster = { node: String(slot.number), origins: Object.fromEntries(origins) };
    const printing = this.#options.printing ?? NO_PRINTING;
    const lambdaPort = await slot.child.serve({ cluster, site: this.#site, options, printing });
    slot.isServing = true;
    this.#balances.gateways.add(slot.number, slot.port);
    this.#balances.invokeApis.add(slot.number, lambdaPort);
  }

  #bury(node: number, reason: string): void {
    const slot = this.#slots[node - 1];
    // A node that has not served yet fails its start, and `#revive` tries again.
    if (slot === undefined || !slot.isServing) return;
    slot.isServing = false;
    for (const balance of Object.values(this.#balances)) balance.remove(node);
    this.#notice(
      `Node ${node} (process ${slot.child.pid}) has died: ${reason}. Its clients go to the others; it is started again.`,
    );
    void this.#revive(slot);
  }

  /** AWS replaces a machine without a word; here each attempt that fails has a line. */
  async #revive(slot: Slot): Promise<void> {
    const { signal } = this.#stopping;
    for (let pauseMs = 500; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      slot.child = this.#fork(slot.number);
      try {
        await slot.child.listen(slot.port, this.#options.limits);
        await this.#serve(slot);
        this.#notice(`Node ${slot.number} is back (process ${slot.child.pid}).`);
        return;
      } catch (error) {
        await slot.child.stop();
        if (signal.aborted) return;
        if (!(error instanceof OperatorError)) throw error;
        this.#notice(`Node ${slot.number} did not start: ${error.message}.`);
        await delay(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}

async function named({ number }: Slot, starting: Promise<void>): Promise<void> {
  try {
    await starting;
  } catch (error) {
    throw new OperatorError(`Node ${number} did not start: ${messageOf(error)}`, { cause: error });
  }
}
