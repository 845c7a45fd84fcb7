import type { ErasedContent, SystemContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import type { Author, Change, MessagePlace, ReactionSummary, StoredMessage } from './message.ts';

/** A volume of a conversation's history. */
export interface Shelf {
  readonly conversationId: string;
  readonly volume: number;
}

export interface WrittenPage {
  readonly messages: readonly StoredMessage[];
  /** Where to go on. `undefined` at the end. */
  readonly next: string | undefined;
}

/** What only the erasure of a user does to the history (IM-ERASE-4). */
export interface Erasure {
  /** The user's messages in a volume, in no order of time, also those that have expired and are still stored. Reads strongly. */
  written(
    shelf: Shelf,
    userId: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<WrittenPage>;
  /**
   * Replaces the content and the hash for good, and removes all else that its author or others added, unless it is erased
   * already. No later change finds the message.
   * @returns `undefined` if the message doesn't exist
   */
  erase(place: MessagePlace, contentJson: string, author: Author): Promise<Change | undefined>;
  /** As `erase`, of a system message, which can still be reacted to and pinned. */
  eraseNames(place: MessagePlace, contentJson: string, author: Author): Promise<Change | undefined>;
  /**
   * Shows another user's message without the reactions that were taken back, and forgets whose its last change was, unless it
   * was recalled or shows newer ones.
   * @param summary `undefined`: they stay
   * @returns `undefined` if the message doesn't exist
   */
  showWithout(
    place: MessagePlace,
    summary: ReactionSummary | undefined,
    author: Author,
  ): Promise<Change | undefined>;
}

/** Stands for the hash of an erased content: a short text could be guessed from its own. */
export const ERASED_HASH = 'erased';

export const ERASED_CONTENT: ErasedContent = { type: 'erased' };

/** The system messages in whose `name` a user has typed something: a group's name, or a topic. The others choose from a list. */
const TYPED: readonly string[] = ['created', 'renamed', 'opened'] satisfies SystemContent['event'][];

export function hasTypedName({ event, name }: SystemContent): boolean {
  return name !== undefined && TYPED.includes(event);
}

export function withoutName({ name: _, ...content }: SystemContent): SystemContent {
  return content;
}

/** A copy of a message of the user's, without what the user wrote: as history has it after the erasure. Idempotent. */
export function erasedMessage<Copy extends Message>(message: Copy): Copy {
  const { content, ...rest } = message;
  if (content.type === 'system') {
    if (!hasTypedName(content)) return message;
    return { ...rest, content: withoutName(content) } as Copy;
  }
  const { replyTo: _, mentions: __, editedAt: ___, reactions: ____, pinned: _____, ...left } = rest;
  return { ...left, content: ERASED_CONTENT } as unknown as Copy;
}
