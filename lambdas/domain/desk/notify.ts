import type { Content } from '../../../protocol/content.ts';
import type { DeskAssignedPush, DeskUpdatedPush } from '../../../protocol/desk.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { deliver } from '../delivery/deliver.ts';
import { pushToAll, tookAny } from '../delivery/push.ts';
import { type Chat, type ChatChange, toDeskChat } from '../model/chat.ts';
import type { StoredMessage } from '../model/message.ts';
import type { Session } from '../model/session.ts';
import type { DeskPorts } from './ports.ts';

/** Notifies of a change that has just been made. @param exceptConnectionId gets the answer to its own frame instead */
export function notify(
  ports: DeskPorts,
  { before, after, message }: ChatChange,
  exceptConnectionId?: string,
): Promise<void> {
  const former = before?.state === 'assigned' ? before.agent?.userId : undefined;
  return sendOut(ports, after, message, former, exceptConnectionId);
}

/**
 * Sends out what is left in a queue's notification outbox, if it is older than `atLeastMs`: what is younger may be under
 * way. Those who had it get it again, under the same seq (IM-PUSH-1).
 * @returns whether anything is left
 */
export async function sendPending(ports: DeskPorts, queue: string, atLeastMs: number): Promise<boolean> {
  const all = await ports.outbox.pending(queue);
  const old = all.filter(({ sinceMs }) => ports.clock() - sinceMs >= atLeastMs);
  for (const entry of old) {
    const [{ chat }, [message]] = await Promise.all([
      ports.conversations.head(entry.conversationId),
      ports.messages.getMany([entry]),
    ]);
    if (chat === undefined || message === undefined) await ports.outbox.markAsSent(queue, entry);
    else await sendOut(ports, chat, message, entry.former);
  }
  return old.length < all.length;
}

/**
 * To customer, agent, and former agent: the system message, which must arrive or wait in the inbox, and then the desk's
 * frame, which is a hint. Then the outbox entry is marked as sent; a function that dies before that leaves it to the next
 * (`sendPending`).
 */
async function sendOut(
  ports: DeskPorts,
  chat: Chat,
  message: StoredMessage,
  former: string | undefined,
  exceptConnectionId?: string,
): Promise<void> {
  const { customer, agent, queue } = chat;
  const members = [customer, ...(agent === undefined ? [] : [agent.userId])];
  const recipients = members.filter((userId) => userId !== message.from);
  const users = [...members, ...(former === undefined ? [] : [former])];
  const pushed = await deliver(ports, message, { users, recipients });
  const sessions = pushed.map(({ session }) => session);
  const others = sessions.filter(({ connectionId }) => connectionId !== exceptConnectionId);
  await pushFrames(ports, chat, message, others);
  if (agent !== undefined && recipients.includes(agent.userId) && !tookAny(pushed, agent.userId)) {
    await requestAgentCheck(ports, agent.userId);
  }
  await ports.outbox.markAsSent(queue, message);
}

async function pushFrames(
  ports: DeskPorts,
  chat: Chat,
  message: StoredMessage,
  sessions: readonly Session[],
): Promise<void> {
  if (sessions.length === 0) return;
  const content: Content = JSON.parse(message.contentJson);
  const isAssigned =
    content.type === 'system' && (content.event === 'assigned' || content.event === 'transferred');
  const position = chat.state === 'waiting' ? await ports.desk.positionOf(chat) : undefined;
  const view = toDeskChat(chat, position);
  const assigned: DeskAssignedPush = { type: 'desk.assigned', chat: view, head: message.seq };
  const updated: DeskUpdatedPush = { type: 'desk.updated', chat: view };
  const concerns = ({ userId }: Session) =>
    isAssigned && (userId === chat.customer || userId === chat.agent?.userId);
  await Promise.all([
    pushToAll(ports, sessions.filter(concerns), JSON.stringify(assigned)),
    pushToAll(
      ports,
      sessions.filter((session) => !concerns(session)),
      JSON.stringify(updated),
    ),
  ]);
}

/** Hints the next in the queue where they stand now; further back it changes too often to be news. */
export async function hintPositions(ports: DeskPorts, queue: string): Promise<void> {
  const waiting = await ports.desk.waiting(queue, LIMITS.toldPositions);
  if (waiting.length === 0) return;
  const [heads, routes] = await Promise.all([
    ports.conversations.heads(waiting.map(({ conversationId }) => conversationId)),
    ports.routes.sessionsOf(waiting.map(({ customer }) => customer)),
  ]);
  const pushes = waiting.map(({ conversationId, customer }, index) => {
    const chat = heads.get(conversationId)?.chat;
    if (chat?.state !== 'waiting') return [];
    const frame: DeskUpdatedPush = { type: 'desk.updated', chat: toDeskChat(chat, index + 1) };
    return pushToAll(ports, routes.get(customer) ?? [], JSON.stringify(frame));
  });
  await Promise.all(pushes);
}
