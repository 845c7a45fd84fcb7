import { ulid } from 'ulid';
import type { DeskChat, DeskUpdatedPush } from '../../../protocol/desk.ts';
import { ForbiddenError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireMembership, resolveConversation } from '../conversation.ts';
import { pushToUsers } from '../read.ts';
import { requireLiveSession, type Speaker } from '../session.ts';
import { changeChat, type DeskPorts, tryChange } from './change.ts';
import { type Chat, toDeskChat } from './chat.ts';
import { thenMatch } from './desk-queue.ts';
import { tell } from './tell.ts';

export interface OpenRequest {
  readonly queue?: string | undefined;
  readonly topic?: string | undefined;
}

const OPEN_ATTEMPTS = 3;

/**
 * Opens a chat in a queue, or returns the customer's open one (IM-DESK-1). Again is fine, and wakes the queue again.
 * @throws {NotFoundError} no such queue
 */
export async function openChat(
  ports: DeskPorts & { readonly queues: readonly string[] },
  speaker: Speaker,
  { queue = ports.queues[0] ?? '', topic }: OpenRequest,
): Promise<DeskChat> {
  if (!ports.queues.includes(queue)) throw new NotFoundError();
  await requireSession(ports, speaker);
  const chat = await thenMatch(ports, [queue], () => findOrOpen(ports, speaker, queue, topic), {
    moved: false,
  });
  return withPosition(ports, chat);
}

async function findOrOpen(
  ports: DeskPorts,
  { userId: customer, connectionId }: Speaker,
  queue: string,
  topic: string | undefined,
): Promise<Chat> {
  for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt += 1) {
    const open = await ports.desk.openChatOf(customer, queue);
    if (open !== undefined) {
      const { chat } = await ports.conversations.head(open);
      if (chat !== undefined && chat.state !== 'closed') return chat;
      continue;
    }
    const openedAtMs = ports.clock();
    const after: Chat = {
      conversationId: `cs:${ulid(openedAtMs)}`,
      queue,
      state: 'waiting',
      customer,
      openedAtMs,
      ...(topic !== undefined && { topic }),
    };
    const content = { event: 'opened', by: customer, ...(topic !== undefined && { name: topic }) } as const;
    const change = await tryChange(ports, undefined, 0, { after, content });
    if (change === undefined) continue;
    await tell(ports, change, connectionId);
    return after;
  }
  // It is being opened and closed by others of the customer's devices at this very moment.
  throw new UnavailableError();
}

/**
 * Ends a chat, by its customer or its agent; the customer may rate it then, or once after (IM-DESK-3). Again is fine.
 * @throws {NotFoundError} not theirs
 * @throws {ForbiddenError} a rating by another than the customer
 */
export async function closeChat(
  ports: DeskPorts,
  speaker: Speaker,
  { conversationId, rating }: { readonly conversationId: string; readonly rating?: number | undefined },
): Promise<DeskChat> {
  const { userId, connectionId } = speaker;
  const conversation = resolveConversation(userId, { conversationId });
  if (conversation.kind !== 'support') throw new NotFoundError();
  const [head] = await settleAll([
    ports.conversations.head(conversationId),
    requireSession(ports, speaker),
    requireMembership(ports.conversations, userId, conversation),
  ]);
  const decide = (chat: Chat) => {
    if (rating !== undefined && chat.customer !== userId) {
      throw new ForbiddenError('Only the customer may rate a chat.');
    }
    if (chat.state === 'closed') return undefined;
    const { isBack: _, ...facts } = chat;
    const rated = rating === undefined ? {} : { rating };
    const after: Chat = { ...facts, state: 'closed', closedAtMs: ports.clock(), ...rated };
    return { after, content: { event: 'closed', by: userId } as const };
  };
  const queues = head.chat === undefined || head.chat.state === 'closed' ? [] : [head.chat.queue];
  const options = { head, exceptConnectionId: connectionId };
  const chat = await thenMatch(ports, queues, () => changeChat(ports, conversationId, decide, options));
  if (rating === undefined || chat.rating !== undefined) return toDeskChat(chat);
  return rateAfterwards(ports, speaker, chat, rating);
}

async function rateAfterwards(
  ports: DeskPorts,
  { userId, connectionId }: Speaker,
  chat: Chat,
  rating: number,
): Promise<DeskChat> {
  const isFirst = await ports.desk.rate(chat.conversationId, rating);
  const { chat: rated = chat } = isFirst
    ? { chat: { ...chat, rating } }
    : await ports.conversations.head(chat.conversationId);
  const view = toDeskChat(rated);
  const frame: DeskUpdatedPush = { type: 'desk.updated', chat: view };
  const concerned = [userId, ...(rated.agent === undefined ? [] : [rated.agent.userId])];
  if (isFirst) await pushToUsers(ports, concerned, connectionId, JSON.stringify(frame));
  return view;
}

async function withPosition({ desk }: DeskPorts, chat: Chat): Promise<DeskChat> {
  return toDeskChat(chat, chat.state === 'waiting' ? await desk.positionOf(chat) : undefined);
}

export async function requireSession({ routes, clock }: DeskPorts, speaker: Speaker): Promise<void> {
  requireLiveSession(await routes.find(speaker.userId, speaker.deviceId), speaker, clock());
}
