import type { Agent, Waiting } from '../model/chat.ts';

export type Candidate = Pick<Agent, 'userId' | 'capacity' | 'active' | 'lastAssignedAtMs'>;

export interface Assignment {
  readonly conversationId: string;
  readonly agentId: string;
}

/**
 * Plans the assignments (IM-DESK-6): the oldest waiting chat first, to the agent with the least load (active ÷
 * capacity); if several have the same load, to the one without an assignment for the longest time; never above
 * capacity. An agent never gets a chat that they opened: it waits for another agent, and the next chat goes ahead.
 *
 * @param waiting in the queue's order
 * @param agents all ready, each with the load before these assignments
 */
export function planAssignments(
  waiting: readonly Pick<Waiting, 'conversationId' | 'customer'>[],
  agents: readonly Candidate[],
  nowMs: number,
): Assignment[] {
  const current = new Map(agents.map((agent) => [agent.userId, agent]));
  return waiting.flatMap(({ conversationId, customer }, index) => {
    const agent = leastLoaded([...current.values()].filter(({ userId }) => userId !== customer));
    if (agent === undefined) return [];
    // All of them happen now; the index keeps their order.
    current.set(agent.userId, { ...agent, active: agent.active + 1, lastAssignedAtMs: nowMs + index });
    return [{ conversationId, agentId: agent.userId }];
  });
}

function leastLoaded(agents: readonly Candidate[]): Candidate | undefined {
  return agents.filter(({ active, capacity }) => active < capacity).toSorted(byTurn)[0];
}

/** Compares loads by cross-multiplication, since division would round. */
function byTurn(a: Candidate, b: Candidate): number {
  return (
    a.active * b.capacity - b.active * a.capacity ||
    a.lastAssignedAtMs - b.lastAssignedAtMs ||
    (a.userId < b.userId ? -1 : 1)
  );
}
