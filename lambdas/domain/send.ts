import type { MessageRequest, Sent } from '../../protocol/frames.ts';
import { ForbiddenError } from '../shared/errors.ts';
import { settleAll } from '../shared/settle.ts';
import { type Conversation, memberCountOf, requireMembership, resolveConversation } from './conversation.ts';
import { deliver } from './delivery.ts';
import { type DeskQueue, lookAfter } from './desk/desk-queue.ts';
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
  /** Of a deployment with a desk: hears of agents who are not there. */
  readonly deskQueue?: DeskQueue | undefined;
}

/**
 * Stores a message, then delivers it; what it returns is the ack (IM-SEND-1).
 *
 * 1. in parallel: the next seq, or for a `resend` the original; is the speaker's session alive, and which are there beside
 *    it (sockets only). A group's member is known as such before a seq is taken: an outsider must leave no trace, not even
 *    a hole
 * 2. store, once for its key: the commit. Beside it, who is in a small group
 * 3. deliver, also for a repeat: its first attempt may have died between the two. What was seen of receivers before the
 *    commit is a guess, which saves a wait: they are looked for again
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
  const [seen, place] = await settleAll([
    speaker && lookAround(ports, conversation, speaker),
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
    handOut(ports, conversation, committed, {
      place,
      foreseen,
      glimpsed: seen?.glimpsed,
      exceptConnectionId: speaker?.connectionId,
    }),
    seen && touch(ports, seen.session),
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
  if (earlier !== undefined) return earlier;
  try {
    return await takeSeq(ports, conversation, wanted);
  } catch (error) {
    // A support chat was closed meanwhile: what was said in it before is said (IM-SEND-2).
    const original =
      error instanceof ForbiddenError && !isResend
        ? await findEarlier(ports, conversation.conversationId, wanted)
        : undefined;
    if (original === undefined) throw error;
    return original;
  }
}

interface HandOutOptions {
  readonly place: Place | Committed;
  readonly foreseen: readonly string[] | undefined;
  readonly glimpsed: readonly Session[] | undefined;
  readonly exceptConnectionId: string | undefined;
}

async function handOut(
  ports: SendPorts,
  conversation: Conversation,
  { message }: Committed,
  { place, foreseen, glimpsed, exceptConnectionId }: HandOutOptions,
): Promise<void> {
  if (conversation.kind === 'direct')
    return deliver(ports, message, [conversation.peer], { glimpsed, exceptConnectionId });
  const memberCount =
    'memberCount' in place ? place.memberCount : await sizeOf(ports, conversation.conversationId);
  const absent = await broadcastMessage(ports, message, { memberCount, foreseen, exceptConnectionId });
  if (!('agent' in place) || place.agent === undefined || !absent.includes(place.agent)) return;
  await lookAfter(ports, place.agent);
}

async function sizeOf({ conversations }: SendPorts, conversationId: string): Promise<number> {
  return memberCountOf(await conversations.head(conversationId));
}

interface Glimpse {
  readonly session: Session;
  /** Where a direct message will probably go. */
  readonly glimpsed?: readonly Session[];
}

/** The speaker's session; in a direct conversation, by the same request, all of both. */
async function lookAround(
  { routes, clock }: SendPorts,
  conversation: Conversation,
  speaker: Speaker,
): Promise<Glimpse> {
  const { userId, deviceId } = speaker;
  if (conversation.kind !== 'direct')
    return { session: requireLiveSession(await routes.find(userId, deviceId), speaker, clock()) };
  const sessions = await routes.sessionsOf(conversation.users);
  const own = sessions.get(userId)?.find((session) => session.deviceId === deviceId);
  return { session: requireLiveSession(own, speaker, clock()), glimpsed: [...sessions.values()].flat() };
}

/** The lease is presence: never a reason to fail a stored message. */
async function touch({ routes, clock, leaseMs }: SendPorts, session: Session): Promise<void> {
  await keepLease(routes, session, leaseMs, clock()).catch(() => undefined);
}
