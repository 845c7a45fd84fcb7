import type { Content } from '../../../protocol/content.ts';
import type { DeskAssignedPush, DeskUpdatedPush } from '../../../protocol/desk.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { leftovers, messagesFrame, pushTo, tookAny } from '../delivery.ts';
import type { StoredMessage } from '../message.ts';
import { referenceTo } from '../offline.ts';
import type { Session } from '../session.ts';
import type { DeskPorts } from './change.ts';
import { type Chat, type ChatChange, toDeskChat } from './chat.ts';
import { lookAfter } from './desk-queue.ts';

/** Tells of a change that has just been made. @param exceptConnectionId gets the answer to its own frame instead */
export function tell(
  ports: DeskPorts,
  { before, after, message }: ChatChange,
  exceptConnectionId?: string,
): Promise<void> {
  const former = before?.state === 'assigned' ? before.agent?.userId : undefined;
  return tellOf(ports, after, message, former, exceptConnectionId);
}

/**
 * Tells customer, agent, and former agent what became of a chat: the system message, which must arrive or wait in the
 * inbox, and then the desk's frame, which need not. What was told for certain is struck off; who dies before that
 * leaves it to the next (`tellAgain`).
 */
async function tellOf(
  ports: DeskPorts,
  chat: Chat,
  message: StoredMessage,
  former: string | undefined,
  exceptConnectionId?: string,
): Promise<void> {
  const { customer, agent, queue } = chat;
  const members = [customer, ...(agent === undefined ? [] : [agent.userId])];
  const recipients = members.filter((userId) => userId !== message.from);
  // Read after the commit: who connects later finds the message in history (IM-PUSH-2).
  const routes = await ports.routes.sessionsOf([...members, ...(former === undefined ? [] : [former])]);
  const pushed = await pushTo(ports, [...routes.values()].flat(), messagesFrame([message]));
  const jobs = leftovers(referenceTo(message), recipients, pushed);
  if (jobs.length > 0) await ports.queue.enqueue(jobs);
  const sessions = pushed.map(({ session }) => session);
  const hearers = sessions.filter(({ connectionId }) => connectionId !== exceptConnectionId);
  await pushFrames(ports, chat, message, hearers);
  if (agent !== undefined && recipients.includes(agent.userId) && !tookAny(pushed, agent.userId)) {
    await lookAfter(ports, agent.userId);
  }
  await ports.desk.forgetUntold(queue, message);
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
    pushTo(ports, sessions.filter(concerns), JSON.stringify(assigned)),
    pushTo(
      ports,
      sessions.filter((session) => !concerns(session)),
      JSON.stringify(updated),
    ),
  ]);
}

/**
 * Tells what somebody died over telling, if it is older than `atLeastMs`: what is younger may be under way. Those who
 * heard of it hear it again, under the same seq (IM-PUSH-1).
 * @returns whether anything is left
 */
export async function tellAgain(ports: DeskPorts, queue: string, atLeastMs: number): Promise<boolean> {
  const all = await ports.desk.untold(queue);
  const old = all.filter(({ sinceMs }) => ports.clock() - sinceMs >= atLeastMs);
  for (const untold of old) {
    const [{ chat }, [message]] = await Promise.all([
      ports.conversations.head(untold.conversationId),
      ports.messages.getMany([untold]),
    ]);
    if (chat === undefined || message === undefined) await ports.desk.forgetUntold(queue, untold);
    else await tellOf(ports, chat, message, untold.former);
  }
  return old.length < all.length;
}

/** Tells those who are next in the queue where they stand now; further back it changes too often to be news. */
export async function tellPositions(ports: DeskPorts, queue: string): Promise<void> {
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
    return pushTo(ports, routes.get(customer) ?? [], JSON.stringify(frame));
  });
  await Promise.all(pushes);
}
