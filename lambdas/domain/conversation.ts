import { directConversationId, parseConversationId, peerOf } from '../../protocol/ids.ts';
import { InvalidRequestError, NotFoundError } from '../shared/errors.ts';

/** What a conversation's place in the sequence is. */
export interface Head {
  /** The highest seq handed out; 0 before the first. */
  readonly seq: number;
  /** The message that asked for `seq`: the last one, unless it was never stored or is a repeat. */
  readonly tail?: { readonly from: string; readonly clientMsgId: string };
}

/** A user's place in a conversation. */
export interface Membership {
  readonly conversationId: string;
  readonly readSeq: number;
}

/** Conversation heads and memberships. */
export interface ConversationTable {
  /** The next seq, or `undefined` if the conversation has no head yet. Every call hands out another one. */
  nextSeq(conversationId: string, from: string, clientMsgId: string): Promise<number | undefined>;
  /** Makes head and memberships at once; losing the race to do so is success. */
  createDirect(conversationId: string, users: readonly [string, string]): Promise<void>;
  /** Strong; seq 0 if there is none. */
  head(conversationId: string): Promise<Head>;
  /** Up to 100 at once; those without a head are left out. */
  heads(conversationIds: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /** Of one user, ordered by conversationId, strictly after `after`. */
  memberships(
    userId: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly Membership[]>;
}

export interface DirectConversation {
  readonly conversationId: string;
  readonly users: readonly [string, string];
  /** The other user, as seen by the one who asks. */
  readonly peer: string;
}

/**
 * The direct conversation that `to` or `conversationId` names for this user.
 * @throws {InvalidRequestError} with oneself, or malformed
 * @throws {NotFoundError} not this user's, in wrong order, or of a kind that this user has none of
 */
export function resolveConversation(
  userId: string,
  target: { readonly to?: string | undefined; readonly conversationId?: string | undefined },
): DirectConversation {
  if (target.to === userId) throw new InvalidRequestError([{ path: 'to', message: 'is yourself' }]);
  const id = target.to === undefined ? target.conversationId : directConversationId(userId, target.to);
  const conversation = id === undefined ? undefined : parseConversationId(id);
  if (conversation === undefined) {
    throw new InvalidRequestError([{ path: 'conversationId', message: 'is not a conversation id' }]);
  }
  const peer = peerOf(conversation, userId);
  if (peer === undefined || conversation.kind !== 'direct') throw new NotFoundError();
  return { conversationId: conversation.id, users: conversation.users, peer };
}
