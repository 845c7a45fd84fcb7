import type { ChangedPush, Message, MessageChange } from '../../../protocol/frames.ts';
import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { enterConversation, requireMembership } from '../access/membership.ts';
import { type HintPorts, hint, hintToGroup } from '../delivery/deliver.ts';
import {
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
  type MessageReader,
  type MessageWriter,
  messageAt,
  type StoredMessage,
  toMessage,
} from '../model/message.ts';
import type { Caller } from '../model/session.ts';

/*
 * What edit, recall, and the other changes of a stored message share. Each one goes through three steps:
 *
 *   findChangeable   reads the message, and what the user may do in its conversation
 *   commitChange     marks the conversation, then writes the message: whoever finds the mark may ask too early, and whoever
 *                    asks again looks back 15 s (IM-CHANGE-2, IM-CHANGE-3)
 *   announce         pushes the message as it is now to the members who are online and may see it (IM-CHANGE-1)
 */

export interface ChangePorts extends HintPorts {
  readonly conversations: ConversationReader;
  readonly conversationWriter: ConversationWriter;
  readonly messages: MessageReader;
  readonly messageWriter: MessageWriter;
}

/** The author of a change: a user, through a session or over HTTP, or a service in the user's name. */
export interface Changer {
  readonly userId: string;
  /** The session that gets a reply instead of a push. */
  readonly caller?: Caller | undefined;
  /** Services may change a message at any time. */
  readonly isService?: boolean;
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
  { userId, caller }: Changer,
  { seq, ...target }: MessageTarget,
): Promise<Changeable> {
  const conversation = resolveConversation(userId, target);
  const [{ membership, head }, message] = await settleAll([
    enter(ports, userId, conversation),
    messageAt(ports.messages, conversation.conversationId, seq),
    caller && requireCaller(ports, caller),
  ]);
  if (message === undefined || seq < membership.visibleFrom) throw new NotFoundError();
  const isAdmin = head?.group?.admins.includes(userId) === true;
  return { conversation, message, isAdmin, head };
}

/** Skips the head of a direct conversation: it has no admins. */
async function enter({ conversations }: ChangePorts, userId: string, conversation: Conversation) {
  if (conversation.kind !== 'direct') return enterConversation(conversations, userId, conversation);
  return { membership: await requireMembership(conversations, userId, conversation), head: undefined };
}

/**
 * Marks the conversation, then writes.
 * @param write gets the time of the change, taken just before
 * @throws {NotFoundError} the message has expired
 */
export async function commitChange(
  { conversationWriter, clock }: ChangePorts,
  { conversation }: Changeable,
  write: (atMs: number) => Promise<Change | undefined>,
): Promise<Change> {
  await conversationWriter.markChanged(conversation.conversationId, clock());
  const change = await write(clock());
  if (change === undefined) throw new NotFoundError();
  return change;
}

/** Pushes the change to those who may see the message. Returns the message for the reply. */
export async function announce(
  ports: ChangePorts,
  { conversation, head }: Changeable,
  { userId, caller }: Changer,
  kind: MessageChange['kind'],
  stored: StoredMessage,
): Promise<Message> {
  const { conversationId } = conversation;
  const message = toMessage(stored);
  const frame: ChangedPush = { type: 'changed', conversationId, change: { kind, by: userId }, message };
  const exceptConnectionId = caller?.connectionId;
  if (conversation.kind === 'direct') {
    await hint(ports, frame, { users: [userId, conversation.peer], exceptConnectionId });
    return message;
  }
  // A later member of a group with a closed history may not see the message, so not its change either.
  const joinedBy = head?.group?.openHistory === false ? stored.seq : undefined;
  const memberCount = head === undefined ? 0 : memberCountOf(head);
  await hintToGroup(ports, conversationId, frame, { memberCount, exceptConnectionId, joinedBy });
  return message;
}
