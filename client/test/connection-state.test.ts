import { describe, expect, it } from 'vitest';
import { DisconnectedError, SessionClosedError, UnauthorizedError } from '../src/model/errors.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
  type Handover,
  type Transition,
  transition,
} from '../src/transport/connection-state.ts';

const lostError = new DisconnectedError();
const superseded = new SessionClosedError('superseded', false);
const finalError = new UnauthorizedError();
const trouble = { error: lostError, retryInMs: 700 };

const STATES = {
  idle: { name: 'idle' },
  connecting: { name: 'connecting', attempt: 0 },
  syncing: { name: 'syncing', attempt: 3, trouble: null },
  syncingAgain: { name: 'syncing', attempt: 3, trouble },
  connected: { name: 'connected', attempt: 3, handover: 'none' },
  handoverWaiting: { name: 'connected', attempt: 3, handover: 'waiting' },
  handoverOpening: { name: 'connected', attempt: 3, handover: 'opening' },
  handoverAlone: { name: 'connected', attempt: 3, handover: 'alone' },
  handoverSyncing: { name: 'connected', attempt: 3, handover: 'syncing' },
  waiting: { name: 'reconnecting', attempt: 3, trouble },
  reopening: { name: 'reconnecting', attempt: 3, trouble: null },
  closed: { name: 'closed' },
  failed: { name: 'failed', error: finalError },
} satisfies Record<string, ConnectionState>;

const EVENTS = {
  connect: { type: 'connect' },
  close: { type: 'close' },
  opened: { type: 'opened' },
  synced: { type: 'synced' },
  syncFailed: { type: 'syncFailed', error: lostError, retryInMs: 900 },
  syncHopeless: { type: 'syncFailed', error: finalError, retryInMs: null },
  lost: { type: 'lost', error: lostError, retryInMs: 900 },
  lostForGood: { type: 'lost', error: finalError, retryInMs: null },
  superseded: { type: 'lost', error: superseded, retryInMs: null },
  endsSoon: { type: 'endsSoon' },
  nextOpened: { type: 'nextOpened' },
  nextFailed: { type: 'nextFailed', error: lostError, retryInMs: 900 },
  nextHopeless: { type: 'nextFailed', error: finalError, retryInMs: null },
  retryDue: { type: 'retryDue' },
  settled: { type: 'settled' },
} satisfies Record<string, ConnectionEvent>;

type StateKey = keyof typeof STATES;
type EventKey = keyof typeof EVENTS;

const again = { error: lostError, retryInMs: 900 };
const opening: Transition = { state: { name: 'connecting', attempt: 0 }, effects: ['open'] };
const shut: Transition = { state: { name: 'closed' }, effects: ['drop'] };
const failed: Transition = { state: { name: 'failed', error: finalError }, effects: ['drop'] };
const reopening: Transition = {
  state: { name: 'reconnecting', attempt: 3, trouble: null },
  effects: ['open'],
};
const resync: Transition = {
  state: { name: 'syncing', attempt: 3, trouble: null },
  effects: ['sync'],
};
const backedOff = (attempt: number): Transition => ({
  state: { name: 'reconnecting', attempt, trouble: again },
  effects: ['drop', { retryAfterMs: 900 }],
});
const overtaken: Transition = { state: { name: 'failed', error: superseded }, effects: ['drop'] };
const handing = (handover: Handover, ...effects: ConnectionEffect[]): Transition => ({
  state: { name: 'connected', attempt: 3, handover },
  effects,
});
const synced = handing('none', 'settle');
const syncBackedOff: Transition = {
  state: { name: 'syncing', attempt: 4, trouble: again },
  effects: [{ retryAfterMs: 900 }],
};

function settled(handover: Handover): Transition {
  return { state: { name: 'connected', attempt: 0, handover }, effects: [] };
}

/** All other events change nothing. */
const TABLE: Record<StateKey, Partial<Record<EventKey, Transition>>> = {
  idle: { connect: opening, close: { state: { name: 'closed' }, effects: [] } },
  connecting: {
    opened: { state: { name: 'syncing', attempt: 0, trouble: null }, effects: ['sync'] },
    lost: backedOff(1),
    lostForGood: failed,
    superseded: overtaken,
    close: shut,
  },
  syncing: {
    synced,
    syncFailed: syncBackedOff,
    syncHopeless: failed,
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    close: shut,
  },
  syncingAgain: {
    synced,
    syncFailed: syncBackedOff,
    syncHopeless: failed,
    retryDue: resync,
    connect: resync,
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    close: shut,
  },
  connected: {
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    endsSoon: handing('opening', 'openNext'),
    settled: settled('none'),
    close: shut,
  },
  handoverWaiting: {
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    retryDue: handing('opening', 'openNext'),
    settled: settled('waiting'),
    close: shut,
  },
  handoverOpening: {
    lost: backedOff(4),
    lostForGood: failed,
    superseded: handing('alone'),
    nextOpened: handing('syncing', 'switch', 'sync'),
    nextFailed: handing('waiting', { retryAfterMs: 900 }),
    nextHopeless: handing('none'),
    settled: settled('opening'),
    close: shut,
  },
  handoverAlone: {
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    nextOpened: handing('syncing', 'switch', 'sync'),
    nextFailed: backedOff(4),
    nextHopeless: failed,
    settled: settled('alone'),
    close: shut,
  },
  handoverSyncing: {
    synced,
    syncFailed: syncBackedOff,
    syncHopeless: failed,
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    settled: settled('syncing'),
    close: shut,
  },
  waiting: { retryDue: reopening, connect: reopening, close: shut },
  reopening: {
    opened: { state: { name: 'syncing', attempt: 3, trouble: null }, effects: ['sync'] },
    lost: backedOff(4),
    lostForGood: failed,
    superseded: overtaken,
    close: shut,
  },
  closed: { connect: opening },
  failed: { connect: opening, close: { state: { name: 'closed' }, effects: [] } },
};

const stateKeys = Object.keys(STATES) as StateKey[];
const eventKeys = Object.keys(EVENTS) as EventKey[];

describe.each(stateKeys)('in state %s', (stateKey) => {
  it.each(eventKeys)('handles %s', (eventKey) => {
    const state = STATES[stateKey];
    const expected = TABLE[stateKey][eventKey] ?? { state, effects: [] };
    expect(transition(state, EVENTS[eventKey])).toEqual(expected);
  });

  it('returns the same state object if the event changes nothing', () => {
    const state = STATES[stateKey];
    for (const eventKey of eventKeys) {
      const same = transition(state, EVENTS[eventKey]).state === state;
      expect(same, eventKey).toBe(TABLE[stateKey][eventKey] === undefined);
    }
  });
});

it('drops the socket on every transition out of a state that has or opens one', () => {
  for (const stateKey of stateKeys.filter((key) => !['idle', 'waiting', 'closed', 'failed'].includes(key))) {
    for (const eventKey of eventKeys) {
      const { state, effects } = transition(STATES[stateKey], EVENTS[eventKey]);
      const left = ['closed', 'failed', 'reconnecting'].includes(state.name) && state !== STATES[stateKey];
      expect(effects.includes('drop'), `${stateKey} × ${eventKey}`).toBe(left);
    }
  }
});
