import type { ImError } from './errors.ts';

/**
 * The connection as a table: what happens in which state. Pure; the timers and the socket are the shell's
 * (`connection.ts`).
 *
 *     idle → connecting → syncing → connected ⇄ reconnecting → closed | failed
 *
 * `reconnecting` has a `retryInMs` while it waits, and `null` while an attempt is under way; it leads to `syncing`
 * like the first attempt. `closed` (by the program) and `failed` (by an answer that retrying can't change) rest until
 * `connect` is called again.
 */
export type ConnectionState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly attempt: number }
  | { readonly name: 'syncing'; readonly attempt: number; readonly trouble: Trouble | null }
  | { readonly name: 'connected'; readonly attempt: number }
  | { readonly name: 'reconnecting'; readonly attempt: number; readonly trouble: Trouble | null }
  | { readonly name: 'closed' }
  | { readonly name: 'failed'; readonly error: ImError };

export type ConnectionStateName = ConnectionState['name'];

/** What went wrong, while waiting to try again. */
export interface Trouble {
  readonly error: ImError;
  readonly retryInMs: number;
}

export type ConnectionEvent =
  /** The program wants a connection (or wants it now). */
  | { readonly type: 'connect' }
  | { readonly type: 'close' }
  /** The socket is open. */
  | { readonly type: 'opened' }
  /** Inbox drained, heads compared: the view is complete. */
  | { readonly type: 'synced' }
  /** The socket is fine but syncing is not. `retryInMs` null: no use to try again. */
  | { readonly type: 'syncFailed'; readonly error: ImError; readonly retryInMs: number | null }
  /** The socket did not open, closed, fell silent, or was ended by the server. */
  | { readonly type: 'lost'; readonly error: ImError; readonly retryInMs: number | null }
  /** The wait is over. */
  | { readonly type: 'retryDue' }
  /** Connected long enough to count as well. */
  | { readonly type: 'settled' };

export type ConnectionEffect =
  | { readonly type: 'open' }
  /** Abandon the attempt or close the socket; nothing of it is heard any more. */
  | { readonly type: 'drop' }
  | { readonly type: 'sync' }
  /** Send `retryDue` after this. Like every timer it belongs to the state that set it. */
  | { readonly type: 'retryAfter'; readonly delayMs: number }
  /** Send `settled` after a while. */
  | { readonly type: 'settle' };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

/** The next state and what to do about it. An event that means nothing in a state returns the very same state. */
export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  switch (state.name) {
    case 'idle':
    case 'closed':
    case 'failed':
      return atRest(state, event);
    case 'connecting':
      return whileOpening(state, event);
    case 'reconnecting':
      return state.trouble === null ? whileOpening(state, event) : whileWaiting(state, event);
    case 'syncing':
      return whileSyncing(state, event);
    case 'connected':
      return whileConnected(state, event);
    default:
      return state satisfies never;
  }
}

/** Failures in a row so far. */
export function attemptOf(state: ConnectionState): number {
  return 'attempt' in state ? state.attempt : 0;
}

type In<Name extends ConnectionStateName> = Extract<ConnectionState, { name: Name }>;

function atRest(state: In<'idle' | 'closed' | 'failed'>, event: ConnectionEvent): Transition {
  switch (event.type) {
    case 'connect':
      return { state: { name: 'connecting', attempt: 0 }, effects: [{ type: 'open' }] };
    case 'close':
      return state.name === 'closed' ? stay(state) : { state: { name: 'closed' }, effects: [] };
    case 'opened':
    case 'synced':
    case 'syncFailed':
    case 'lost':
    case 'retryDue':
    case 'settled':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function whileOpening(state: In<'connecting' | 'reconnecting'>, event: ConnectionEvent): Transition {
  switch (event.type) {
    case 'opened':
      return {
        state: { name: 'syncing', attempt: state.attempt, trouble: null },
        effects: [{ type: 'sync' }],
      };
    case 'lost':
      return down(state, event);
    case 'close':
      return shut();
    case 'connect':
    case 'synced':
    case 'syncFailed':
    case 'retryDue':
    case 'settled':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function whileWaiting(state: In<'reconnecting'>, event: ConnectionEvent): Transition {
  switch (event.type) {
    case 'retryDue':
    // The program knows better than the backoff: "try now".
    case 'connect':
      return {
        state: { name: 'reconnecting', attempt: state.attempt, trouble: null },
        effects: [{ type: 'open' }],
      };
    case 'close':
      return shut();
    case 'opened':
    case 'synced':
    case 'syncFailed':
    case 'lost':
    case 'settled':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function whileSyncing(state: In<'syncing'>, event: ConnectionEvent): Transition {
  switch (event.type) {
    case 'synced':
      return { state: { name: 'connected', attempt: state.attempt }, effects: [{ type: 'settle' }] };
    case 'syncFailed':
      if (event.retryInMs === null) return fail(event.error);
      return {
        state: {
          name: 'syncing',
          attempt: state.attempt + 1,
          trouble: { error: event.error, retryInMs: event.retryInMs },
        },
        effects: [{ type: 'retryAfter', delayMs: event.retryInMs }],
      };
    case 'retryDue':
    case 'connect':
      if (state.trouble === null) return stay(state);
      return {
        state: { name: 'syncing', attempt: state.attempt, trouble: null },
        effects: [{ type: 'sync' }],
      };
    case 'lost':
      return down(state, event);
    case 'close':
      return shut();
    case 'opened':
    case 'settled':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function whileConnected(state: In<'connected'>, event: ConnectionEvent): Transition {
  switch (event.type) {
    case 'lost':
      return down(state, event);
    case 'settled':
      // Only now do failures stop counting: a server that accepts and drops at once must meet a growing backoff.
      return { state: { name: 'connected', attempt: 0 }, effects: [] };
    case 'close':
      return shut();
    case 'connect':
    case 'opened':
    case 'synced':
    case 'syncFailed':
    case 'retryDue':
      return stay(state);
    default:
      return event satisfies never;
  }
}

function down(
  state: In<'connecting' | 'reconnecting' | 'syncing' | 'connected'>,
  { error, retryInMs }: { readonly error: ImError; readonly retryInMs: number | null },
): Transition {
  if (retryInMs === null) return fail(error);
  return {
    state: { name: 'reconnecting', attempt: state.attempt + 1, trouble: { error, retryInMs } },
    effects: [{ type: 'drop' }, { type: 'retryAfter', delayMs: retryInMs }],
  };
}

function fail(error: ImError): Transition {
  return { state: { name: 'failed', error }, effects: [{ type: 'drop' }] };
}

function shut(): Transition {
  return { state: { name: 'closed' }, effects: [{ type: 'drop' }] };
}

function stay(state: ConnectionState): Transition {
  return { state, effects: [] };
}
