import type { ImError } from '../model/errors.ts';

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
  | { readonly name: 'connected'; readonly attempt: number; readonly handover: Handover }
  | { readonly name: 'reconnecting'; readonly attempt: number; readonly trouble: Trouble | null }
  | { readonly name: 'closed' }
  | { readonly name: 'failed'; readonly error: ImError };

export type ConnectionStateName =
  | 'idle'
  | 'connecting'
  | 'syncing'
  | 'connected'
  | 'reconnecting'
  | 'closed'
  | 'failed';

/**
 * Where the change of sessions stands that is made before the old one breaks. Nobody sees it unless it fails.
 *
 * - `waiting`: the next could not be opened; the old one goes on meanwhile.
 * - `opening`: the old one is still there.
 * - `alone`: the server has let the next in and ended the old one, but the next isn't open here yet.
 * - `syncing`: the next is the one now, and catches up.
 */
export type Handover = 'none' | 'waiting' | 'opening' | 'alone' | 'syncing';

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
  /** The session's time is almost over: another must take its place. */
  | { readonly type: 'endsSoon' }
  | { readonly type: 'nextOpened' }
  | { readonly type: 'nextFailed'; readonly error: ImError; readonly retryInMs: number | null }
  /** The wait is over. */
  | { readonly type: 'retryDue' }
  /** Connected long enough to count as well. */
  | { readonly type: 'settled' };

export type ConnectionEffect =
  | { readonly type: 'open' }
  /** Abandon the attempt or close the socket; nothing of it is heard any more. */
  | { readonly type: 'drop' }
  | { readonly type: 'sync' }
  /** Begin another attempt beside the open session. */
  | { readonly type: 'openNext' }
  /** That attempt's session is the one from now on; the old one is closed. */
  | { readonly type: 'switch' }
  /** Send `retryDue` after this. Like every timer it belongs to the state that set it. */
  | { readonly type: 'retryAfter'; readonly delayMs: number }
  /** Send `settled` after a while. */
  | { readonly type: 'settle' };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

type In<Name extends ConnectionStateName> = Extract<ConnectionState, { name: Name }>;
type EventOf<Type extends ConnectionEvent['type']> = Extract<ConnectionEvent, { type: Type }>;
/** What happens in a state. An event that isn't there means nothing in it. */
type Row<in State> = {
  readonly [Type in ConnectionEvent['type']]?: (state: State, event: EventOf<Type>) => Transition;
};

const atRest: Row<In<'idle' | 'closed' | 'failed'>> = {
  connect: () => to({ name: 'connecting', attempt: 0 }, 'open'),
  close: (state) => (state.name === 'closed' ? to(state) : to({ name: 'closed' })),
};

/** The program knows better than the backoff: `connect` is "try now". */
const reopen = (state: In<'reconnecting'>): Transition =>
  state.trouble === null ? to(state) : to({ ...state, trouble: null }, 'open');

const resume = (state: In<'syncing'>): Transition =>
  state.trouble === null ? to(state) : to({ ...state, trouble: null }, 'sync');

const TABLE: { readonly [Name in ConnectionStateName]: Row<In<Name>> } = {
  idle: atRest,
  closed: atRest,
  failed: atRest,
  connecting: { opened, lost: down, close: shut },
  reconnecting: {
    opened: (state) => (state.trouble === null ? opened(state) : to(state)),
    lost: (state, event) => (state.trouble === null ? down(state, event) : to(state)),
    connect: reopen,
    retryDue: reopen,
    close: shut,
  },
  syncing: {
    synced: ({ attempt }) => to({ name: 'connected', attempt, handover: 'none' }, 'settle'),
    syncFailed: resync,
    connect: resume,
    retryDue: resume,
    lost: down,
    close: shut,
  },
  connected: {
    // The server ends the old session when it lets the next one in, which may be heard before that is open here.
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
    // Only now do failures stop counting: a server that accepts and drops at once must meet a growing backoff.
    settled: (state) => to({ ...state, attempt: 0 }),
    close: shut,
  },
};

/** The next state and what to do about it. An event that means nothing in a state returns the very same state. */
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

function down(
  { attempt }: In<'connecting' | 'reconnecting' | 'syncing' | 'connected'>,
  { error, retryInMs }: Failure,
): Transition {
  if (retryInMs === null) return fail(error);
  const state = { name: 'reconnecting', attempt: attempt + 1, trouble: { error, retryInMs } } as const;
  return { state, effects: [{ type: 'drop' }, { type: 'retryAfter', delayMs: retryInMs }] };
}

function resync({ attempt }: In<'syncing' | 'connected'>, { error, retryInMs }: Failure): Transition {
  if (retryInMs === null) return fail(error);
  const state = { name: 'syncing', attempt: attempt + 1, trouble: { error, retryInMs } } as const;
  return { state, effects: [{ type: 'retryAfter', delayMs: retryInMs }] };
}

function nextFailed(state: In<'connected'>, event: Failure): Transition {
  const { retryInMs } = event;
  if (state.handover === 'alone') return down(state, event);
  if (state.handover !== 'opening') return to(state);
  // Hopeless: the session that is there goes on to its end, and the next attempt then says why for all to hear.
  if (retryInMs === null) return to({ ...state, handover: 'none' });
  const effects: ConnectionEffect[] = [{ type: 'retryAfter', delayMs: retryInMs }];
  return { state: { ...state, handover: 'waiting' }, effects };
}

function handing(from: readonly Handover[], handover: Handover, ...effects: PlainEffect[]) {
  return (state: In<'connected'>): Transition =>
    from.includes(state.handover) ? to({ ...state, handover }, ...effects) : to(state);
}

function fail(error: ImError): Transition {
  return to({ name: 'failed', error }, 'drop');
}

function shut(): Transition {
  return to({ name: 'closed' }, 'drop');
}

type PlainEffect = Exclude<ConnectionEffect['type'], 'retryAfter'>;

function to(state: ConnectionState, ...effects: PlainEffect[]): Transition {
  return { state, effects: effects.map((type) => ({ type })) };
}
