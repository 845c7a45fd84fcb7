import { ulid } from 'ulid';
import type { DeskChat, DeskUpdatedPush } from '../../../protocol/desk.ts';
import { ForbiddenError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { requireCaller } from '../access/caller.ts';
import { hint } from '../delivery/deliver.ts';
import { type Chat, toDeskChat } from '../model/chat.ts';
import type { Caller } from '../model/session.ts';
import { changeChat, tryChange } from './change.ts';
import { close, open } from './chat-state.ts';
import { enterChat } from './enter-chat.ts';
import { notify } from './notify.ts';
import type { DeskPorts } from './ports.ts';
import { withRematch } from './rematch.ts';

export interface OpenRequest {
  readonly queue?: string | undefined;
  readonly topic?: string | undefined;
}

const OPEN_ATTEMPTS = 3;

/**
 * Opens a chat in a queue, or returns the customer's open one (IM-DESK-1). Idempotent. Each call has the queue matched.
 * @throws {NotFoundError} no such queue
 */
export async function openChat(
  ports: DeskPorts & { readonly queues: readonly string[] },
  caller: Caller,
  { queue = ports.queues[0] ?? '', topic }: OpenRequest,
): Promise<DeskChat> {
  if (!ports.queues.includes(queue)) throw new NotFoundError('queue');
  await requireCaller(ports, caller);
  const findOrOpenChat = () => findOrOpen(ports, caller, queue, topic);
  const chat = await withRematch(ports, [queue], findOrOpenChat, { moved: false });
  return toDeskChat(chat, chat.state === 'waiting' ? await ports.desk.positionOf(chat) : undefined);
}

async function findOrOpen(
  ports: DeskPorts,
  { userId: customer, connectionId }: Caller,
  queue: string,
  topic: string | undefined,
): Promise<Chat> {
  for (let attempt = 0; attempt < OPEN_ATTEMPTS; attempt += 1) {
    const openId = await ports.desk.openChatOf(customer, queue);
    if (openId !== undefined) {
      const { chat } = await ports.conversations.head(openId);
      if (chat !== undefined && chat.state !== 'closed') return chat;
      continue;
    }
    const openedAtMs = ports.clock();
    const conversationId = `cs:${ulid(openedAtMs)}`;
    const opening = open({ conversationId, queue, customer, topic, openedAtMs });
    const change = await tryChange(ports, undefined, 0, opening);
    if (change === undefined) continue;
    await notify(ports, change, connectionId);
    return change.after;
  }
  // Other devices of the customer are opening and closing the chat at the same time.
  throw new UnavailableError();
}

/**
 * Closes a chat, for its customer or its agent. The customer may rate it once, now or later (IM-DESK-3). Idempotent.
 * @throws {NotFoundError} the caller is not a member of the chat
 * @throws {ForbiddenError} the rating is not the customer's
 */
export async function closeChat(
  ports: DeskPorts,
  caller: Caller,
  { conversationId, rating }: { readonly conversationId: string; readonly rating?: number | undefined },
): Promise<DeskChat> {
  const { userId, connectionId } = caller;
  const head = await enterChat(ports, caller, conversationId);
  const decide = (chat: Chat) => {
    if (rating !== undefined && chat.customer !== userId) {
      throw new ForbiddenError('Only the customer may rate a chat.');
    }
    return close(chat, userId, ports.clock(), rating);
  };
  const queues = head.chat === undefined || head.chat.state === 'closed' ? [] : [head.chat.queue];
  const options = { head, exceptConnectionId: connectionId };
  const chat = await withRematch(ports, queues, () => changeChat(ports, conversationId, decide, options));
  if (rating === undefined || chat.rating !== undefined) return toDeskChat(chat);
  return rateAfterwards(ports, caller, chat, rating);
}

async function rateAfterwards(
  ports: DeskPorts,
  { userId, connectionId }: Caller,
  chat: Chat,
  rating: number,
): Promise<DeskChat> {
  const isFirst = await ports.deskWriter.rate(chat.conversationId, rating);
  const { chat: rated = chat } = isFirst
    ? { chat: { ...chat, rating } }
    : await ports.conversations.head(chat.conversationId);
  const view = toDeskChat(rated);
  const frame: DeskUpdatedPush = { type: 'desk.updated', chat: view };
  const users = [userId, ...(rated.agent === undefined ? [] : [rated.agent.userId])];
  if (isFirst) await hint(ports, frame, { users, exceptConnectionId: connectionId });
  return view;
}
