import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, planAssignments } from '../../../lambdas/domain/desk/assignment.ts';

const NOW = 1_000_000;
const anAgent = (userId: string, more: Partial<Candidate> = {}): Candidate => ({
  userId,
  capacity: 1,
  active: 0,
  lastAssignedAtMs: 0,
  ...more,
});
const chatsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ conversationId: `c${n}`, customer: `customer-${n}` }));
const plan = (count: number, ...agents: Candidate[]) =>
  planAssignments(chatsOf(count), agents, NOW).map(
    ({ conversationId, agentId }) => `${conversationId} ${agentId}`,
  );

describe('assignment', () => {
  it('gives the oldest chat to the least loaded agent, by active ÷ capacity (IM-DESK-6)', () => {
    const busy = anAgent('ann', { capacity: 2, active: 1 });
    const wide = anAgent('zoe', { capacity: 10, active: 2 });
    expect(plan(1, busy, wide)).toEqual(['c0 zoe']);
  });

  it('prefers, among equals, the agent who has waited longest for an assignment (IM-DESK-6)', () => {
    const recent = anAgent('ann', { capacity: 4, active: 2, lastAssignedAtMs: 7 });
    const rested = anAgent('zoe', { capacity: 2, active: 1, lastAssignedAtMs: 3 });
    expect(plan(1, recent, rested)).toEqual(['c0 zoe']);
    expect(plan(3, anAgent('ann', { capacity: 2 }), anAgent('zoe', { capacity: 2 }))).toEqual([
      'c0 ann',
      'c1 zoe',
      'c2 ann',
    ]);
  });

  it("never assigns an agent's own chat to that agent: it waits for another agent, and the next chat goes ahead (IM-DESK-6)", () => {
    const chats = [
      { conversationId: 'own', customer: 'ann' },
      { conversationId: 'next', customer: 'bob' },
    ];
    expect(planAssignments(chats, [anAgent('ann')], NOW)).toEqual([
      { conversationId: 'next', agentId: 'ann' },
    ]);
  });

  const agents = fc.uniqueArray(
    fc.record({
      userId: fc.integer({ min: 0, max: 40 }).map((n) => `user-${n}`),
      capacity: fc.integer({ min: 1, max: 50 }),
      // Also above capacity, since an agent may have lowered it.
      active: fc.integer({ min: 0, max: 55 }),
      lastAssignedAtMs: fc.integer({ min: 0, max: NOW }),
    }),
    { selector: ({ userId }) => userId, maxLength: 12 },
  );
  const chats = fc
    .array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 })
    .map((customers) => customers.map((n, at) => ({ conversationId: `c${at}`, customer: `user-${n}` })));

  /** The rule, restated for one chat after the other. */
  function check(
    waiting: readonly { conversationId: string; customer: string }[],
    all: readonly Candidate[],
  ) {
    const given = new Map(
      planAssignments(waiting, all, NOW).map(({ conversationId, agentId }) => [conversationId, agentId]),
    );
    const now = new Map(all.map((agent) => [agent.userId, { ...agent }]));
    for (const [at, { conversationId, customer }] of waiting.entries()) {
      const free = [...now.values()].filter((one) => one.active < one.capacity && one.userId !== customer);
      const chosen = now.get(given.get(conversationId) ?? '');
      // No chat is left while an agent could take it, and no agent takes one it cannot.
      expect(chosen !== undefined).toBe(free.length > 0);
      if (chosen === undefined) continue;
      expect(free).toContain(chosen);
      const load = (one: Candidate) => one.active / one.capacity;
      const least = free.filter((one) => load(one) === Math.min(...free.map(load)));
      expect(least).toContain(chosen);
      expect(chosen.lastAssignedAtMs).toBe(Math.min(...least.map((one) => one.lastAssignedAtMs)));
      chosen.active += 1;
      chosen.lastAssignedAtMs = NOW + at;
    }
    for (const { active, capacity, userId } of now.values()) {
      const before = all.find((one) => one.userId === userId)?.active ?? 0;
      expect(active <= Math.max(capacity, before)).toBe(true);
    }
  }

  it('never exceeds a capacity, loses no chat, and keeps the order, for any input (IM-DESK-6)', () => {
    fc.assert(fc.property(chats, agents, check), { numRuns: 200 });
  });

  it('assigns each chat once, to one agent, in the order of the queue (IM-DESK-6)', () => {
    fc.assert(
      fc.property(chats, agents, (waiting, all) => {
        const ids = planAssignments(waiting, all, NOW).map(({ conversationId }) => conversationId);
        expect(new Set(ids).size).toBe(ids.length);
        const order = waiting.map(({ conversationId }) => conversationId);
        expect(ids).toEqual(order.filter((id) => ids.includes(id)));
      }),
    );
  });

  it('assigns the oldest chats, as many as there is room for, when no customer is an agent (IM-DESK-6)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 80 }), agents, (count, all) => {
        const room = all.reduce((sum, one) => sum + Math.max(0, one.capacity - one.active), 0);
        const ids = planAssignments(chatsOf(count), all, NOW).map(({ conversationId }) => conversationId);
        expect(ids).toEqual(
          chatsOf(count)
            .slice(0, room)
            .map(({ conversationId }) => conversationId),
        );
      }),
    );
  });
});
