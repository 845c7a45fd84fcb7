import { UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import type { Agent } from '../model/chat.ts';
import { type Assignment, planAssignments } from './assignment.ts';
import { tryChange } from './change.ts';
import { assign } from './chat-state.ts';
import { hintPositions, notify, sendPending } from './notify.ts';
import { DESK, type DeskPorts } from './ports.ts';

/** Chats that one read is good for. */
const CHATS_PER_ROUND = 10;
/** Then another invocation goes on. */
const ROUNDS = 50;
/** Rounds in a row of which other workers won all. */
const MAX_LOST_ROUNDS = 8;
/** While anybody waits, the queue is swept so often, so that a lost event costs a minute at most. */
const SWEEP_SECONDS = 60;
/** An event may come a little early. */
const SWEEP_MARGIN_MS = 5_000;

export interface MatchPorts extends DeskPorts {
  /** Is told once a minute how long the next in a queue has been waiting. */
  readonly onWait: (queue: string, waitMs: number) => void;
}

export interface MatchOrder {
  readonly queue: string;
  /** Waiting customers may have another position now. */
  readonly moved: boolean;
  /** A function that had this very event may have died in the middle of it. */
  readonly isRepeat: boolean;
  /** A function may have died before it sent its event. */
  readonly isWatchdog: boolean;
}

/** A function that is alive has sent its notifications by then. */
const UNDER_WAY_MS = 5_000;

/**
 * Brings chats and agents together until there are no more of one or the other (IM-DESK-6). Any number of workers may
 * do so at once: a chat and an agent's place are claimed in one transaction, and the second to claim them reads anew.
 */
export async function matchQueue(ports: MatchPorts, order: MatchOrder): Promise<void> {
  const { queue, moved, isRepeat, isWatchdog } = order;
  const mayBePending = isRepeat || isWatchdog;
  const isLeft = mayBePending && (await sendPending(ports, queue, isRepeat ? 0 : UNDER_WAY_MS));
  const haveMoved = await assignAll(ports, queue);
  if (moved || haveMoved) await hintPositions(ports, queue);
  if (isWatchdog) await keepSweeping(ports, queue, isLeft);
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
    const won = await claimPlanned(ports, plan, agents);
    assigned += won;
    lost = won === 0 ? lost + 1 : 0;
    if (lost > MAX_LOST_ROUNDS) throw new UnavailableError();
  }
  const event = { kind: 'match', queue, moved: false, watchdog: false } as const;
  await ports.deskEvents.enqueue([{ event, delaySeconds: 0 }]);
  return true;
}

/**
 * Claims one after the other, in order; the first that another worker has won, or that got a message meanwhile, ends the
 * round: what is behind it was planned on a state that is past. Notifications go on beside the next claim.
 * @returns how many were won
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
      // Waited for below. Until then nothing listens, and an unhandled rejection ends the function.
      notified.catch(() => {});
      notifying.push(notified);
    }
  } finally {
    await settleAll(notifying);
  }
  return notifying.length;
}

/**
 * After a watchdog event: while anybody still waits, or a notification is pending, keeps one event of this queue going
 * round, a minute apart. So a lost event costs a minute at most, and how long people wait is known though nothing happens.
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
