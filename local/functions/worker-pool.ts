import type { FunctionModel, InvokeResult, Invoker } from '../model.ts';
import { within } from '../within.ts';
import { type FunctionSpec, functionSpec } from './function-spec.ts';
import { failure, type LogStream, THROTTLED } from './messages.ts';
import { WorkerInstance } from './worker-instance.ts';

export interface LogEvent {
  readonly functionId: string;
  /** The invocation that was running, if any. */
  readonly requestId: string | undefined;
  readonly stream: LogStream;
  /** A chunk of output: part of a line, one line, or several. */
  readonly text: string;
}

/** An invocation, reported before the function gets its event. */
export interface StartedInvocation {
  /** The instance's `AWS_SDK_UA_APP_ID`, which the SDK puts in the user agent of all its requests. */
  readonly instanceId: string;
  readonly functionId: string;
  /** `awsRequestId` */
  readonly requestId: string;
  readonly eventJson: string;
  /** Ends the instance, and the invocation with it. */
  kill(): Promise<void>;
}

/** Notified of invocations, so that an AWS proxy can attribute calls to them. */
export interface InvocationObserver {
  started(invocation: StartedInvocation): void;
  ended(requestId: string, result: InvokeResult): void;
}

/** How far the clock of the n-th instance is ahead, from 1. @default 0 - all share the machine's clock */
export type ClockOffset = (instance: number) => number;

export interface WorkerPoolOptions {
  readonly functions: readonly FunctionModel[];
  /** Variables added to every function: the emulators' endpoints. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Invocations of all functions that may run at once on AWS; a function's reserved concurrency is taken from it. More
   * are throttled.
   * @default 1,000; a new account may have 10
   */
  readonly accountConcurrency?: number;
  /** Limits of this machine, which make invocations wait, but throttle none. @default 8 */
  readonly maxInstancesPerFunction?: number;
  /** Limit for all functions together: at the limit, an idle instance of another function is ended. @default 24 */
  readonly maxInstances?: number;
  /** Idle instances are ended after this time. @default 300 */
  readonly idleSeconds?: number;
  readonly clockOffsetMs?: ClockOffset;
  /** Begins the ids of its instances, if an observer has those of several pools. @default 'instance' */
  readonly name?: string;
  readonly onLog?: (event: LogEvent) => void;
  readonly observer?: InvocationObserver;
  /** See `functionSpec`. */
  readonly projectDirectory?: string;
}

interface Pending {
  readonly pool: FunctionPool;
  readonly eventJson: string;
  readonly answer: (result: InvokeResult) => void;
}

interface FunctionPool {
  readonly spec: FunctionSpec;
  readonly maxInstances: number;
  /** Invocations that run or wait for an instance: on AWS each would have one. */
  runs: number;
  readonly busy: Set<WorkerInstance>;
  /** Most recently used last. The last one is reused first, so that the others can time out. */
  readonly idle: { readonly instance: WorkerInstance; readonly sinceMs: number }[];
}

const KILLED = failure('Runtime.ExitError', 'Runtime exited with error: signal: killed');
const SHUTDOWN = failure('Runtime.ExitError', 'The local runtime is stopping.');
const TOO_MANY = failure(THROTTLED, 'Rate Exceeded.');

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const ACCOUNT_CONCURRENCY = 1_000;

/**
 * Runs functions as Lambda does: one event at a time per instance, the most recently used instance first, a new one
 * if all are busy. Invocations beyond the reserved or the account's concurrency are throttled, as on AWS. Those beyond the
 * instances that this machine can hold wait in order. Lambda's scaling rate (1,000 new instances of a function in 10 s) is
 * not modelled: the machine starts them more slowly.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
 */
export class WorkerPool implements Invoker {
  readonly #pools: ReadonlyMap<string, FunctionPool>;
  readonly #maxInstances: number;
  /** The account's concurrency that is left to functions without a reserved one. */
  readonly #unreserved: number;
  readonly #onLog: (event: LogEvent) => void;
  readonly #observer: InvocationObserver | undefined;
  readonly #clockOffsetMs: ClockOffset;
  readonly #name: string;
  readonly #shrinkTimer: NodeJS.Timeout;
  #pending: Pending[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #ending = new Set<Promise<void>>();
  #instances = 0;
  #startedInstances = 0;
  #isEvicting = false;
  #stopped = false;

  constructor(options: WorkerPoolOptions) {
    const perFunction = options.maxInstancesPerFunction ?? 8;
    const idleMs = (options.idleSeconds ?? 300) * 1000;
    this.#maxInstances = options.maxInstances ?? 24;
    this.#onLog = options.onLog ?? (() => {});
    this.#observer = options.observer;
    this.#clockOffsetMs = options.clockOffsetMs ?? (() => 0);
    this.#name = options.name ?? 'instance';
    this.#pools = new Map(
      options.functions.map((model) => {
        const spec = functionSpec(model, options.environment ?? {}, options.projectDirectory);
        const maxInstances = Math.min(perFunction, spec.reservedConcurrency ?? perFunction);
        return [model.logicalId, { spec, maxInstances, runs: 0, busy: new Set(), idle: [] }];
      }),
    );
    const reserved = options.functions.reduce((sum, model) => sum + (model.reservedConcurrency ?? 0), 0);
    this.#unreserved = (options.accountConcurrency ?? ACCOUNT_CONCURRENCY) - reserved;
    this.#shrinkTimer = setInterval(
      () => this.#shrink(Date.now() - idleMs),
      Math.max(idleMs / 2, 10),
    ).unref();
  }

  /**
   * Runs a function. Event and payload are copied as JSON.
   * @throws if there is no such function; errors of the function itself are returned as a result
   */
  async invoke(functionId: string, event: unknown): Promise<InvokeResult> {
    const pool = this.#pool(functionId);
    if (this.#stopped) return SHUTDOWN;
    if (this.#isThrottled(pool)) return TOO_MANY;
    pool.runs += 1;
    const { promise, resolve } = Promise.withResolvers<InvokeResult>();
    this.#pending.push({ pool, eventJson: JSON.stringify(event ?? null), answer: resolve });
    this.#dispatch();
    return promise.finally(() => {
      pool.runs -= 1;
    });
  }

  #isThrottled({ spec, runs }: FunctionPool): boolean {
    if (spec.reservedConcurrency !== undefined) return runs >= spec.reservedConcurrency;
    const shared = [...this.#pools.values()].filter((pool) => pool.spec.reservedConcurrency === undefined);
    return shared.reduce((sum, pool) => sum + pool.runs, 0) >= this.#unreserved;
  }

  /** For tests: kills the busy instances of a function and returns their number. */
  async kill(functionId: string): Promise<number> {
    const victims = [...this.#pool(functionId).busy];
    await Promise.all(victims.map((instance) => instance.terminate(KILLED)));
    return victims.length;
  }

  /** Number of instances of a function, and how many of them are busy. */
  instances(functionId: string): { readonly total: number; readonly busy: number } {
    const { busy, idle } = this.#pool(functionId);
    return { total: busy.size + idle.length, busy: busy.size };
  }

  /** Accepts no more events, ends idle instances, and gives busy ones `graceMs` before it ends them too. */
  async stop(graceMs = 0): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#shrinkTimer);
    for (const { answer } of this.#pending.splice(0)) answer(SHUTDOWN);
    this.#shrink(Number.POSITIVE_INFINITY);
    await within(graceMs, Promise.all(this.#running));
    const rest = [...this.#pools.values()].flatMap((pool) => [...pool.busy]);
    await Promise.all(rest.map((instance) => instance.terminate(SHUTDOWN)));
    await Promise.all(this.#ending);
  }

  #pool(functionId: string): FunctionPool {
    const pool = this.#pools.get(functionId);
    if (!pool) throw new Error(`There is no function ${functionId} in this stack.`);
    return pool;
  }

  /** Assigns instances to waiting invocations, oldest first. */
  #dispatch(): void {
    const blocked = new Set<FunctionPool>();
    this.#pending = this.#pending.filter((pending) => {
      if (blocked.has(pending.pool)) return true;
      const instance = this.#instanceFor(pending.pool);
      if (instance) this.#track(this.#running, this.#run(pending, instance));
      else blocked.add(pending.pool);
      return instance === undefined;
    });
  }

  #instanceFor(pool: FunctionPool): WorkerInstance | undefined {
    const warm = pool.idle.pop();
    if (warm) return warm.instance;
    if (pool.busy.size >= pool.maxInstances) return undefined;
    if (this.#instances >= this.#maxInstances) {
      // Dispatch continues in `onExit`, when the evicted thread has ended.
      if (!this.#isEvicting) this.#evict(this.#oldestIdle());
      return undefined;
    }
    return this.#start(pool);
  }

  #oldestIdle(): WorkerInstance | undefined {
    const owners = [...this.#pools.values()].filter((pool) => pool.idle.length > 0);
    owners.sort((a, b) => (a.idle[0]?.sinceMs ?? 0) - (b.idle[0]?.sinceMs ?? 0));
    return owners[0]?.idle.shift()?.instance;
  }

  #start(pool: FunctionPool): WorkerInstance {
    this.#instances += 1;
    this.#startedInstances += 1;
    const instanceId = `${this.#name}-${this.#startedInstances}`;
    const { functionId } = pool.spec;
    const observer = this.#observer;
    const environment = { ...pool.spec.environment, ...(observer && { AWS_SDK_UA_APP_ID: instanceId }) };
    const instance: WorkerInstance = new WorkerInstance(
      { ...pool.spec, environment },
      {
        onLog: (stream, text, requestId) => this.#onLog({ functionId, requestId, stream, text }),
        onInvoke: (requestId, eventJson) => {
          const kill = () => instance.terminate(KILLED);
          observer?.started({ instanceId, functionId, requestId, eventJson, kill });
        },
        onAnswer: (requestId, result) => observer?.ended(requestId, result),
        onExit: () => {
          this.#instances -= 1;
          this.#isEvicting = false;
          pool.busy.delete(instance);
          const index = pool.idle.findIndex((each) => each.instance === instance);
          if (index >= 0) pool.idle.splice(index, 1);
          this.#dispatch();
        },
      },
      this.#clockOffsetMs(this.#startedInstances),
    );
    return instance;
  }

  async #run(pending: Pending, instance: WorkerInstance): Promise<void> {
    const { pool } = pending;
    pool.busy.add(instance);
    const result = await instance.invoke(pending.eventJson);
    // An instance that has ended meanwhile is already removed.
    if (pool.busy.delete(instance)) pool.idle.push({ instance, sinceMs: Date.now() });
    pending.answer(result);
    if (this.#stopped) this.#shrink(Number.POSITIVE_INFINITY);
    else this.#dispatch();
  }

  #shrink(idleSinceBeforeMs: number): void {
    for (const pool of this.#pools.values()) {
      while (pool.idle[0] && pool.idle[0].sinceMs <= idleSinceBeforeMs) {
        this.#end(pool.idle.shift()?.instance);
      }
    }
  }

  #evict(instance: WorkerInstance | undefined): void {
    this.#isEvicting = instance !== undefined;
    this.#end(instance);
  }

  #end(instance: WorkerInstance | undefined): void {
    if (instance) this.#track(this.#ending, instance.terminate(SHUTDOWN));
  }

  #track(set: Set<Promise<void>>, promise: Promise<void>): void {
    const tracked = promise.finally(() => set.delete(tracked));
    set.add(tracked);
  }
}
