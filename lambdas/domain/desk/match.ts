import { UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { give } from './agent.ts';
import { type Assignment, planAssignments } from './assignment.ts';
import { DESK, type DeskPorts, tryChange } from './change.ts';
import type { Agent } from './chat.ts';
import { tell, tellAgain, tellPositions } from './tell.ts';

/** Chats that one read is good for. */
const CHATS_PER_ROUND = 10;
/** Then another invocation goes on. */
const ROUNDS = 50;
/** Rounds in a row that somebody else won all of. */
const MAX_LOST_ROUNDS = 8;
/** While anybody waits, the queue is looked at so often, whoever died over an event. */
const PATROL_SECONDS = 60;
/** An event may come a little early. */
const PATROL_MARGIN_MS = 5_000;

export interface MatchOrder {
  readonly queue: string;
  /** Those who wait may stand elsewhere than they know. */
  readonly moved: boolean;
  /** Whoever had this very event may have died over it. */
  readonly isRepeat: boolean;
  /** Somebody may have died before any event. */
  readonly isGuard: boolean;
}

/** Who is alive has told of a change by then. */
const UNDER_WAY_MS = 5_000;

/**
 * Brings chats and agents together until there are no more of one or the other (IM-DESK-6). Any number of workers may
 * do so at once: a chat and an agent's place are claimed in one transaction, and who comes second reads anew.
 */
export async function matchQueue(ports: DeskPorts, order: MatchOrder): Promise<void> {
  const { queue, moved, isRepeat, isGuard } = order;
  const isLeft = (isRepeat || isGuard) && (await tellAgain(ports, queue, isRepeat ? 0 : UNDER_WAY_MS));
  const haveMoved = await assignAll(ports, queue);
  if (moved || haveMoved) await tellPositions(ports, queue);
  if (isGuard) await patrol(ports, queue, isLeft);
}

/** @returns whether anybody was assigned */
async function assignAll(ports: DeskPorts, queue: string): Promise<boolean> {
  let assigned = 0;
  let lost = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [waiting, agents] = await settleAll([
      ports.desk.waiting(queue, CHATS_PER_ROUND),
      ports.desk.readyAgents(queue),
    ]);
    const plan = planAssignments(waiting, agents, ports.clock());
    if (plan.length === 0) return assigned > 0;
    const won = await assign(ports, plan, agents);
    assigned += won;
    lost = won === 0 ? lost + 1 : 0;
    if (lost > MAX_LOST_ROUNDS) throw new UnavailableError();
  }
  const job = { kind: 'match', queue, moved: false, guard: false } as const;
  await ports.deskQueue.enqueue([{ job, delaySeconds: 0 }]);
  return true;
}

/**
 * Claims one after the other, in order; the first that somebody else has won, or that wrote meanwhile, ends the round:
 * what is behind it was planned on a state that is past. Telling goes on beside the next claim.
 * @returns how many were won
 */
async function assign(
  ports: DeskPorts,
  plan: readonly Assignment[],
  agents: readonly Agent[],
): Promise<number> {
  const heads = await ports.conversations.heads(plan.map(({ conversationId }) => conversationId));
  const telling: Promise<void>[] = [];
  try {
    for (const { conversationId, agentId } of plan) {
      const head = heads.get(conversationId);
      const agent = agents.find(({ userId }) => userId === agentId);
      if (head?.chat?.state !== 'waiting' || agent === undefined) break;
      const decision = give(head.chat, agent, ports.clock(), { event: 'assigned', by: DESK });
      const change = await tryChange(ports, head.chat, head.seq, decision);
      if (change === undefined) break;
      const told = tell(ports, change);
      // Waited for below. Until then nobody listens, and a rejection that nobody hears ends the function.
      told.catch(() => {});
      telling.push(told);
    }
  } finally {
    await settleAll(telling);
  }
  return telling.length;
}

/**
 * After a guard: while anybody still waits, or is untold, keeps one event of this queue going round, a minute apart. So a
 * lost event costs a minute at most, and how long people wait is known though nothing happens.
 */
async function patrol(ports: DeskPorts, queue: string, isLeft: boolean): Promise<void> {
  const [oldest] = await ports.desk.waiting(queue, 1);
  if (oldest === undefined && !isLeft) return;
  const nowMs = ports.clock();
  if (oldest !== undefined) ports.onWait?.(queue, nowMs - oldest.openedAtMs);
  const untilMs = nowMs + PATROL_SECONDS * 1000 - PATROL_MARGIN_MS;
  if (await ports.desk.claimPatrol(queue, nowMs, untilMs)) {
    const job = { kind: 'match', queue, moved: false, guard: true } as const;
    await ports.deskQueue.enqueue([{ job, delaySeconds: PATROL_SECONDS }]);
  }
}
