import { UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { isBanned } from '../model/ban.ts';
import type { Agent } from '../model/chat.ts';
import { type Assignment, planAssignments } from './assignment.ts';
import { tryChange } from './change.ts';
import { assign } from './chat-state.ts';
import { hintPositions, notify, sendPendingOf } from './notify.ts';
import { DESK, type DeskPorts } from './ports.ts';

/** Chats assigned per read of queue and agents. */
const CHATS_PER_ROUND = 10;
/** After this many rounds, another invocation continues. */
const ROUNDS = 50;
/** Gives up after more rounds than this in a row without winning a claim. */
const MAX_LOST_ROUNDS = 8;
/** While customers wait, the queue is swept this often, so that a lost event delays a match by a minute at most. */
const SWEEP_SECONDS = 60;
/** SQS may deliver an event slightly early. */
const SWEEP_MARGIN_MS = 5_000;

export interface MatchPorts extends DeskPorts {
  /** Called about once a minute while customers wait, with the wait of the first in the queue. */
  readonly onWait: (queue: string, waitMs: number) => void;
}

export interface MatchOrder {
  readonly queue: string;
  /** The positions of waiting customers may have changed. */
  readonly moved: boolean;
  /** SQS has delivered this event before: the function that had it may have died while processing it. */
  readonly isRepeat: boolean;
  /** The event of a watchdog: the function that changed something may have died before it sent its own event. */
  readonly isWatchdog: boolean;
}

/** A function that is still running has sent its notifications after this time. */
const SENDING_MS = 5_000;

/**
 * Assigns chats to agents until no chat waits or no agent is free (IM-DESK-6). Any number of workers may run at once: a
 * transaction claims the chat and the agent's capacity, and a worker that loses the race reads again.
 */
export async function matchQueue(ports: MatchPorts, order: MatchOrder): Promise<void> {
  const { queue, moved, isRepeat, isWatchdog } = order;
  const mayBePending = isRepeat || isWatchdog;
  const isLeft = mayBePending && (await sendPendingOf(ports, queue, isRepeat ? 0 : SENDING_MS));
  const haveMoved = await assignAll(ports, queue);
  if (moved || haveMoved) await hintPositions(ports, queue);
  if (isWatchdog) await keepSweeping(ports, queue, isLeft);
}

/** @returns whether a chat was assigned */
async function assignAll(ports: DeskPorts, queue: string): Promise<boolean> {
  let assigned = 0;
  let lost = 0;
  const banned = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [waiting, agents] = await settleAll([
      ports.desk.waiting(queue, CHATS_PER_ROUND),
      ports.desk.readyAgents([queue]),
    ]);
    const mayGetChats = agents.filter(({ userId }) => !banned.has(userId));
    const plan = planAssignments(waiting, mayGetChats, ports.clock());
    if (plan.length === 0) return assigned > 0;
    const found = await bannedAmong(ports, plan);
    if (found.length > 0) {
      for (const agentId of found) banned.add(agentId);
      continue;
    }
    const won = await claimPlanned(ports, plan, agents);
    assigned += won;
    lost = won === 0 ? lost + 1 : 0;
    if (lost > MAX_LOST_ROUNDS) throw new UnavailableError();
  }
  const event = { kind: 'match', queue, moved: false, watchdog: false } as const;
  await ports.deskEvents.enqueue([{ event, delaySeconds: 0 }]);
  return true;
}

/** The agents of the plan who are banned, and whom their check has not set offline yet (IM-BAN-2). */
async function bannedAmong(
  { routes, clock }: DeskPorts,
  plan: readonly Assignment[],
): Promise<readonly string[]> {
  const agents = [...new Set(plan.map(({ agentId }) => agentId))];
  const presences = await routes.presencesOf(agents);
  return agents.filter((agentId) => isBanned(presences.get(agentId)?.bannedUntilMs, clock()));
}

/**
 * Claims the planned assignments one after another. The first failed claim (another worker won it, or the chat got a
 * message) ends the round, since the rest of the plan is based on outdated state. Notifications run during later claims.
 * @returns the number of claims won
 */
async function claimPlanned(
  ports: DeskPorts,
  plan: readonly Assignment[],
  agents: readonly Agent[],
): Promise<number> {
  const heads = await ports.conversations.heads(plan.map(({ conversationId }) => conversationId));
  const notifying: Promise<void>[] = [];
  try {
    for (const { conversationId, agentId } of plan) {
      const head = heads.get(conversationId);
      const agent = agents.find(({ userId }) => userId === agentId);
      const decision = head?.chat && agent && assign(head.chat, agent, ports.clock(), DESK);
      if (head === undefined || decision === undefined) break;
      const change = await tryChange(ports, head.chat, head.seq, decision);
      if (change === undefined) break;
      const notified = notify(ports, change);
      // Awaited below. Until then a rejection would be unhandled, which ends the function.
      notified.catch(() => {});
      notifying.push(notified);
    }
  } finally {
    await settleAll(notifying);
  }
  return notifying.length;
}

/**
 * After a watchdog event: while customers wait or notifications are pending, enqueues another one for a minute later, one
 * per queue. So a lost event delays a match by a minute at most, and the wait is reported even if nothing else happens.
 */
async function keepSweeping(ports: MatchPorts, queue: string, isLeft: boolean): Promise<void> {
  const [oldest] = await ports.desk.waiting(queue, 1);
  if (oldest === undefined && !isLeft) return;
  const nowMs = ports.clock();
  if (oldest !== undefined) ports.onWait(queue, nowMs - oldest.openedAtMs);
  const untilMs = nowMs + SWEEP_SECONDS * 1000 - SWEEP_MARGIN_MS;
  if (await ports.deskWriter.claimSweep(queue, nowMs, untilMs)) {
    const event = { kind: 'match', queue, moved: false, watchdog: true } as const;
    await ports.deskEvents.enqueue([{ event, delaySeconds: SWEEP_SECONDS }]);
  }
}
