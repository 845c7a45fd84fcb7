import { directConversationId, parseConversationId, peerOf } from '../../../protocol/ids.ts';
import { InvalidRequestError, NotFoundError } from '../../shared/errors.ts';
import type { Chat } from './chat.ts';

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

/** Names one user's membership of one conversation. */
export interface MembershipKey {
  readonly userId: string;
  readonly conversationId: string;
}

/** What allocating a seq tells of the conversation. */
export interface SeqAllocation {
  readonly seq: number;
  /** 2 in a direct conversation, and at most 2 in a support chat. */
  readonly memberCount: number;
  /** The agent of the support chat. */
  readonly agent?: string;
}

/** Heads and memberships. All reads are strong. */
export interface ConversationReader {
  /** seq 0 if there is none. */
  head(conversationId: string): Promise<Head>;
  /** Up to 100 at once; those without a head are left out. */
  heads(conversationIds: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /** `undefined`: not a member, or no message in a direct conversation yet. */
  membership(userId: string, conversationId: string): Promise<Membership | undefined>;
  /** Of one user in up to 100 conversations, none twice; those without the user are left out. */
  membershipsIn(userId: string, conversationIds: readonly string[]): Promise<readonly Membership[]>;
  /** Of one user, ordered by conversationId, strictly after `after`. */
  memberships(
    userId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly Membership[]>;
  /** Read cursors of up to 100 memberships, none twice; those that don't exist are left out. */
  readSeqs(
    keys: readonly MembershipKey[],
  ): Promise<readonly (MembershipKey & { readonly readSeq: number })[]>;
}

export interface ConversationWriter {
  /**
   * The next seq, or `undefined` if the conversation has no head yet, or is a support chat that is closed. Every call
   * allocates another one.
   */
  nextSeq(conversationId: string, from: string, clientMsgId: string): Promise<SeqAllocation | undefined>;
  /** Makes head and memberships at once; losing the race to do so is success. */
  createDirect(conversationId: string, users: readonly [string, string]): Promise<void>;
  /** Moves the read cursor forward; returns false if it is there already, or further. */
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

/** Of a group or a support chat. */
export function memberCountOf({ group, chat }: Head): number {
  return group?.memberCount ?? (chat === undefined ? 0 : MAX_CHAT_MEMBERS);
}

/** The customer and, while assigned, the agent. */
export const MAX_CHAT_MEMBERS = 2;
