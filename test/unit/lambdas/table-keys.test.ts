import { describe, expect, it } from 'vitest';
import {
  AFTER_DEPARTURES,
  departedFrom,
  departureItem,
  departuresFrom,
} from '../../../lambdas/adapters/departures.ts';
import {
  agentKey,
  customerKey,
  listKey,
  outboxKey,
  servingKey,
  sweepKey,
  waitingKey,
} from '../../../lambdas/adapters/desk-keys.ts';
import { pushDevicesKey } from '../../../lambdas/adapters/push-table.ts';
import type { Chat } from '../../../lambdas/domain/model/chat.ts';

const CHAT = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
const DAY_SECONDS = 86_400;

/** Rows that are in a table already are found by these keys. */
describe("the desk's keys", () => {
  const chat = {
    queue: 'boats',
    customer: 'bob',
    openedAtMs: 1_795_000_000_000,
    conversationId: CHAT,
  } as Chat;

  it.each([
    [agentKey('ann'), 'a#ann', 'agent'],
    [servingKey('boats', 'ann'), 'q#boats', 'a#ann'],
    [waitingKey(chat), 'q#boats', `w#1#001795000000000#${CHAT}`],
    [waitingKey({ ...chat, isBack: true }), 'q#boats', `w#0#001795000000000#${CHAT}`],
    [customerKey(chat), 'c#bob', 'q#boats'],
    [outboxKey('boats', { conversationId: CHAT, seq: 7 }), 'q#boats', `t#${CHAT}#000000000000007`],
    [sweepKey('boats'), 'q#boats', 'p'],
    [listKey({ of: { agent: 'ann' }, part: 'open' }, CHAT), 'a#ann', `o#${CHAT}`],
    [listKey({ of: { queue: 'boats' }, part: 'closed' }, CHAT), 'q#boats', `z#${CHAT}`],
  ])('stay the same: %j', (key, pk, sk) => {
    expect(key).toEqual({ pk, sk });
  });
});

describe('the key of a departure', () => {
  const membership = { pk: 'u#bob', sk: 'dm:alice:bob' };
  const left = '#left#000000000000007#dm:alice:bob';

  it('stays the same, and names the conversation', () => {
    expect(departureItem(membership, 7, 0)).toEqual({ pk: 'u#bob', sk: left });
    expect(departedFrom({ pk: 'u#bob', sk: left })).toBe('dm:alice:bob');
    expect(departedFrom(membership)).toBeUndefined();
  });

  it("sorts after the user's other rows, which no list of conversations may read (IM-CHANGE-3)", () => {
    const { pk, sk } = pushDevicesKey('bob');
    expect(pk).toBe(membership.pk);
    expect(String(sk) < departuresFrom(0)).toBe(true);
  });

  it('sorts by time, and before all memberships', () => {
    const keys = [departuresFrom(-1), departuresFrom(7), left, departuresFrom(8), AFTER_DEPARTURES, 'cs:1'];
    expect(departuresFrom(-1)).toBe(departuresFrom(0));
    expect(keys.toSorted()).toEqual(keys);
  });

  it.each([
    [1, 31],
    [31, 31],
    [60, 60],
  ])('expires with a history of %i days after %i days', (days, expected) => {
    expect(departureItem(membership, 5_000, days * DAY_SECONDS)).toEqual({
      pk: 'u#bob',
      sk: '#left#000000000005000#dm:alice:bob',
      ttl: 5 + expected * DAY_SECONDS,
    });
  });
});
