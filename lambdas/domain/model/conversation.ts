import { directConversationId, parseConversationId, peerOf } from '../../../protocol/ids.ts';
import { InvalidRequestError, NotFoundError } from '../../shared/errors.ts';
import type { Chat } from './chat.ts';
import type { StoredSettings } from './settings.ts';
import type { VolumeStart } from './volume.ts';

/** The state of a conversation: its highest seq, and the data of a group or support chat. */
export interface Head {
  /** The highest allocated seq; 0 before the first. */
  readonly seq: number;
  /** The message that `seq` was allocated for. It is the last one, unless it was never stored or is a repeat. */
  readonly tail?: { readonly from: string; readonly clientMsgId: string };
  /** Time when `seq` was allocated; 0 before the first. */
  readonly atMs: number;
  /** Time of the last change of a message, taken before the change, by volume. */
  readonly changes?: ReadonlyMap<number, number>;
  /** When volumes of the history began, the latest first. Those that began more than a day ago may be missing. */
  readonly starts?: readonly VolumeStart[];
  /**
   * In a direct conversation, by user: the highest seq allocated for a message of theirs. No message of theirs is above
   * it. Missing in conversations that began before this was stored.
   */
  readonly lastSeqs?: ReadonlyMap<string, number>;
  /** In a direct conversation: the users who have blocked the other one. */
  readonly blockedBy?: readonly string[];
  /** An import has it for itself just now: nobody sees it (IM-IMPORT-4). */
  readonly isBeingImported?: true;
  readonly group?: GroupFacts;
  readonly chat?: Chat;
}

export interface GroupFacts {
  readonly name: string;
  readonly admins: readonly string[];
  readonly memberCount: number;
  /** Members see messages from before they joined. */
  readonly openHistory: boolean;
  /** The members who may pin messages. @default - the admins */
  readonly pins?: 'admins' | 'members';
  /** Only admins may write. @default - all members may */
  readonly posting?: 'admins';
  /** How long a member who is no admin waits between two messages. @default - not at all */
  readonly slowModeSeconds?: number;
}

/** One user's membership of a conversation. */
export interface Membership {
  readonly conversationId: string;
  readonly readSeq: number;
  /** The first seq that this user may see. */
  readonly visibleFrom: number;
  /** Missing if the user has never changed them. */
  readonly settings?: StoredSettings;
  /** The user's last turn in slow mode, and its interval then. @default - none that matters */
  readonly turn?: Turn;
}

/** When a member of a group with slow mode last had a turn to write, and the message that took it. */
export interface Turn {
  readonly atMs: number;
  /** The group's slow mode then. */
  readonly seconds: number;
  /** Of the message whose turn it was. */
  readonly clientMsgId: string;
}

export interface MembershipKey {
  readonly userId: string;
  readonly conversationId: string;
}

/** An allocated seq, and what the same write returns about the conversation. */
export interface SeqAllocation {
  readonly seq: number;
  /** 2 in a direct conversation, and at most 2 in a support chat. */
  readonly memberCount: number;
  /** In a group with slow mode. */
  readonly slowModeSeconds?: number;
  /** The agent of the support chat. */
  readonly agent?: string;
  /** When the volume of `seq` and those before began: a repeat may be in a volume that ended lately. The latest first. */
  readonly starts?: readonly VolumeStart[];
}

/**
 * Why a conversation takes no message of this sender. `missing`: there is no such conversation. `closed`: the support chat
 * is. `blocked`: the peer has blocked the sender. `posting`: only admins may write. `slow`: the sender has no turn in slow
 * mode. `large`: there are more members than the sender has paid for. `importing`: an import has the conversation for itself.
 */
export type SeqRefusal = { readonly seq?: undefined } & (
  | { readonly refused: 'missing' | 'closed' | 'blocked' | 'posting' | 'importing' }
  | { readonly refused: 'slow'; readonly slowModeSeconds: number }
  | { readonly refused: 'large'; readonly memberCount: number }
);

/** Limits on a user's message to a group. */
export interface SeqLimits {
  /** The largest group. @default - any */
  readonly maxMembers?: number | undefined;
  /** The sender has taken a turn in slow mode. @default false */
  readonly hasTurn?: boolean;
}

export interface SeqAllocator {
  /**
   * Allocates the next seq, or says why it does not. Not idempotent: every call allocates another seq.
   * @param limits without them, the rules of a group about who may write when do not apply
   */
  nextSeq(
    conversationId: string,
    from: string,
    clientMsgId: string,
    limits?: SeqLimits,
  ): Promise<SeqAllocation | SeqRefusal>;
  /**
   * Takes a member's turn in slow mode, if the last one is at least `seconds` ago, or was this message's: an attempt may have
   * failed after it (IM-BUDGET-5).
   * @returns how long to wait, in milliseconds; 0: the turn is taken
   */
  takeTurn(
    userId: string,
    conversationId: string,
    turn: Pick<Turn, 'seconds' | 'clientMsgId'>,
  ): Promise<number>;
  /** Notes that the group's slow mode has changed since the member's turn. @param seconds `undefined`: it has ended */
  changeTurn(userId: string, conversationId: string, seconds: number | undefined): Promise<void>;
}

export interface MembershipsRange {
  readonly after?: string;
  readonly limit: number;
  /** If set, the page also has the conversations that the user left or lost since. Only for the first page. */
  readonly departedSinceMs?: number | undefined;
}

export interface MembershipPage {
  readonly memberships: readonly Membership[];
  /** The conversations that the user left or lost, and may have rejoined; `undefined` above 100 entries, and without `departedSinceMs`. */
  readonly departed?: readonly string[] | undefined;
}

/** Heads and memberships. All reads are strong. */
export interface ConversationReader {
  /** `seq` is 0 if the conversation doesn't exist. */
  head(conversationId: string): Promise<Head>;
  /** At most 100. Leaves out conversations that don't exist. */
  heads(conversationIds: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /** `undefined` if the user is not a member, or a direct conversation has no message yet. */
  membership(userId: string, conversationId: string): Promise<Membership | undefined>;
  /** The user's memberships of up to 100 distinct conversations. Leaves out those without the user. */
  membershipsIn(userId: string, conversationIds: readonly string[]): Promise<readonly Membership[]>;
  /** The user's memberships after the conversation `after`, ordered by conversationId. */
  memberships(userId: string, range: MembershipsRange): Promise<MembershipPage>;
  /** Up to 100 distinct memberships. Leaves out those that don't exist. */
  membershipsOf(
    keys: readonly MembershipKey[],
  ): Promise<readonly (Membership & Pick<MembershipKey, 'userId'>)[]>;
  /** The read cursors of up to 100 distinct memberships. Leaves out those that don't exist. */
  readSeqs(
    keys: readonly MembershipKey[],
  ): Promise<readonly (MembershipKey & { readonly readSeq: number })[]>;
}

export interface ConversationWriter extends SeqAllocator {
  /**
   * Notes that a message is about to change: the list and the feed find it by this time (IM-CHANGE-2, IM-CHANGE-3).
   * @param by the user who changes it; `undefined`: a blocked user may, too
   * @returns false, and notes nothing, if the peer of `by` has blocked them (IM-BLOCK-1)
   */
  markChanged(
    place: { readonly conversationId: string; readonly seq: number },
    atMs: number,
    by?: string,
  ): Promise<boolean>;
  /** Creates head and memberships in one transaction. Idempotent. */
  createDirect(conversationId: string, users: readonly [string, string]): Promise<void>;
  /** Moves the read cursor forward. Returns false if it is already at `seq` or beyond. */
  advanceRead(userId: string, conversationId: string, seq: number): Promise<boolean>;
  /**
   * Replaces the user's settings of a conversation.
   * @returns false if the user is not a member, or the stored settings are not those of the version before
   */
  setSettings(userId: string, conversationId: string, settings: StoredSettings): Promise<boolean>;
}

export interface DirectConversation {
  readonly kind: 'direct';
  readonly conversationId: string;
  readonly users: readonly [string, string];
  /** The user who is not the caller. */
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
 * Returns the conversation named by `to` or `conversationId`. Does not check the membership of a group or support chat:
 * `requireMembership` does.
 * @throws {InvalidRequestError} a conversation with oneself, or a malformed id
 * @throws {NotFoundError} a direct conversation of other users, or its users in the wrong order
 */
export function resolveConversation(userId: string, target: Target): Conversation {
  if (target.to === userId) throw new InvalidRequestError([{ path: 'to', message: 'must not be yourself' }]);
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
 * The conversation of this id, whoever is in it.
 * @throws {NotFoundError} it is malformed, or its users are in the wrong order
 */
export function anyConversation({ conversationId = '' }: Target): Conversation {
  const conversation = parseConversationId(conversationId);
  const [first] = conversation?.kind === 'direct' ? conversation.users : [''];
  if (conversation === undefined) throw new NotFoundError();
  return resolveConversation(first, { conversationId });
}

/** The member count of a group or a support chat. */
export function memberCountOf({ group, chat }: Head): number {
  return group?.memberCount ?? (chat === undefined ? 0 : MAX_CHAT_MEMBERS);
}

/** The customer and, while assigned, the agent. */
export const MAX_CHAT_MEMBERS = 2;
