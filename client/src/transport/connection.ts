import type { ConnectionChange, ConnectionStateName } from '../model/connection-change.ts';
import { ClosedError, type ImError, toImError } from '../model/errors.ts';
import { Deferred } from '../support/deferred.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import {
  attemptOf,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  transition,
} from './connection-state.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** Once connected for this long, earlier failures no longer count. */
const SETTLE_MS = 10_000;

/** One attempt and its session. Once `dropped`, its later events are ignored. */
export interface Attempt {
  readonly dropped: boolean;
  /** Registers how to close what is open so far. */
  onDrop(end: () => void): void;
  /** Reports that the socket has closed. `error.retryable` says whether to reconnect. */
  lost(error: ImError): void;
}

/** `open` and `sync` reject with an `ImError`, whose `retryable` decides whether to retry. */
export interface ConnectionPorts<Session> {
  readonly policy: RetryPolicy;
  readonly environment: Pick<Environment, 'after'>;
  readonly opener: { open(attempt: Attempt): Promise<Session> };
  sync(session: Session): Promise<void>;
  onChange(change: ConnectionChange): void;
}

/** Runs the state machine of `connection-state.ts`: owns its timers and the current attempt. */
export class Connection<Session> {
  readonly #ports: ConnectionPorts<Session>;
  readonly #waiting: Deferred<void>[] = [];
  readonly #events: ConnectionEvent[] = [];
  #dispatching = false;
  #state: ConnectionState = { name: 'idle' };
  #timer: Cancel | null = null;
  #attempt: OpenAttempt<Session> | null = null;
  /** The attempt that will replace the current one. */
  #next: OpenAttempt<Session> | null = null;
  #latest: ConnectionChange = { current: 'idle', previous: 'idle' };

  constructor(ports: ConnectionPorts<Session>) {
    this.#ports = ports;
  }

  get state(): ConnectionStateName {
    return this.#state.name;
  }

  /** Resolves when connected and caught up; rejects when the connection has failed for good or was closed. */
  connect(): Promise<void> {
    const connected = new Deferred<void>();
    this.#waiting.push(connected);
    this.#dispatch({ type: 'connect' });
    this.#answerWaiting();
    return connected.promise;
  }

  /** The latest change. The same object until the next one. */
  get latest(): ConnectionChange {
    return this.#latest;
  }

  /** Starts the next attempt now, if the connection waits for one and the server has not asked for the wait. */
  hurry(): void {
    const { error } = this.#latest;
    if ('trouble' in this.#state && !(error && 'retryAfterMs' in error && error.retryAfterMs))
      this.#dispatch({ type: 'connect' });
  }

  /** Opens another session, then closes the current one, which is about to expire. */
  handOver(): void {
    this.#dispatch({ type: 'endsSoon' });
  }

  close(): void {
    this.#dispatch({ type: 'close' });
  }

  /** Queues events that occur while another is being handled (a listener calls `close`). */
  #dispatch(event: ConnectionEvent): void {
    this.#events.push(event);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#dispatching = false;
    }
  }

  #step(event: ConnectionEvent): void {
    const previous = this.#state;
    const { state, effects } = transition(previous, event);
    if (state === previous) return;
    this.#state = state;
    this.#timer?.();
    this.#timer = null;
    for (const effect of effects) this.#run(effect);
    if (state.name !== 'connected' || previous.name !== 'connected') {
      this.#latest = changeOf(state, previous);
      this.#ports.onChange(this.#latest);
    }
    this.#answerWaiting();
  }

  #run(effect: ConnectionEffect): void {
    switch (effect) {
      case 'open':
        this.#attempt = this.#open();
        break;
      case 'openNext':
        this.#next = this.#open();
        break;
      case 'switch':
        this.#attempt?.drop();
        this.#attempt = this.#next;
        this.#next = null;
        break;
      case 'drop':
        this.#attempt?.drop();
        this.#next?.drop();
        this.#attempt = this.#next = null;
        break;
      case 'sync':
        this.#sync();
        break;
      case 'settle':
        this.#setTimer(SETTLE_MS, { type: 'settled' });
        break;
      default:
        this.#setTimer(effect.retryAfterMs, { type: 'retryDue' });
    }
  }

  #setTimer(delayMs: number, event: ConnectionEvent): void {
    this.#timer = this.#ports.environment.after(delayMs, () => this.#dispatch(event));
  }

  #open(): OpenAttempt<Session> {
    const attempt = new OpenAttempt<Session>((error) => {
      const type = attempt === this.#next ? 'nextFailed' : 'lost';
      if (type === 'nextFailed') attempt.drop();
      this.#dispatch({ type, error, retryInMs: this.#retryInMs(error) });
    });
    this.#ports.opener.open(attempt).then(
      (session) => {
        if (attempt.dropped) return;
        attempt.session = session;
        this.#dispatch({ type: attempt === this.#next ? 'nextOpened' : 'opened' });
      },
      (error: unknown) => attempt.lost(toImError(error)),
    );
    return attempt;
  }

  #sync(): void {
    const attempt = this.#attempt;
    if (attempt?.session === undefined) return;
    this.#ports.sync(attempt.session).then(
      () => {
        if (!attempt.dropped) this.#dispatch({ type: 'synced' });
      },
      (cause: unknown) => {
        if (attempt.dropped) return;
        const error = toImError(cause);
        this.#dispatch({ type: 'syncFailed', error, retryInMs: this.#retryInMs(error) });
      },
    );
  }

  #retryInMs(error: ImError): number | null {
    return error.retryable
      ? this.#ports.policy.nextDelayMs({ attempt: attemptOf(this.#state), error })
      : null;
  }

  #answerWaiting(): void {
    const state = this.#state;
    if (state.name !== 'connected' && state.name !== 'closed' && state.name !== 'failed') return;
    for (const waiting of this.#waiting.splice(0)) {
      if (state.name === 'connected') waiting.resolve();
      else waiting.reject(state.name === 'failed' ? state.error : new ClosedError());
    }
  }
}

class OpenAttempt<Session> implements Attempt {
  session: Session | undefined;
  #dropped = false;
  #end: () => void = () => {};
  readonly #lost: (error: ImError) => void;

  constructor(lost: (error: ImError) => void) {
    this.#lost = lost;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  onDrop(end: () => void): void {
    this.#end = end;
    if (this.#dropped) end();
  }

  lost(error: ImError): void {
    if (!this.#dropped) this.#lost(error);
  }

  drop(): void {
    this.#dropped = true;
    this.#end();
  }
}

function changeOf(state: ConnectionState, previous: ConnectionState): ConnectionChange {
  const change = { current: state.name, previous: previous.name };
  if (state.name === 'failed') return { ...change, error: state.error };
  const trouble = 'trouble' in state ? state.trouble : null;
  return trouble === null ? change : { ...change, ...trouble };
}
