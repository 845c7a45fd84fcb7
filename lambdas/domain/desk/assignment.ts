import type { Agent, Waiting } from '../model/chat.ts';

export type Candidate = Pick<Agent, 'userId' | 'capacity' | 'active' | 'lastAssignedAtMs'>;

export interface Assignment {
  readonly conversationId: string;
  readonly agentId: string;
}

/**
 * Who gets what (IM-DESK-6): the oldest waiting chat first, to the agent with the least load (active ÷ capacity), among
 * equals to the one longest without an assignment; never above capacity. Nobody serves a chat of their own, which then
 * waits for somebody else while the next goes ahead.
 *
 * @param waiting in the queue's order
 * @param agents all ready; of each the load before these assignments
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
    // Their order is kept, though all of them happen now.
    current.set(agent.userId, { ...agent, active: agent.active + 1, lastAssignedAtMs: nowMs + index });
    return [{ conversationId, agentId: agent.userId }];
  });
}

function leastLoaded(agents: readonly Candidate[]): Candidate | undefined {
  return agents.filter(({ active, capacity }) => active < capacity).toSorted(byTurn)[0];
}

/** Fractions by cross-multiplication: loads are equal or not, whatever a division would round. */
function byTurn(a: Candidate, b: Candidate): number {
  return (
    a.active * b.capacity - b.active * a.capacity ||
    a.lastAssignedAtMs - b.lastAssignedAtMs ||
    (a.userId < b.userId ? -1 : 1)
  );
}
