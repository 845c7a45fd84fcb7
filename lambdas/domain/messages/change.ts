import type { ChangedPush, Message, MessageChange } from '../../../protocol/frames.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { BlockedError, ForbiddenError, NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { enterConversation } from '../access/membership.ts';
import { type HintPorts, hint, hintToGroup } from '../delivery/deliver.ts';
import type { Budget } from '../model/budget.ts';
import {
  anyConversation,
  type Conversation,
  type ConversationReader,
  type ConversationWriter,
  type Head,
  memberCountOf,
  resolveConversation,
  type Target,
} from '../model/conversation.ts';
import {
  type Change,
  isRecalled,
  type MessageReader,
  type MessageWriter,
  messageAt,
  type StoredMessage,
  toMessage,
} from '../model/message.ts';
import { changePushPrice, hintPrice, storedExtra } from '../model/prices.ts';
import type { ReactionReader } from '../model/reaction.ts';
import type { Caller } from '../model/session.ts';
import { showOneTo } from './show.ts';

/*
 * Shared by edit, recall, and the other changes of a stored message. Each of them has three steps:
 *
 *   findChangeable   reads the message, and what the user may do in its conversation
 *   commitChange     marks the conversation, then writes the message: a client that sees the mark may read the feed before
 *                    the message is written, so the next feed looks back 15 s (IM-CHANGE-2, IM-CHANGE-3)
 *   announce         pushes the message as it is now to the members who are online and may see it (IM-CHANGE-1)
 */

export interface ChangePorts extends HintPorts {
  readonly conversations: ConversationReader;
  readonly conversationWriter: ConversationWriter;
  readonly messages: MessageReader;
  readonly messageWriter: MessageWriter;
  readonly reactions: ReactionReader;
  readonly budget: Budget;
}

/** The author of a change: a user, through a session or over HTTP, or a service in the user's name. */
export interface Changer {
  readonly userId: string;
  /** The session that gets a reply instead of a push. */
  readonly caller?: Caller | undefined;
  /** Services may change a message at any time. */
  readonly isService?: boolean;
  /** The operator sees every conversation (IM-ADMIN-3). */
  readonly isOperator?: boolean;
}

export type MessageTarget = Target & { readonly seq: number };

/** A message that the user may see. */
export interface Changeable {
  readonly conversation: Conversation;
  readonly message: StoredMessage;
  readonly isAdmin: boolean;
  /** `undefined` in a direct conversation. */
  readonly head: Head | undefined;
}

/** @throws {NotFoundError} no such message, or the user may not see it */
export async function findChangeable(
  ports: ChangePorts,
  { userId, caller, isOperator = false }: Changer,
  { seq, ...target }: MessageTarget,
): Promise<Changeable> {
  const conversation = isOperator ? anyConversation(target) : resolveConversation(userId, target);
  const [{ visibleFrom, head }, message] = await settleAll([
    isOperator ? lookInto(ports, conversation) : enter(ports, userId, conversation),
    messageAt(ports.messages, conversation.conversationId, seq),
    caller && requireCaller(ports, caller),
  ]);
  // A member may know that the conversation is there, but not whether there was a message before they joined.
  if (message === undefined || seq < visibleFrom) throw new NotFoundError('message');
  const isAdmin = head?.group?.admins.includes(userId) === true;
  return { conversation, message, isAdmin, head };
}

/** Reads nothing of a direct conversation: its two users see all of it, and it has no admins. */
async function enter({ conversations }: ChangePorts, userId: string, conversation: Conversation) {
  if (conversation.kind === 'direct') return { visibleFrom: 1, head: undefined };
  const { membership, head } = await enterConversation(conversations, userId, conversation);
  return { visibleFrom: membership.visibleFrom, head };
}

/** Enters as no member. */
async function lookInto({ conversations }: ChangePorts, { kind, conversationId }: Conversation) {
  const head = kind === 'direct' ? undefined : await conversations.head(conversationId);
  return { visibleFrom: 1, head };
}

/**
 * Marks the conversation, then writes.
 * @param by the user who changes the message; `undefined`: a blocked user may, too
 * @param write gets the time of the change, taken just before
 * @param contentBytes of the message after the change. @default as before
 * @throws {BlockedError} the peer has blocked `by` (IM-BLOCK-1)
 * @throws {NotFoundError} the message has expired
 */
export async function commitChange(
  ports: ChangePorts,
  found: Changeable,
  by: string | undefined,
  write: (atMs: number) => Promise<Change | undefined>,
  contentBytes?: number,
): Promise<Change> {
  await payForPush(ports, found, contentBytes);
  await mark(ports, found, by);
  return writeMarked(ports, write);
}

/** Pays for the push of a change before it is made: a large group's is dear (IM-BUDGET-1). */
export async function payForPush(
  { budget }: Pick<ChangePorts, 'budget'>,
  { head, message }: Pick<Changeable, 'head' | 'message'>,
  contentBytes = Buffer.byteLength(message.contentJson),
): Promise<void> {
  if (head !== undefined) await budget.debit(changePushPrice(memberCountOf(head), contentBytes));
}

type MarkPorts = Pick<ChangePorts, 'conversationWriter' | 'clock' | 'budget'>;

/** Marks the conversation, and charges for a long message, which the change will write as a whole. */
async function mark(
  { conversationWriter, clock, budget }: MarkPorts,
  { message }: Pick<Changeable, 'message'>,
  by: string | undefined,
): Promise<void> {
  const [isMarked] = await settleAll([
    conversationWriter.markChanged(message, clock(), by),
    budget.charge(storedExtra(Buffer.byteLength(message.contentJson))),
  ]);
  if (!isMarked) throw new BlockedError();
}

/**
 * Marks the conversation, and writes what belongs to the message at the same time: the mark belongs to the message's own
 * write, which follows. In a direct conversation the mark comes first, since a blocked user may write nothing (IM-BLOCK-1).
 * @throws {BlockedError} the peer has blocked `by`
 */
export async function markBeside<Result>(
  ports: MarkPorts,
  found: Changeable,
  by: string,
  write: () => Promise<Result>,
): Promise<Result> {
  if (found.conversation.kind === 'direct') {
    await mark(ports, found, by);
    return write();
  }
  const [result] = await settleAll([write(), mark(ports, found, by)]);
  return result;
}

/** Writes a message whose conversation is marked. @throws {NotFoundError} the message has expired */
export async function writeMarked(
  { clock }: Pick<ChangePorts, 'clock'>,
  write: (atMs: number) => Promise<Change | undefined>,
): Promise<Change> {
  const change = await write(clock());
  if (change === undefined) throw new NotFoundError('message');
  return change;
}

/** @throws {ForbiddenError} the message was recalled, or its support chat is closed */
export function requireOpen({ message, head }: Pick<Changeable, 'message' | 'head'>): void {
  if (isRecalled(message)) throw new ForbiddenError('The message was recalled.');
  if (head?.chat?.state === 'closed') throw new ForbiddenError('This chat is closed.');
}

/** Pushes the change to those who may see the message. Returns the message for the reply. */
export async function announce(
  ports: ChangePorts,
  found: Changeable,
  changer: Changer,
  what: Omit<MessageChange, 'by'>,
  stored: StoredMessage,
): Promise<Message> {
  const change = { ...what, by: changer.userId };
  const [message] = await settleAll([
    showOneTo(ports, changer.userId, stored),
    pushChange(ports, found, changer, change, stored),
  ]);
  return message;
}

async function pushChange(
  ports: ChangePorts,
  { conversation, head }: Changeable,
  { caller }: Changer,
  change: MessageChange,
  stored: StoredMessage,
): Promise<void> {
  const { conversationId } = conversation;
  const message = toMessage(stored);
  const frame: ChangedPush = { type: 'changed', conversationId, change, message };
  const exceptConnectionId = caller?.connectionId;
  if (conversation.kind === 'direct') {
    const posts = await hint(ports, frame, { users: conversation.users, exceptConnectionId });
    return ports.budget.charge(hintPrice(2, posts, Buffer.byteLength(stored.contentJson)));
  }
  const memberCount = head === undefined ? 0 : memberCountOf(head);
  // Members of larger groups find it in the feed: a thousand reactions would be a million posts.
  if (change.kind === 'reacted' && memberCount > LIMITS.readPushMembers) return;
  // In a group with a closed history, members who joined later may see neither the message nor its change.
  const joinedBy = head?.group?.openHistory === false ? stored.seq : undefined;
  await hintToGroup(ports, conversationId, frame, { memberCount, exceptConnectionId, joinedBy });
}
