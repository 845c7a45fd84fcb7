import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { moduleUrl } from '../module-url.ts';
import { OperatorError } from '../operator-error.ts';
import { within } from '../within.ts';
import type { FromNode, NodeOptions, NodeSetup, ToNode } from './messages.ts';

export interface NodeEvents {
  readonly onSockets: (open: number) => void;
  readonly onWarning: (message: string) => void;
  /** The process has ended by itself or was killed: `SIGKILL`, or the exit code. */
  readonly onDeath: (reason: string) => void;
}

/** Longer than a node gives its invocations. */
const STOP_GRACE_MS = 10_000;

/** The process of a node, as its supervisor sees it. */
export class NodeChild {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  #death: string | undefined;
  #isStopping = false;

  constructor({ onSockets, onWarning, onDeath }: NodeEvents) {
    this.#process = fork(moduleUrl('./node-process', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, TZ: 'UTC' },
      // Ctrl-C reaches only the supervisor, which stops its nodes first.
      detached: true,
    });
    this.#ended = once(this.#process, 'exit');
    this.#process.on('message', (message: FromNode) => {
      if (message.kind === 'sockets') onSockets(message.open);
      if (message.kind === 'warning') onWarning(message.message);
    });
    this.#process.once('exit', (code, signal) => {
      this.#death = signal ?? `exit code ${code}`;
      if (!this.#isStopping) onDeath(this.#death);
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves with the port. @throws {OperatorError} if it can't */
  async listen(port: number, limits: NodeOptions['limits']): Promise<number> {
    const listening = this.#next('listening');
    this.#tell({ kind: 'listen', port, ...(limits && { limits }) });
    return (await listening).port;
  }

  /** Resolves with the port of its Invoke API. @throws {OperatorError} if it can't */
  async serve(setup: NodeSetup): Promise<number> {
    const serving = this.#next('serving');
    this.#tell({ kind: 'serve', setup });
    return (await serving).lambdaPort;
  }

  /** Running invocations get two seconds to finish. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#death !== undefined) return;
    this.#tell({ kind: 'stop' });
    await within(STOP_GRACE_MS, this.#ended);
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #tell(message: ToNode): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  async #next<Kind extends FromNode['kind']>(kind: Kind): Promise<Extract<FromNode, { kind: Kind }>> {
    const ended = () => new OperatorError(`its process ended (${this.#death})`);
    // While the other nodes were starting: it says nothing any more.
    if (this.#death !== undefined) throw ended();
    const { promise, resolve, reject } = Promise.withResolvers<Extract<FromNode, { kind: Kind }>>();
    const onMessage = (message: FromNode) => {
      if (message.kind === kind) resolve(message as Extract<FromNode, { kind: Kind }>);
      if (message.kind === 'failed') reject(new OperatorError(message.message));
    };
    const onExit = () => reject(ended());
    this.#process.on('message', onMessage);
    this.#process.once('exit', onExit);
    try {
      return await promise;
    } finally {
      this.#process.off('message', onMessage);
      this.#process.off('exit', onExit);
    }
  }
}
