import type { ConnectionStateName } from '../model/connection-change.ts';
import type { ImError } from '../model/errors.ts';

/**
 * The connection's state machine, as a pure table. `connection.ts` runs it and owns the timers and the socket.
 *
 *     idle → connecting → syncing → connected ⇄ reconnecting → closed | failed
 *
 * `reconnecting` has a `trouble` while it waits and null during an attempt; it leads to `syncing` like the first
 * attempt. `closed` (by the program) and `failed` (by an answer that a retry can't change) last until `connect` is
 * called again.
 */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly attempt: number }
  | { readonly name: 'syncing'; readonly attempt: number; readonly trouble: Trouble | null }
  | { readonly name: 'connected'; readonly attempt: number; readonly handover: Handover }
  | { readonly name: 'reconnecting'; readonly attempt: number; readonly trouble: Trouble | null }
  | { readonly name: 'closed' }
  | { readonly name: 'failed'; readonly error: ImError };

/**
 * The progress of replacing a session before it ends. The program notices only a failure.
 *
 * - `waiting`: the next session failed to open; the old one is still used.
 * - `opening`: the next session is being opened; the old one is still used.
 * - `alone`: the server has accepted the next session and ended the old one, but the next isn't open here yet.
 * - `syncing`: the next session has become the current one and catches up.
 */
export type Handover = 'none' | 'waiting' | 'opening' | 'alone' | 'syncing';

/** A failure, and the delay before the next attempt. */
export interface Trouble {
  readonly error: ImError;
  readonly retryInMs: number;
}

export type ConnectionEvent =
  /** The program asks for a connection, or for an attempt now. */
  | { readonly type: 'connect' }
  | { readonly type: 'close' }
  /** The socket is open. */
  | { readonly type: 'opened' }
  /** The inbox is drained, the heads are compared: no message is missing. */
  | { readonly type: 'synced' }
  /** Syncing failed though the socket is open. `retryInMs` null: a retry can't help. */
  | { readonly type: 'syncFailed'; readonly error: ImError; readonly retryInMs: number | null }
  /** The socket did not open, closed, or fell silent, or the server ended the session. */
  | { readonly type: 'lost'; readonly error: ImError; readonly retryInMs: number | null }
  /** The session is about to expire: another must replace it. */
  | { readonly type: 'endsSoon' }
  | { readonly type: 'nextOpened' }
  | { readonly type: 'nextFailed'; readonly error: ImError; readonly retryInMs: number | null }
  /** It is time for the next attempt. */
  | { readonly type: 'retryDue' }
  /** The connection has lasted long enough to count as stable. */
  | { readonly type: 'settled' };

export type ConnectionEffect =
  | 'open'
  /** Abandon the attempt or close the socket, and ignore its later events. */
  | 'drop'
  | 'sync'
  /** Start another attempt next to the open session. */
  | 'openNext'
  /** Make that attempt's session the current one and close the old one. */
  | 'switch'
  /** Send `settled` after a while. Leaving the state cancels the timer. */
  | 'settle'
  /** Send `retryDue` after this. Leaving the state cancels the timer. */
  | { readonly retryAfterMs: number };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

type In<Name extends ConnectionStateName> = Extract<ConnectionState, { name: Name }>;
type EventOf<Type extends ConnectionEvent['type']> = Extract<ConnectionEvent, { type: Type }>;
/** The events that a state reacts to; it ignores the others. */
type Row<in State> = {
  readonly [Type in ConnectionEvent['type']]?: (state: State, event: EventOf<Type>) => Transition;
};

const atRest: Row<In<'idle' | 'closed' | 'failed'>> = {
  connect: () => to({ name: 'connecting', attempt: 0 }, 'open'),
  close: (state) => (state.name === 'closed' ? to(state) : to({ name: 'closed' })),
};

/** `connect` overrides the backoff: the attempt starts now. */
const retryNow =
  (effect: 'open' | 'sync') =>
  (state: In<'reconnecting' | 'syncing'>): Transition =>
    state.trouble === null ? to(state) : to({ ...state, trouble: null }, effect);

/** The socket is lost. */
const down = retryLater('reconnecting', 'drop');
/** The socket is open, and only the syncing failed. */
const resync = retryLater('syncing');

const TABLE: { readonly [Name in ConnectionStateName]: Row<In<Name>> } = {
  idle: atRest,
  closed: atRest,
  failed: atRest,
  connecting: { opened, lost: down, close: shut },
  reconnecting: {
    opened: (state) => (state.trouble === null ? opened(state) : to(state)),
    lost: (state, event) => (state.trouble === null ? down(state, event) : to(state)),
    connect: retryNow('open'),
    retryDue: retryNow('open'),
    close: shut,
  },
  syncing: {
    synced: ({ attempt }) => to({ name: 'connected', attempt, handover: 'none' }, 'settle'),
    syncFailed: resync,
    connect: retryNow('sync'),
    retryDue: retryNow('sync'),
    lost: down,
    close: shut,
  },
  connected: {
    // The server ends the old session when it accepts the next one. That may arrive before the next one is open here.
    lost: (state, event) =>
      state.handover === 'opening' && event.error.code === 'superseded'
        ? to({ ...state, handover: 'alone' })
        : down(state, event),
    endsSoon: handing(['none'], 'opening', 'openNext'),
    retryDue: handing(['waiting'], 'opening', 'openNext'),
    nextOpened: handing(['opening', 'alone'], 'syncing', 'switch', 'sync'),
    nextFailed,
    synced: handing(['syncing'], 'none', 'settle'),
    syncFailed: (state, event) => (state.handover === 'syncing' ? resync(state, event) : to(state)),
    // Not reset earlier: the backoff must keep growing while a server accepts connections and drops them at once.
    settled: (state) => to({ ...state, attempt: 0 }),
    close: shut,
  },
};

/** The next state and the effects to run. An event that the state ignores returns the same state object. */
export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  const row: Row<never> = TABLE[state.name];
  const step = row[event.type] as
    | ((state: ConnectionState, event: ConnectionEvent) => Transition)
    | undefined;
  return step === undefined ? to(state) : step(state, event);
}

/** Failures in a row so far. */
export function attemptOf(state: ConnectionState): number {
  return 'attempt' in state ? state.attempt : 0;
}

function opened({ attempt }: In<'connecting' | 'reconnecting'>): Transition {
  return to({ name: 'syncing', attempt, trouble: null }, 'sync');
}

interface Failure {
  readonly error: ImError;
  readonly retryInMs: number | null;
}

function retryLater(name: 'reconnecting' | 'syncing', ...effects: ConnectionEffect[]) {
  return (
    { attempt }: In<'connecting' | 'reconnecting' | 'syncing' | 'connected'>,
    { error, retryInMs }: Failure,
  ): Transition => {
    if (retryInMs === null) return to({ name: 'failed', error }, 'drop');
    const state = { name, attempt: attempt + 1, trouble: { error, retryInMs } };
    return to(state, ...effects, { retryAfterMs: retryInMs });
  };
}

function nextFailed(state: In<'connected'>, event: Failure): Transition {
  const { retryInMs } = event;
  if (state.handover === 'alone') return down(state, event);
  if (state.handover !== 'opening') return to(state);
  // No retry: the current session is used until it ends. The next attempt then fails for the same reason, visibly.
  if (retryInMs === null) return to({ ...state, handover: 'none' });
  return to({ ...state, handover: 'waiting' }, { retryAfterMs: retryInMs });
}

function handing(from: readonly Handover[], handover: Handover, ...effects: ConnectionEffect[]) {
  return (state: In<'connected'>): Transition =>
    from.includes(state.handover) ? to({ ...state, handover }, ...effects) : to(state);
}

function shut(): Transition {
  return to({ name: 'closed' }, 'drop');
}

function to(state: ConnectionState, ...effects: ConnectionEffect[]): Transition {
  return { state, effects };
}
