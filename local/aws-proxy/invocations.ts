import type { InvocationObserver, StartedInvocation } from '../functions/worker-pool.ts';
import type { InvokeResult } from '../model.ts';
import type { Call } from './call.ts';
import { replyBytesIn, replyIn, type Trigger, triggerOf } from './trigger.ts';

/** One invocation of a function, and its calls to AWS. */
export interface Invocation {
  /** `awsRequestId` */
  readonly requestId: string;
  /** Logical id. */
  readonly function: string;
  readonly trigger: Trigger;
  readonly calls: readonly Call[];
  /** `performance.now()`, after a cold start. */
  readonly startMs: number;
  readonly endMs?: number;
  /** Undefined while it runs; false after an error, a timeout, or a kill. */
  readonly ok?: boolean;
  /** `Runtime.ExitError: …` */
  readonly error?: string;
  /** The status it returned, or the type and code of its reply to a frame. */
  readonly reply?: string;
  /** Of its answer's body: what the gateway sends to the client. */
  readonly replyBytes?: number;
}

/** The source of a call. */
export interface Caller {
  readonly function: string;
  readonly invocation?: RunningInvocation;
  /** Of a link or a form: the function that signed it, whose permissions count. */
  readonly signer?: string;
}

export interface RunningInvocation extends Invocation {
  readonly calls: Call[];
  kill(): Promise<void>;
}

interface Peer {
  readonly user?: string;
  readonly device?: string;
}

/** Powertools appends its own name to the app id. */
const APP_ID = /(?:^|\s)app\/(?:((?:earlier-)?instance-\d+)|caller-(\w+)|(event-source))/;
const MOST_PEERS = 10_000;

/**
 * Attributes calls to invocations. Each function instance has its own app id, which the SDK puts in the user agent of
 * every request, and an instance runs one invocation at a time.
 */
export class Invocations implements InvocationObserver {
  readonly #keep: number;
  readonly #latest = new Map<string, RunningInvocation>();
  readonly #running = new Map<string, RunningInvocation>();
  readonly #peers = new Map<string, Peer>();
  readonly #listeners = new Set<(invocation: Invocation) => void>();
  #all: RunningInvocation[] = [];

  constructor(keep: number) {
    this.#keep = keep;
  }

  get all(): readonly Invocation[] {
    return this.#all.slice(-this.#keep);
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  started({ instanceId, functionId, requestId, eventJson, kill }: StartedInvocation): void {
    const trigger = triggerOf(eventJson);
    this.#remember(trigger);
    const startMs = performance.now();
    const invocation = { requestId, function: functionId, trigger, calls: [], startMs, kill };
    this.#latest.set(instanceId, invocation);
    this.#running.set(requestId, invocation);
    this.#all.push(invocation);
    if (this.#all.length > this.#keep * 2) this.#all = this.#all.slice(-this.#keep);
  }

  ended(requestId: string, result: InvokeResult): void {
    const invocation = this.#running.get(requestId);
    if (invocation === undefined) return;
    this.#running.delete(requestId);
    Object.assign(invocation, { endMs: performance.now(), ...endingOf(invocation.trigger, result) });
    for (const listener of this.#listeners) listener(invocation);
  }

  onEnd(listener: (invocation: Invocation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Undefined for other clients, such as a test that reads a table. `caller-Name` counts as a function called Name. */
  callerOf(userAgent: string | undefined): Caller | undefined {
    const [, instanceId, name, poller] = APP_ID.exec(userAgent ?? '') ?? [];
    const other = name ?? poller;
    if (other !== undefined) return { function: other };
    const invocation = this.#latest.get(instanceId ?? '');
    return invocation && { function: invocation.function, invocation };
  }

  peer(connectionId: string | undefined): Peer {
    return this.#peers.get(connectionId ?? '') ?? {};
  }

  clear(): void {
    this.#all = [];
  }

  #remember({ connectionId, user, device }: Trigger): void {
    if (connectionId === undefined || user === undefined) return;
    this.#peers.set(connectionId, { user, ...(device !== undefined && { device }) });
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > MOST_PEERS && oldest !== undefined) this.#peers.delete(oldest);
  }
}

/** Omits the payload: ten thousand pages of history would fill the memory. */
function endingOf(
  trigger: Trigger,
  result: InvokeResult,
): Pick<Invocation, 'ok' | 'error' | 'reply' | 'replyBytes'> {
  if (!result.ok) return { ok: false, error: `${result.errorType}: ${result.errorMessage}` };
  const reply = replyIn(trigger, result.payload);
  return { ok: true, ...(reply !== undefined && { reply }), replyBytes: replyBytesIn(result.payload) };
}
