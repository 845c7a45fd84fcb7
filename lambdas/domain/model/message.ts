import type { Content } from '../../../protocol/content.ts';
import type { Mentions, Message, MessageChange, Pinned, Reaction } from '../../../protocol/frames.ts';

/** The idempotency key of a message: identifies it before and after it has a seq (IM-SEND-2). */
export interface MessageKey {
  readonly conversationId: string;
  readonly from: string;
  readonly clientMsgId: string;
}

/** Where a message is stored: its seq says in which volume. */
export interface MessagePlace extends MessageKey {
  readonly seq: number;
}

export interface StoredMessage extends MessagePlace {
  readonly messageId: string;
  readonly sentAt: number;
  /** JSON text, since a DynamoDB map limits depth and changes numbers. */
  readonly contentJson: string;
  /** Hash of the canonical content as sent, with `replyTo` and `mentions`. A repeat is compared to it, even after an edit or a recall, but not after an erasure. */
  readonly contentHash: string;
  /** The seq of the message that this one answers. */
  readonly replyTo?: number;
  readonly mentions?: Mentions;
  /** The number of changes. @default 0 */
  readonly rev?: number;
  /** When it last changed. */
  readonly changedAt?: number;
  /** Its last change, for events (IM-EVENT-2): clients don't see it. Missing in a message that changed before it was stored. */
  readonly change?: MessageChange;
  /** When its sender last edited it. */
  readonly editedAt?: number;
  /** Of the last edit: a repeat of it changes nothing (IM-EDIT). */
  readonly editId?: string;
  /** The summary of its reactions. Missing before the first. */
  readonly reactions?: ReactionSummary;
  /** Of a recalled message: the names of its files, so that a repeat of the recall deletes them again (IM-FILE-4). */
  readonly removedFiles?: readonly string[];
  /** Whether it shows as pinned. Missing before the first pin. */
  readonly pin?: PinState;
}

/** Whether a message mentions the user, or all. */
export function isMentioned(mentions: StoredMessage['mentions'], userId: string): boolean {
  return mentions === 'all' || (mentions?.includes(userId) ?? false);
}

/** The part of a message's reactions that it holds itself. The version is that of the reactions it was computed from. */
export interface ReactionSummary {
  readonly version: number;
  /** The number of items that hold the reactions. */
  readonly shards: number;
  /** In order of first use. Empty if all were removed. */
  readonly list: readonly {
    readonly name: string;
    readonly count: number;
    readonly users: readonly string[];
  }[];
}

/** The version is that of the conversation's pins when the message was last pinned or unpinned. */
export interface PinState {
  readonly version: number;
  /** Missing if it was unpinned. */
  readonly pinned?: Pinned;
}

/** The history of all messages. All reads are strong. */
export interface MessageReader {
  /** At most 100. Leaves out messages that don't exist or have expired. */
  getMany(places: readonly MessagePlace[]): Promise<readonly StoredMessage[]>;
  /**
   * The messages that changed at or after a time, in order of their last change (IM-CHANGE-2). One entry per changed message,
   * not per change.
   */
  changed(conversationId: string, range: ChangedRange): Promise<ChangedPage>;
  /** Ascending if there is an `after`, else descending from `before` or the end. Both are exclusive. */
  page(
    conversationId: string,
    range: SeqRange & { readonly head: number },
  ): Promise<{ messages: readonly StoredMessage[]; hasMore: boolean }>;
  /**
   * Counts other users' messages, the newest first, and stops at `maximum`, or when it has evaluated enough of the user's
   * own.
   */
  countOthers(conversationId: string, userId: string, range: CountRange): Promise<MessageCount>;
}

export interface ChangedRange {
  /** The volumes to look in. */
  readonly volumes: readonly number[];
  /** Epoch milliseconds, inclusive. */
  readonly sinceMs: number;
  /** The last position of the page before. */
  readonly after?: ChangePosition | undefined;
  readonly limit: number;
}

/** A message in the order of last changes. */
export interface ChangePosition extends Pick<MessageKey, 'from' | 'clientMsgId'> {
  readonly changedAtMs: number;
}

export interface ChangedPage {
  readonly messages: readonly StoredMessage[];
  /** The number of messages that changed, whether or not they still exist. */
  readonly count: number;
  /** `undefined` at the end. */
  readonly next: ChangePosition | undefined;
}

export interface CountRange {
  /** Exclusive. */
  readonly after: number;
  /** Inclusive. */
  readonly upTo: number;
  readonly maximum: number;
  /** Shared by the counts of one request. */
  readonly budget: ReadBudget;
}

/** The units that may still be read. Each count subtracts its cost, and stops once nothing is left. */
export interface ReadBudget {
  /** Of 4 KB each. */
  units: number;
}

export interface MessageCount {
  readonly count: number;
  /** The counted ones that mention the user, or all. */
  readonly mentioned: number;
  /** Whether the count stopped early, so that there may be more. */
  readonly isAtLeast: boolean;
}

export interface MessageWriter {
  /**
   * Stores the message unless its key exists in its volume; then returns the existing message, or 'claimed' if a repeat in
   * a later volume has taken the key.
   */
  putIfAbsent(message: StoredMessage): Promise<StoredMessage | 'claimed' | undefined>;
  /**
   * Takes the key in a former volume, so that a message that is still on its way there is not stored. Idempotent.
   * @returns the message that is stored there already
   */
  claim(place: MessagePlace): Promise<StoredMessage | undefined>;
  /**
   * Replaces the content for good: no later change finds the message. A repeat of the send still finds its original.
   * @param contentJson says who recalled it, and when
   * @param removedFiles the names of its files. @default - it has none
   * @returns `undefined` if the message doesn't exist
   */
  recall(
    place: MessagePlace,
    contentJson: string,
    author: Author,
    removedFiles?: readonly string[],
  ): Promise<Change | undefined>;
  /**
   * Replaces the content for the operator, without an edit of its sender's, unless the message was recalled, or has another `rev`.
   * @returns `undefined` if the message doesn't exist
   */
  replaceContent(
    place: MessagePlace,
    contentJson: string,
    ifRev: number,
    author: Author,
  ): Promise<Change | undefined>;
  /**
   * Replaces the content, unless the message was recalled, has this edit already, or has another `rev` than `ifRev`.
   * @returns `undefined` if the message doesn't exist
   */
  edit(place: MessagePlace, edit: Edit): Promise<Change | undefined>;
  /**
   * Shows the message as pinned or not, unless it was recalled, or was pinned or unpinned later.
   * @returns `undefined` if the message doesn't exist
   */
  showPin(place: MessagePlace, pin: PinState, author: Author): Promise<Change | undefined>;
  /**
   * Counts a reaction that another one has shown already, unless the message was recalled.
   * @returns `undefined` if the message doesn't exist
   */
  touch(place: MessagePlace, reacting: Reacting): Promise<Change | undefined>;
  /**
   * Shows these reactions, unless the message was recalled, or shows newer ones.
   * @returns `undefined` if the message doesn't exist
   */
  showReactions(
    place: MessagePlace,
    summary: ReactionSummary,
    reacting: Reacting,
  ): Promise<Change | undefined>;
}

/** The author of a change, and its time. The message keeps the last one, for events (IM-EVENT-2). */
export interface Author {
  readonly by: string;
  readonly atMs: number;
}

/** A user who reacts, or takes a reaction back. */
export interface Reacting extends Author {
  readonly name: string;
  readonly on: boolean;
}

export interface Edit extends Author {
  readonly editId: string;
  readonly contentJson: string;
  readonly mentions?: Mentions | undefined;
  readonly ifRev?: number | undefined;
}

/** The outcome of a conditional change. */
export interface Change {
  /** As it is now. */
  readonly message: StoredMessage;
  /** Whether this call changed it. */
  readonly isChanged: boolean;
}

export interface SeqRange {
  readonly after?: number;
  readonly before?: number;
  /** The lowest seq, in either direction. */
  readonly from?: number;
  readonly limit: number;
}

/** The message as all members may see it: its reactions without users (`showTo` adds them). */
export function toMessage(stored: StoredMessage): Message {
  const {
    conversationId,
    seq,
    messageId,
    clientMsgId,
    from,
    sentAt,
    rev = 0,
    editedAt,
    replyTo,
    mentions,
    reactions: { list = [] } = {},
    pin: { pinned } = {},
  } = stored;
  return {
    conversationId,
    seq,
    messageId,
    clientMsgId,
    from,
    content: contentOf(stored),
    sentAt,
    rev,
    ...(editedAt !== undefined && { editedAt }),
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions !== undefined && { mentions }),
    ...(list.length > 0 && { reactions: list.map(({ name, count }): Reaction => ({ name, count })) }),
    ...(pinned !== undefined && { pinned }),
  };
}

export function contentOf({ contentJson }: Pick<StoredMessage, 'contentJson'>): Content {
  return JSON.parse(contentJson);
}

export function doesMention({ mentions = [] }: Pick<StoredMessage, 'mentions'>, userId: string): boolean {
  return mentions === 'all' || mentions.includes(userId);
}

/** Whether its content is gone for good: it was recalled, or erased. */
export function isRecalled(message: Pick<StoredMessage, 'contentJson'>): boolean {
  const { type } = contentOf(message);
  return type === 'recalled' || type === 'erased';
}

/** Returns the message of this seq, by a strong read, or `undefined`. */
export async function messageAt(
  messages: Pick<MessageReader, 'page'>,
  conversationId: string,
  seq: number,
): Promise<StoredMessage | undefined> {
  const range = { after: seq - 1, before: seq + 1, limit: 1, head: seq };
  const page = await messages.page(conversationId, range);
  return page.messages[0];
}
