import { describe, expect, it } from 'vitest';
import { differences, shareOf, tallyOf } from '../../../bench/measure/tally.ts';
import { aCall, anInvocation, aPost, aTally } from './builders.ts';

const same = (id: string) => id;

describe('the tally of an operation', () => {
  it('sums units and bytes, and counts calls by operation and table', () => {
    const calls = [
      aCall({ startMs: 0 }),
      aCall({ startMs: 10 }),
      aCall({ operation: 'GetItem', readUnits: 1, writeUnits: 0 }),
    ];
    expect(tallyOf([anInvocation({ calls })], same)).toMatchObject({
      writeUnits: 2,
      readUnits: 1,
      bytesOut: 30,
      bytesIn: 60,
      calls: { 'PutItem messages': 2, 'GetItem messages': 1 },
    });
  });

  it('bills a frame, its reply, and each accepted post, but not a post that got 410', () => {
    const calls = [aPost(), aPost({ status: 410 })];
    expect(tallyOf([anInvocation({ calls })], same)).toMatchObject({ posts: 2, socketMessages: 3 });
  });

  it('bills no message for a connect or a disconnect', () => {
    const connect = anInvocation({ trigger: { kind: 'frame', name: '$connect' }, reply: '200' });
    expect(tallyOf([connect], same).socketMessages).toBe(0);
  });

  it('counts a receive and a delete for each batch, and a request for each 64 KB sent', () => {
    const send = aCall({
      service: 'sqs',
      operation: 'SendMessageBatch',
      tables: [],
      writeUnits: 0,
      bytesOut: 70_000,
    });
    const batch = anInvocation({ function: 'store', trigger: { kind: 'queue', name: 'q', records: 3 } });
    expect(tallyOf([anInvocation({ calls: [send] }), batch], same).queueRequests).toBe(4);
  });

  it('counts the calls in a row, and those before the first post', () => {
    const calls = [
      aCall({ startMs: 0 }),
      aCall({ startMs: 1 }),
      aCall({ startMs: 10 }),
      aPost({ startMs: 20 }),
    ];
    expect(tallyOf([anInvocation({ calls })], same)).toMatchObject({
      chain: { send: 3 },
      chainBeforePush: { send: 2 },
    });
  });

  it('has no chain for a large number of calls, since it would differ from run to run', () => {
    const calls = Array.from({ length: 10 }, (_, n) => aCall({ startMs: n * 10 }));
    expect(tallyOf([anInvocation({ calls })], same)).toMatchObject({ chain: {}, chainBeforePush: {} });
  });
});

describe('the share of one of many equal operations', () => {
  it('divides counts, but not the calls in a row', () => {
    const share = shareOf(
      aTally({
        writeUnits: 20,
        readUnits: 10,
        posts: 10,
        socketMessages: 30,
        invocations: { SendMessage: 10 },
        calls: {},
      }),
      10,
    );
    expect(share).toMatchObject({
      writeUnits: 2,
      readUnits: 1,
      invocations: { SendMessage: 1 },
      chain: { SendMessage: 4 },
    });
  });

  it('refuses counts that cannot be divided equally', () => {
    expect(() => shareOf(aTally({ invocations: {}, calls: {}, writeUnits: 21 }), 10)).toThrow(
      'writeUnits: 21 in 10 equal operations',
    );
  });
});

it('the difference of two tallies names what differs, down to the call', () => {
  const after = aTally({ writeUnits: 4, calls: { 'PutItem Messages': 1, 'Query Inbox': 2 } });
  expect(differences(aTally(), after)).toEqual(['writeUnits 3 → 4', 'calls Query Inbox 0 → 2']);
  expect(differences(aTally(), aTally())).toEqual([]);
});
