import { settleAll } from '../../shared/settle.ts';
import { isBanned } from '../model/ban.ts';
import type { Chat } from '../model/chat.ts';
import { isConnecting, isPolling, type Session, takesPushes } from '../model/session.ts';
import { pushAgent } from './agent-state.ts';
import { changeChat, type Decision } from './change.ts';
import { requeue } from './chat-state.ts';
import { DESK, type DeskPorts } from './ports.ts';
import { withRematch } from './rematch.ts';

export interface LivenessPorts extends DeskPorts {
  readonly agentGraceMs: number;
}

export interface AgentCheck {
  readonly userId: string;
  /** When the agent was first seen without a session. */
  readonly sinceMs: number;
}

/** The maximum delay of an SQS message. After it, the agent is checked again. */
const MAX_DELAY_SECONDS = 900;
const CHATS_PER_READ = 50;
/** Long enough for `$connect` to finish, or for the gateway to recover. */
const UNSURE_MS = 5_000;

/**
 * Checks whether an agent has a session (IM-DESK-7). An agent without one for the whole grace period goes offline, and
 * the chats go back to the head of their queues. Before that, checks again when the grace period ends. Does nothing if
 * the agent has a session or does not exist.
 */
export async function checkAgent(ports: LivenessPorts, { userId, sinceMs }: AgentCheck): Promise<void> {
  // Read before the routes: if the agent changes status after this, the change to offline fails.
  const agent = await ports.desk.agent(userId);
  if (agent === undefined) return;
  if (agent.status !== 'offline') {
    const presence = (await ports.routes.presencesOf([userId])).get(userId);
    const found = await findSession(ports, presence?.sessions ?? []);
    if (found === 'present') return;
    if (found === 'unsure') return checkAgain(ports, userId, sinceMs, UNSURE_MS);
    // The agent may have had a session since: the grace period starts when the last one closed.
    const goneSinceMs = Math.max(sinceMs, presence?.seenAtMs ?? 0);
    // A banned agent doesn't come back within the grace period.
    const graceMs = isBanned(presence?.bannedUntilMs, ports.clock()) ? 0 : ports.agentGraceMs;
    const leftMs = goneSinceMs + graceMs - ports.clock();
    if (leftMs > 0) return checkAgain(ports, userId, goneSinceMs, leftMs);
    const { queues, capacity } = agent;
    const change = { userId, status: 'offline', queues, capacity, before: agent } as const;
    if (!(await ports.deskWriter.setAgent(change))) return;
  }
  // Also if the agent was offline already: the worker that made the change may have died before its push.
  await pushAgent(ports, userId);
  await requeueChats(ports, userId);
}

type Found = 'present' | 'gone' | 'unsure';

/**
 * Only the gateway knows that a socket died silently, and it gives the same answer for one that is still connecting.
 */
async function findSession(
  { connections, clock }: LivenessPorts,
  sessions: readonly Session[],
): Promise<Found> {
  const nowMs = clock();
  const found = await settleAll(
    sessions.map(async (session): Promise<Found> => {
      if (!takesPushes(session, nowMs)) return 'gone';
      // There is no socket to probe. Its last poll determined how long it counts as present (IM-POLL-2).
      if (isPolling(session)) return 'present';
      const outcome = await connections.probe(session.connectionId);
      if (outcome === 'took') return 'present';
      return outcome !== 'gone' || isConnecting(session, nowMs) ? 'unsure' : 'gone';
    }),
  );
  return (['present', 'unsure'] as const).find((one) => found.includes(one)) ?? 'gone';
}

async function checkAgain(
  { deskEvents }: LivenessPorts,
  userId: string,
  sinceMs: number,
  leftMs: number,
): Promise<void> {
  const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.ceil(leftMs / 1000));
  await deskEvents.enqueue([{ event: { kind: 'check-agent', userId, sinceMs }, delaySeconds }]);
}

/**
 * Requeues the open chats of an agent who is offline, and so gets no new ones. Idempotent. An agent who comes back
 * before the end keeps the remaining chats.
 */
async function requeueChats(ports: LivenessPorts, userId: string): Promise<void> {
  for (let isOffline = true; isOffline; ) {
    const list = { of: { agent: userId }, part: 'open' } as const;
    const ids = await ports.desk.chatIds(list, { limit: CHATS_PER_READ });
    if (ids.length === 0) return;
    const heads = await ports.conversations.heads(ids);
    const queues = [...new Set([...heads.values()].flatMap(({ chat }) => (chat ? [chat.queue] : [])))];
    await withRematch(ports, queues, async () => {
      for (const id of ids) {
        let attempts = 0;
        const decide = async (chat: Chat): Promise<Decision | undefined> => {
          if (chat.state !== 'assigned' || chat.agent?.userId !== userId) return undefined;
          attempts += 1;
          // The first attempt failed: someone sent a message in the chat, or the agent is back.
          if (attempts > 1) isOffline = (await ports.desk.agent(userId))?.status === 'offline';
          const transition = isOffline ? requeue(chat, DESK) : undefined;
          return transition && { ...transition, ifOffline: true };
        };
        await changeChat(ports, id, decide, { head: heads.get(id) });
        if (!isOffline) return;
      }
    });
  }
}
