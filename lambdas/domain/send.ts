import type { MessageRequest, Sent } from '../../protocol/frames.ts';
import { settleAll } from '../shared/settle.ts';
import { type Conversation, memberCountOf, requireMembership, resolveConversation } from './conversation.ts';
import { deliver } from './delivery.ts';
import { type DeskQueue, lookAfter } from './desk/desk-queue.ts';
import { broadcastMessage, type FanOutPorts } from './fan-out.ts';
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
  /** Of a deployment with a desk: hears of agents who are not there. */
  readonly deskQueue?: DeskQueue | undefined;
}

/**
 * Stores a message, then delivers it; what it returns is the ack (IM-SEND-1).
 *
 * 1. in parallel: the next seq, or for a `resend` the original; is the speaker's session alive (sockets only). A group's
 *    member is known as such before a seq is taken: an outsider must leave no trace, not even a hole
 * 2. store, once for its key: the commit
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
  const committed = 'message' in place ? place : await commit(ports, conversationId, place.seq, wanted);
  await settleAll([
    handOut(ports, conversation, committed, speaker?.connectionId, place),
    session && touch(ports, session),
  ]);
  const { clientMsgId, messageId, seq, sentAt } = committed.message;
  return { clientMsgId, conversationId, messageId, seq, sentAt, duplicate: committed.duplicate };
}

interface Place {
  readonly seq: number;
  readonly memberCount: number;
  readonly agent?: string;
}

/** The original of a repeat that says it is one, or else the next seq. */
async function findPlace(
  ports: SendPorts,
  conversation: Conversation,
  wanted: Draft,
  isResend: boolean,
): Promise<Place | Committed> {
  if (conversation.kind !== 'direct') await requireMembership(ports.conversations, wanted.from, conversation);
  const earlier = isResend ? await findEarlier(ports, conversation.conversationId, wanted) : undefined;
  return earlier ?? takeSeq(ports, conversation, wanted);
}

async function handOut(
  ports: SendPorts,
  conversation: Conversation,
  { message }: Committed,
  exceptConnectionId: string | undefined,
  place: Place | Committed,
): Promise<void> {
  if (conversation.kind === 'direct') return deliver(ports, message, [conversation.peer], exceptConnectionId);
  const memberCount =
    'memberCount' in place ? place.memberCount : await sizeOf(ports, conversation.conversationId);
  const absent = await broadcastMessage(ports, message, { memberCount, exceptConnectionId });
  if (!('agent' in place) || place.agent === undefined || !absent.includes(place.agent)) return;
  await lookAfter(ports, place.agent);
}

async function sizeOf({ conversations }: SendPorts, conversationId: string): Promise<number> {
  return memberCountOf(await conversations.head(conversationId));
}

async function sessionOf({ routes, clock }: SendPorts, speaker: Speaker): Promise<Session> {
  return requireLiveSession(await routes.find(speaker.userId, speaker.deviceId), speaker, clock());
}

/** The lease is presence: never a reason to fail a stored message. */
async function touch({ routes, clock, leaseMs }: SendPorts, session: Session): Promise<void> {
  await keepLease(routes, session, leaseMs, clock()).catch(() => undefined);
}
