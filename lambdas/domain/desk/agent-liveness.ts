import { settleAll } from '../../shared/settle.ts';
import type { Chat } from '../model/chat.ts';
import { isBeingMade, isPolling, type Session, takesPushes } from '../model/session.ts';
import { changeChat, type Decision } from './change.ts';
import { requeue } from './chat-state.ts';
import { DESK, type DeskPorts } from './ports.ts';
import { withRematch } from './rematch.ts';

export interface LivenessPorts extends DeskPorts {
  readonly agentGraceMs: number;
}

export interface AgentCheck {
  readonly userId: string;
  /** When the agent was first found without a session. */
  readonly sinceMs: number;
}

/** SQS delays a message for so long at most; then the agent is checked again. */
const MAX_DELAY_SECONDS = 900;
const CHATS_PER_READ = 50;
/** Until a connection that is being made is open, or the gateway has an answer again. */
const UNSURE_MS = 5_000;

/**
 * Checks whether an agent has a session (IM-DESK-7). None for the whole grace: offline, and the chats go back to the head
 * of their queues. None for less: checks again when the grace is over. One, or no such agent: nothing.
 */
export async function checkAgent(ports: LivenessPorts, { userId, sinceMs }: AgentCheck): Promise<void> {
  // Before the routes: what the agent says after this makes the change to offline impossible.
  const agent = await ports.desk.agent(userId);
  if (agent === undefined) return;
  if (agent.status !== 'offline') {
    const presence = (await ports.routes.presencesOf([userId])).get(userId);
    const found = await findSession(ports, presence?.sessions ?? []);
    if (found === 'present') return;
    if (found === 'unsure') return checkAgain(ports, userId, sinceMs, UNSURE_MS);
    // A session may have come and gone meanwhile: the last one counts.
    const goneSinceMs = Math.max(sinceMs, presence?.seenAtMs ?? 0);
    const leftMs = goneSinceMs + ports.agentGraceMs - ports.clock();
    if (leftMs > 0) return checkAgain(ports, userId, goneSinceMs, leftMs);
    const { queues, capacity } = agent;
    const change = { userId, status: 'offline', queues, capacity, before: agent } as const;
    if (!(await ports.deskWriter.setAgent(change))) return;
  }
  await giveBack(ports, userId);
}

type Found = 'present' | 'gone' | 'unsure';

/** Only the gateway knows of a socket that died silently, and it says the same of one that is being made. */
async function findSession(
  { connections, clock }: LivenessPorts,
  sessions: readonly Session[],
): Promise<Found> {
  const nowMs = clock();
  const found = await settleAll(
    sessions.map(async (session): Promise<Found> => {
      if (!takesPushes(session, nowMs)) return 'gone';
      // Without a socket to be asked: it said by its last poll how long it is here (IM-POLL-2).
      if (isPolling(session)) return 'present';
      const outcome = await connections.probe(session.connectionId);
      if (outcome === 'took') return 'present';
      return outcome === 'unsure' || isBeingMade(session, nowMs) ? 'unsure' : 'gone';
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
 * The agent is offline by now and gets no chat any more: what is open is all that there is. Idempotent. An agent who is
 * back before it is done keeps the rest.
 */
async function giveBack(ports: LivenessPorts, userId: string): Promise<void> {
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
          // The first one was refused: a message came into the chat, or the agent is back.
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
