import type { Content } from '../../../protocol/content.ts';
import type { DeskAssignedPush, DeskUpdatedPush } from '../../../protocol/desk.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { settleAll } from '../../shared/settle.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { deliver } from '../delivery/deliver.ts';
import { sendPending } from '../delivery/outbox.ts';
import { pushToAll, tookAny } from '../delivery/push.ts';
import { type Chat, type ChatChange, toDeskChat } from '../model/chat.ts';
import type { StoredMessage } from '../model/message.ts';
import type { Session } from '../model/session.ts';
import { pushAgents } from './agent-state.ts';
import type { DeskPorts } from './ports.ts';

/**
 * Notifies the members of a change that was just committed, and takes it from the outbox.
 * @param exceptConnectionId the session that gets a reply instead of a push
 */
export async function notify(
  ports: DeskPorts,
  { before, after, message }: ChatChange,
  exceptConnectionId?: string,
): Promise<void> {
  const former = before?.state === 'assigned' ? before.agent?.userId : undefined;
  await sendOut(ports, after, message, former, exceptConnectionId);
  await ports.outbox.markAsSent(after.queue, message);
}

/**
 * Sends the notifications in a queue's outbox that are at least `atLeastMs` old, if a function died before it did.
 * @returns whether younger notifications are left
 */
export function sendPendingOf(ports: DeskPorts, queue: string, atLeastMs: number): Promise<boolean> {
  return sendPending(ports, queue, atLeastMs, async (message, { former }) => {
    const { chat } = await ports.conversations.head(message.conversationId);
    if (chat !== undefined) await sendOut(ports, chat, message, former);
  });
}

/**
 * Sends customer, agent, and former agent the system message, which must arrive or wait in the inbox, and then the desk
 * frames, which are hints: the chat, and to the agents their own state, whose load has changed.
 */
async function sendOut(
  ports: DeskPorts,
  chat: Chat,
  message: StoredMessage,
  former: string | undefined,
  exceptConnectionId?: string,
): Promise<void> {
  const { customer, agent } = chat;
  const members = [customer, ...(agent === undefined ? [] : [agent.userId])];
  const recipients = members.filter((userId) => userId !== message.from);
  const users = [...members, ...(former === undefined ? [] : [former])];
  const pushed = await deliver(ports, message, { users, recipients });
  const sessions = pushed.map(({ session }) => session);
  const others = sessions.filter(({ connectionId }) => connectionId !== exceptConnectionId);
  const loaded = [former, chat.state === 'assigned' ? agent?.userId : undefined].filter(
    (one) => one !== undefined,
  );
  await settleAll([
    pushFrames(ports, chat, message, others),
    pushAgents(ports, [...new Set(loaded)], sessions),
  ]);
  if (agent !== undefined && recipients.includes(agent.userId) && !tookAny(pushed, agent.userId)) {
    await requestAgentCheck(ports, agent.userId);
  }
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

/**
 * Pushes their new positions to the first customers in the queue. Further back, positions change too often to be
 * useful.
 */
export async function hintPositions(ports: DeskPorts, queue: string): Promise<void> {
  const waiting = await ports.desk.waiting(queue, LIMITS.pushedPositions);
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
