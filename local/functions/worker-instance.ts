import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { InvokeResult } from '../model.ts';
import { moduleUrl } from '../module-url.ts';
import { messageOf } from '../operator-error.ts';
import type { FunctionSpec } from './function-spec.ts';
import { INIT_LIMITS, initTimeout } from './init-timeout.ts';
import {
  failure,
  type InvokeFailure,
  type InvokeMessage,
  type LogStream,
  type WorkerMessage,
} from './messages.ts';

const YOUNG_GENERATION_MEGABYTES = 16;

export interface InstanceEvents {
  onLog(stream: LogStream, text: string, requestId: string | undefined): void;
  /** Called before the function gets the event; not called for an instance that can't start. */
  onInvoke(requestId: string, eventJson: string): void;
  onAnswer(requestId: string, result: InvokeResult): void;
  /** Called when the thread has ended, before its invocation, if any, is answered. */
  onExit(): void;
}

/**
 * One sandbox of a function: a worker thread that has imported the bundle and handles one event at a time. A timeout,
 * a kill, or a crash ends the thread and its sockets before the invocation is answered. So when a caller sees the
 * failure, the invocation can send nothing more.
 */
export class WorkerInstance {
  readonly #worker: Worker;
  readonly #gate: Int32Array<SharedArrayBuffer>;
  readonly #spec: FunctionSpec;
  readonly #events: InstanceEvents;
  readonly #ready = Promise.withResolvers<InvokeFailure | undefined>();
  readonly #init = new AbortController();
  #invocation: { readonly requestId: string; readonly answer: (result: InvokeResult) => void } | undefined;
  /** The reason given to `terminate`; undefined if the thread ended by itself. */
  #verdict: InvokeFailure | undefined;
  #crash: string | undefined;
  #exited = false;
  #isReady = false;

  constructor(spec: FunctionSpec, events: InstanceEvents, clockOffsetMs: number) {
    this.#spec = spec;
    this.#events = events;
    const gate = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#gate = new Int32Array(gate);
    this.#worker = new Worker(moduleUrl('./worker-entry', import.meta.url), {
      name: spec.functionName,
      argv: [],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {
        ...spec.environment,
        AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${randomUUID()}`,
        // Halves a cold start. Beside the bundles, because it is of no use without them.
        NODE_COMPILE_CACHE: join(spec.setup.codeDirectory, '..', '.compile-cache'),
      },
      stdin: false,
      stdout: true,
      stderr: true,
      workerData: { ...spec.setup, clockOffsetMs, gate },
      resourceLimits: {
        maxOldGenerationSizeMb: spec.setup.memoryMegabytes,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MEGABYTES,
      },
    });
    // Output that bypasses the worker's console, such as Node's warnings.
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#worker[stream].setEncoding('utf8').on('data', (text: string) => this.#log(stream, text));
    }
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#worker.on('error', (error: unknown) => {
      this.#crash = messageOf(error);
      this.#log('stderr', `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    });
    this.#worker.once('exit', (code) => this.#exit(code));
    void initTimeout(this.#worker, this.#init.signal).then((isLate) => {
      const text = `Init timed out after ${INIT_LIMITS.seconds} seconds`;
      if (isLate) void this.terminate(failure('Sandbox.Timedout', text));
    });
  }

  get isBusy(): boolean {
    return this.#invocation !== undefined;
  }

  /** Runs one event. The caller must wait for the answer before it sends the next. */
  async invoke(eventJson: string): Promise<InvokeResult> {
    const requestId = randomUUID();
    const { promise, resolve } = Promise.withResolvers<InvokeResult>();
    this.#invocation = { requestId, answer: resolve };
    // If the handler can't be loaded, the thread ends and its exit answers the invocation.
    if (await this.#ready.promise) return promise;
    const { timeoutSeconds } = this.#spec;
    const message: InvokeMessage = { requestId, eventJson, deadlineMs: Date.now() + timeoutSeconds * 1000 };
    const timer = setTimeout(() => {
      const text = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      this.#log('stderr', `${new Date().toISOString()} ${requestId} ${text}\n`);
      void this.terminate(failure('Sandbox.Timedout', `RequestId: ${requestId} Error: ${text}`));
    }, timeoutSeconds * 1000);
    this.#events.onInvoke(requestId, eventJson);
    this.#worker.postMessage(message);
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the thread and its sockets; a running invocation is answered with the verdict. */
  async terminate(verdict: InvokeFailure): Promise<void> {
    if (this.#exited) return;
    this.#verdict ??= verdict;
    await this.#worker.terminate();
  }

  #receive(message: WorkerMessage): void {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.#init.abort();
        this.#ready.resolve(undefined);
        break;
      case 'init-failed':
        this.#verdict ??= message.error;
        this.#log('stderr', `${message.detail}\n`);
        this.#ready.resolve(message.error);
        break;
      case 'log':
        this.#log(message.stream, message.text);
        break;
      case 'threw':
        this.#log('stderr', `Invoke Error ${message.detail}\n`);
        this.#answer(message.error);
        break;
      case 'returned':
        this.#answer({ ok: true, payload: JSON.parse(message.payloadJson) });
        break;
      default:
        message satisfies never;
    }
  }

  #exit(code: number): void {
    this.#exited = true;
    this.#init.abort();
    const requestId = this.#invocation?.requestId ?? 'none';
    const reason =
      code === 0 && !this.#crash
        ? 'Runtime exited without providing a reason'
        : `Runtime exited with error: ${this.#crash ?? `exit status ${code}`}`;
    const verdict = this.#verdict ?? failure('Runtime.ExitError', `RequestId: ${requestId} Error: ${reason}`);
    if (!this.#isReady && !this.#verdict) this.#log('stderr', `${verdict.errorMessage}\n`);
    this.#ready.resolve(verdict);
    this.#events.onExit();
    this.#answer(verdict);
  }

  #answer(result: InvokeResult): void {
    // A result that arrives after a timeout or kill is dropped, as in Lambda.
    if (this.#verdict && !this.#exited) return;
    const invocation = this.#invocation;
    if (invocation === undefined) return;
    this.#invocation = undefined;
    this.#events.onAnswer(invocation.requestId, result);
    invocation.answer(result);
  }

  #log(stream: LogStream, text: string): void {
    this.#events.onLog(stream, text, this.#invocation?.requestId);
  }
}
