import type { MessageRequest, Sent } from '../../protocol/frames.ts';
import { settleAll } from '../shared/settle.ts';
import { type DirectConversation, resolveConversation } from './conversation.ts';
import { type DeliveryPorts, deliver } from './delivery.ts';
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

export interface SendPorts extends MessageStore, DeliveryPorts {
  readonly leaseMs: number;
}

/**
 * Stores a message, then delivers it; what it returns is the ack (IM-SEND-1).
 *
 * 1. in parallel: the next seq, or for a `resend` the original; is the speaker's session alive (sockets only)
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
  const { message, duplicate } =
    typeof place === 'number' ? await commit(ports, conversationId, place, wanted) : place;
  await settleAll([
    deliver(ports, message, [conversation.peer], speaker?.connectionId),
    session && touch(ports, session),
  ]);
  const { clientMsgId, messageId, seq, sentAt } = message;
  return { clientMsgId, conversationId, messageId, seq, sentAt, duplicate };
}

/** The original of a repeat that says it is one, or else the next seq. */
async function findPlace(
  ports: SendPorts,
  conversation: DirectConversation,
  wanted: Draft,
  isResend: boolean,
): Promise<Committed | number> {
  const earlier = isResend ? await findEarlier(ports, conversation.conversationId, wanted) : undefined;
  return earlier ?? takeSeq(ports, conversation, wanted);
}

async function sessionOf({ routes, clock }: SendPorts, speaker: Speaker): Promise<Session> {
  return requireLiveSession(await routes.find(speaker.userId, speaker.deviceId), speaker, clock());
}

/** The lease is presence: never a reason to fail a stored message. */
async function touch({ routes, clock, leaseMs }: SendPorts, session: Session): Promise<void> {
  await keepLease(routes, session, leaseMs, clock()).catch(() => undefined);
}
