import type { MessageRequest, Sent } from '../../protocol/frames.ts';
import { settleAll } from '../shared/settle.ts';
import { type Conversation, requireMembership, resolveConversation } from './conversation.ts';
import { deliver } from './delivery.ts';
import { broadcastMessage, type FanOutPorts, foreseeMembers } from './fan-out.ts';
import {
  type Committed,
  commit,
  type Draft,
  draft,
  findEarlier,
  type MessageStore,
  takeSeq,
} from './message.ts';
import { keepLease, requireLiveSession, type Session, type Speaker } from './session.ts';

export interface SendPorts extends MessageStore, FanOutPorts {
  readonly leaseMs: number;
}

/**
 * Stores a message, then delivers it; what it returns is the ack (IM-SEND-1).
 *
 * 1. in parallel: the next seq, or for a `resend` the original; is the speaker's session alive (sockets only). A group's
 *    member is known as such before a seq is taken: an outsider must leave no trace, not even a hole
 * 2. store, once for its key: the commit. Beside it, who is in a small group: a guess, made good in 3
 * 3. deliver, also for a repeat: its first attempt may have died between the two
 *
 * @throws {ImError} refused, and nothing is visible to anyone; but after `unavailable` the outcome is unknown
 */
export async function send(
  ports: SendPorts,
  userId: string,
  request: MessageRequest,
  speaker?: Speaker,
): Promise<Sent> {
  const conversation = resolveConversation(userId, request);
  const wanted = draft(userId, request.clientMsgId, request.content);
  const [session, place] = await settleAll([
    speaker && sessionOf(ports, speaker),
    findPlace(ports, conversation, wanted, request.resend === true),
  ]);
  const { conversationId } = conversation;
  const [committed, foreseen] = await settleAll([
    'message' in place ? place : commit(ports, conversationId, place.seq, wanted),
    'message' in place || conversation.kind === 'direct'
      ? undefined
      : foreseeMembers(ports, conversationId, place.memberCount),
  ]);
  await settleAll([
    handOut(ports, conversation, committed, { place, foreseen, exceptConnectionId: speaker?.connectionId }),
    session && touch(ports, session),
  ]);
  const { clientMsgId, messageId, seq, sentAt } = committed.message;
  return { clientMsgId, conversationId, messageId, seq, sentAt, duplicate: committed.duplicate };
}

interface Place {
  readonly seq: number;
  readonly memberCount: number;
}

/** The original of a repeat that says it is one, or else the next seq. */
async function findPlace(
  ports: SendPorts,
  conversation: Conversation,
  wanted: Draft,
  isResend: boolean,
): Promise<Place | Committed> {
  if (conversation.kind === 'group') await requireMembership(ports.conversations, wanted.from, conversation);
  const earlier = isResend ? await findEarlier(ports, conversation.conversationId, wanted) : undefined;
  return earlier ?? takeSeq(ports, conversation, wanted);
}

interface HandOutOptions {
  readonly place: Place | Committed;
  readonly foreseen: readonly string[] | undefined;
  readonly exceptConnectionId: string | undefined;
}

async function handOut(
  ports: SendPorts,
  conversation: Conversation,
  { message }: Committed,
  { place, foreseen, exceptConnectionId }: HandOutOptions,
): Promise<void> {
  if (conversation.kind === 'direct') return deliver(ports, message, [conversation.peer], exceptConnectionId);
  const memberCount =
    'memberCount' in place ? place.memberCount : await sizeOf(ports, conversation.conversationId);
  await broadcastMessage(ports, message, { memberCount, foreseen, exceptConnectionId });
}

async function sizeOf({ conversations }: SendPorts, conversationId: string): Promise<number> {
  return (await conversations.head(conversationId)).group?.memberCount ?? 0;
}

async function sessionOf({ routes, clock }: SendPorts, speaker: Speaker): Promise<Session> {
  return requireLiveSession(await routes.find(speaker.userId, speaker.deviceId), speaker, clock());
}

/** The lease is presence: never a reason to fail a stored message. */
async function touch({ routes, clock, leaseMs }: SendPorts, session: Session): Promise<void> {
  await keepLease(routes, session, leaseMs, clock()).catch(() => undefined);
}
