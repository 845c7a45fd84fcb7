import { describe, expect, it } from 'vitest';
import { FIRST, final, ID, SECOND, sent, violations } from './checker/pair-history.ts';
import type { HistoryEvent } from './history.ts';

const block = (on: boolean, begun: number): HistoryEvent => ({
  ...{ type: 'block', user: 'ann', peer: 'cid', on, begun },
  outcome: 'done',
});
const types = (user: string, conversationId = ID): HistoryEvent => {
  return { type: 'types', user, conversationId, on: true };
};
const typing = (user: string, of: string, conversationId = ID): HistoryEvent => {
  return { type: 'typing', user, connection: `${user}-1`, of, conversationId, on: true };
};
const connected: HistoryEvent = {
  ...{ type: 'connected', user: 'ann', device: 'phone', connection: 'ann-1' },
  mode: 'managed',
};
const closed: HistoryEvent = { type: 'disconnected', connection: 'ann-1', why: 'closed' };
const shown = (begun: number, online: boolean, conversationId?: string): HistoryEvent => ({
  ...{ type: 'presence', user: 'cid', begun, ...(conversationId && { conversationId }) },
  users: [{ userId: 'ann', online, lastSeenAt: online ? 1 : null }],
});

/** Both have written: four events. */
const both = [...sent(FIRST, 1), ...sent(SECOND, 2)];
const judge = (...events: HistoryEvent[]) => violations([...both, ...events, final(FIRST, SECOND)]);

describe('the checker of typing', () => {
  it.each<[string, readonly HistoryEvent[]]>([
    ['one who typed', [types('ann'), typing('cid', 'ann')]],
    ['one who typed twice', [types('ann'), types('ann'), typing('cid', 'ann'), typing('cid', 'ann')]],
    ['one who typed before the block', [types('ann'), block(true, 5), typing('cid', 'ann')]],
    [
      'one who typed after the block was lifted',
      [block(true, 4), block(false, 5), types('cid'), typing('ann', 'cid')],
    ],
  ])('accepts %s (IM-PRESENCE-2, IM-BLOCK-2)', (_, events) => {
    expect(judge(...events)).toBe('');
  });

  it.each<[string, readonly HistoryEvent[]]>([
    ['nobody typed', [typing('cid', 'ann')]],
    ['they type again', [types('ann'), typing('cid', 'ann'), typing('cid', 'ann')]],
    [
      'a user types again who has blocked them meanwhile',
      [types('ann'), typing('cid', 'ann'), block(true, 6), types('ann'), typing('cid', 'ann')],
    ],
    ['they have typed themselves', [types('ann'), typing('ann', 'ann')]],
    ['a user types who has blocked them', [block(true, 4), types('ann'), typing('cid', 'ann')]],
    ['a user types whom they have blocked', [block(true, 4), types('cid'), typing('ann', 'cid')]],
    ['a user types elsewhere', [types('ann', 'g:1'), typing('cid', 'ann')]],
  ])('notices that a user learns that %s (IM-PRESENCE-2, IM-BLOCK-1, IM-BLOCK-2)', (_, events) => {
    expect(judge(...events)).toContain('IM-PRESENCE wrong-presence: ');
  });

  it('notices typing before both have written (IM-PRESENCE-2)', () => {
    const events = [types('cid'), typing('ann', 'cid')];
    expect(violations([...sent(FIRST, 1), ...events, ...sent(SECOND, 2), final(FIRST, SECOND)])).toContain(
      'ann learned that cid types',
    );
  });

  it('notices typing to and from users who are not in the group (IM-INV-5)', () => {
    const group = { 'g:1': ['ann', 'cid'] };
    const events = (of: string, to: string) => [types(of, 'g:1'), typing(to, of, 'g:1')];
    expect(violations(events('ann', 'cid'), group)).toBe('');
    expect(violations(events('ann', 'eve'), group)).toContain('eve learned that ann types');
    expect(violations(events('eve', 'ann'), group)).toContain('ann learned that eve types');
  });
});

describe('the checker of presence', () => {
  const later = (...events: HistoryEvent[]) => {
    const all = [connected, ...both, ...events, final(FIRST, SECOND)];
    return violations(all, undefined, [0, ...all.slice(1).map(() => 60_000)]);
  };

  it.each<[string, readonly HistoryEvent[]]>([
    ['who is connected is online', [shown(5, true)]],
    ['who has left is offline', [closed, shown(6, false)]],
    ['who has left is online for a while', [closed, shown(6, true)]],
    ['who has blocked the user is offline', [block(true, 5), shown(6, false)]],
    ['whoever meets a block is either', [shown(5, true), block(true, 5), shown(5, false)]],
  ])('accepts that %s (IM-PRESENCE-2, IM-BLOCK-2)', (_, events) => {
    expect(later(...events)).toBe('');
  });

  it('accepts that who has just come is still offline', () => {
    expect(violations([connected, ...both, shown(5, false), final(FIRST, SECOND)])).toBe('');
  });

  it.each<[string, readonly HistoryEvent[], string]>([
    ['who is connected is offline', [shown(5, false)], 'ann was connected'],
    [
      'who has blocked the user is online',
      [block(true, 5), shown(6, true)],
      'cid learned when ann is online',
    ],
    ['so in a group', [block(true, 5), shown(6, true, 'g:1')], 'cid learned when ann is online'],
  ])('notices that %s (IM-PRESENCE-2, IM-BLOCK-2)', (_, events, violation) => {
    expect(later(...events)).toContain(`IM-PRESENCE wrong-presence: ${violation}`);
  });

  it('notices one who has never connected', () => {
    expect(judge(shown(4, true))).toContain('ann has never connected');
  });

  it('notices the presence of one who has not written, or is not in the group (IM-PRESENCE-2)', () => {
    const events = [connected, ...sent(FIRST, 1), shown(3, true), ...sent(SECOND, 2), final(FIRST, SECOND)];
    expect(violations(events)).toContain('cid learned when ann is online');
    const group = (...members: string[]) =>
      violations([connected, shown(1, true, 'g:1')], { 'g:1': members });
    expect(group('ann', 'cid')).toBe('');
    expect(group('cid')).toContain('cid learned when ann is online');
    expect(group('ann')).toContain('cid learned when ann is online');
  });
});
