import { settleAll } from '../../shared/settle.ts';
import { isBeingMade, isPolling, type Session, takesPushes } from '../session.ts';
import { requeue } from './agent.ts';
import { changeChat, DESK, type Decision, type DeskPorts } from './change.ts';
import type { Chat } from './chat.ts';
import { thenMatch } from './desk-queue.ts';

export interface VanishPorts extends DeskPorts {
  readonly agentGraceMs: number;
}

export interface LookJob {
  readonly userId: string;
  /** When somebody found the agent gone. */
  readonly sinceMs: number;
}

/** SQS keeps a message back for so long at most; then it is looked again. */
const MAX_DELAY_SECONDS = 900;
const CHATS_PER_READ = 50;
/** Until a connection that is being made is open, or the gateway has an answer again. */
const UNSURE_MS = 5_000;

/**
 * Looks whether an agent is there (IM-DESK-7). Nobody home for the whole grace: offline, and the chats go back to the
 * head of their queues. For less: looks again when the grace is over. Somebody home, or no agent at all: nothing.
 */
export async function lookAtAgent(ports: VanishPorts, { userId, sinceMs }: LookJob): Promise<void> {
  // Before the routes: what the agent says after this makes the change to offline impossible.
  const agent = await ports.desk.agent(userId);
  if (agent === undefined) return;
  if (agent.status !== 'offline') {
    const presence = (await ports.routes.presencesOf([userId])).get(userId);
    const found = await findSession(ports, presence?.sessions ?? []);
    if (found === 'home') return;
    if (found === 'unsure') return lookAgain(ports, userId, sinceMs, UNSURE_MS);
    // A session may have come and gone meanwhile: the last one counts.
    const goneSinceMs = Math.max(sinceMs, presence?.seenAtMs ?? 0);
    const leftMs = goneSinceMs + ports.agentGraceMs - ports.clock();
    if (leftMs > 0) return lookAgain(ports, userId, goneSinceMs, leftMs);
    const { queues, capacity } = agent;
    if (!(await ports.desk.setAgent({ userId, status: 'offline', queues, capacity, before: agent }))) return;
  }
  await giveBack(ports, userId);
}

type Found = 'home' | 'gone' | 'unsure';

/** A socket that died without a word is known to the gateway alone, which says the same of one that is being made. */
async function findSession(
  { connections, clock }: VanishPorts,
  sessions: readonly Session[],
): Promise<Found> {
  const nowMs = clock();
  const found = await settleAll(
    sessions.map(async (session): Promise<Found> => {
      if (!takesPushes(session, nowMs)) return 'gone';
      // Without a socket to be asked: it said by its last poll how long it is here (IM-POLL-2).
      if (isPolling(session)) return 'home';
      const outcome = await connections.probe(session.connectionId);
      if (outcome === 'took') return 'home';
      return outcome === 'unsure' || isBeingMade(session, nowMs) ? 'unsure' : 'gone';
    }),
  );
  return (['home', 'unsure'] as const).find((one) => found.includes(one)) ?? 'gone';
}

async function lookAgain(
  { deskQueue }: VanishPorts,
  userId: string,
  sinceMs: number,
  leftMs: number,
): Promise<void> {
  const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.ceil(leftMs / 1000));
  await deskQueue.enqueue([{ job: { kind: 'look', userId, sinceMs }, delaySeconds }]);
}

/**
 * Offline by now, so no chat comes to them any more: what is open is all that there is. Again is fine. Who is back before
 * it is done keeps the rest.
 */
async function giveBack(ports: VanishPorts, userId: string): Promise<void> {
  for (let isOffline = true; isOffline; ) {
    const list = { of: { agent: userId }, part: 'open' } as const;
    const ids = await ports.desk.chatIds(list, { limit: CHATS_PER_READ });
    if (ids.length === 0) return;
    const heads = await ports.conversations.heads(ids);
    const queues = [...new Set([...heads.values()].flatMap(({ chat }) => (chat ? [chat.queue] : [])))];
    await thenMatch(ports, queues, async () => {
      for (const id of ids) {
        let attempts = 0;
        const decide = async (chat: Chat): Promise<Decision | undefined> => {
          if (chat.state !== 'assigned' || chat.agent?.userId !== userId) return undefined;
          attempts += 1;
          // The first one was refused: somebody wrote into the chat, or the agent is back.
          if (attempts > 1) isOffline = (await ports.desk.agent(userId))?.status === 'offline';
          return isOffline ? { ...requeue(chat, DESK), ifOffline: true } : undefined;
        };
        await changeChat(ports, id, decide, { head: heads.get(id) });
        if (!isOffline) return;
      }
    });
  }
}
