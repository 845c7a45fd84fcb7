import { directConversationId, parseConversationId, peerOf } from '../../protocol/ids.ts';
import { InvalidRequestError, NotFoundError } from '../shared/errors.ts';
import type { Chat } from './desk/chat.ts';

/** A conversation's place in the sequence, and what a group or a support chat is. */
export interface Head {
  /** The highest seq handed out; 0 before the first. */
  readonly seq: number;
  /** The message that asked for `seq`: the last one, unless it was never stored or is a repeat. */
  readonly tail?: { readonly from: string; readonly clientMsgId: string };
  /** When `seq` was handed out; 0 before the first. */
  readonly atMs: number;
  readonly group?: GroupFacts;
  readonly chat?: Chat;
}

export interface GroupFacts {
  readonly name: string;
  readonly admins: readonly string[];
  readonly memberCount: number;
  /** Members see what was said before they joined. */
  readonly openHistory: boolean;
}

/** A user's place in a conversation. */
export interface Membership {
  readonly conversationId: string;
  readonly readSeq: number;
  /** The first seq that this user may see. */
  readonly visibleFrom: number;
}

/** A user in a conversation. */
export interface Seat {
  readonly userId: string;
  readonly conversationId: string;
}

export interface Slot {
  readonly seq: number;
  /** 2 in a direct conversation, and at most 2 in a support chat. */
  readonly memberCount: number;
  /** Who has the support chat. */
  readonly agent?: string;
}

/** Conversation heads and memberships. Reads are strong. */
export interface ConversationTable {
  /**
   * The next seq, or `undefined` if the conversation has no head yet, or is a support chat that is closed. Every call
   * hands out another one.
   */
  nextSeq(conversationId: string, from: string, clientMsgId: string): Promise<Slot | undefined>;
  /** Makes head and memberships at once; losing the race to do so is success. */
  createDirect(conversationId: string, users: readonly [string, string]): Promise<void>;
  /** seq 0 if there is none. */
  head(conversationId: string): Promise<Head>;
  /** Up to 100 at once; those without a head are left out. */
  heads(conversationIds: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /** `undefined`: not a member, or no message in a direct conversation yet. */
  membership(userId: string, conversationId: string): Promise<Membership | undefined>;
  /** Of one user in these, up to 100, none twice; where they are no member is left out. */
  membershipsIn(userId: string, conversationIds: readonly string[]): Promise<readonly Membership[]>;
  /** Of one user, ordered by conversationId, strictly after `after`. */
  memberships(
    userId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly Membership[]>;
  /** How far they have read: of up to 100, none twice; who is no member is left out. */
  readSeqs(seats: readonly Seat[]): Promise<readonly (Seat & { readonly readSeq: number })[]>;
  /** Moves the cursor forward; returns false if it is there already, or further. */
  advanceRead(userId: string, conversationId: string, seq: number): Promise<boolean>;
}

export interface DirectConversation {
  readonly kind: 'direct';
  readonly conversationId: string;
  readonly users: readonly [string, string];
  /** The other user, as seen by the one who asks. */
  readonly peer: string;
}

export interface GroupConversation {
  readonly kind: 'group';
  readonly conversationId: string;
}

export interface SupportConversation {
  readonly kind: 'support';
  readonly conversationId: string;
}

export type Conversation = DirectConversation | GroupConversation | SupportConversation;

export interface Target {
  readonly to?: string | undefined;
  readonly conversationId?: string | undefined;
}

/**
 * The conversation that `to` or `conversationId` names for this user. Whether the user is a member of a group or a support
 * chat is yet to be asked (`requireMembership`).
 * @throws {InvalidRequestError} with oneself, or malformed
 * @throws {NotFoundError} not this user's, or in wrong order
 */
export function resolveConversation(userId: string, target: Target): Conversation {
  if (target.to === userId) throw new InvalidRequestError([{ path: 'to', message: 'is yourself' }]);
  const id = target.to === undefined ? target.conversationId : directConversationId(userId, target.to);
  const conversation = id === undefined ? undefined : parseConversationId(id);
  if (conversation === undefined) {
    throw new InvalidRequestError([{ path: 'conversationId', message: 'is not a conversation id' }]);
  }
  if (conversation.kind !== 'direct') return { kind: conversation.kind, conversationId: conversation.id };
  const peer = peerOf(conversation, userId);
  if (peer === undefined) throw new NotFoundError();
  return { kind: 'direct', conversationId: conversation.id, users: conversation.users, peer };
}

/**
 * What this user may see of the conversation. A direct one is its two users' from the start; of a group or a
 * support chat an outsider can't tell it from a missing one (IM-SEND-7).
 * @throws {NotFoundError} not a member
 */
export async function requireMembership(
  conversations: ConversationTable,
  userId: string,
  conversation: Conversation,
): Promise<Membership> {
  const { conversationId, kind } = conversation;
  const membership = await conversations.membership(userId, conversationId);
  if (membership !== undefined) return membership;
  if (kind !== 'direct') throw new NotFoundError();
  return { conversationId, readSeq: 0, visibleFrom: 1 };
}

/** Of a group or a support chat. */
export function memberCountOf({ group, chat }: Head): number {
  return group?.memberCount ?? (chat === undefined ? 0 : MAX_CHAT_MEMBERS);
}

/** The customer and, while assigned, the agent. */
export const MAX_CHAT_MEMBERS = 2;
