import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, OperatorError } from '../operator-error.ts';
import type { Balance } from './balance.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { NodeOptions, NodeSetup } from './messages.ts';
import { NodeChild } from './node-child.ts';

const LONGEST_PAUSE_MS = 10_000;

/** Each knows the ports of all living nodes. */
export interface Balances {
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
export class Nodes {
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
    const { printing } = this.#options;
    const lambdaPort = await slot.child.serve({
      cluster,
      site: this.#site,
      options,
      ...(printing && { printing }),
    });
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
