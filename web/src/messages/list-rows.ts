import type { ChatMessage, Gap } from '@serverless-im/client';
import { isSameDay } from '../ui/times.ts';
import { isSaid } from './wording.ts';

/** What stands in the list of messages, from top to bottom. */
export type ListRow =
  | { readonly kind: 'day'; readonly key: string; readonly atMs: number }
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'gap'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: ChatMessage;
      /** Nothing of the same person right above. */
      readonly isFirst: boolean;
      /** Nothing of the same person right below. */
      readonly isLast: boolean;
      /** The last of the own messages: its state is told in words. */
      readonly isLatestOwn: boolean;
    };

export interface ListRowsInput {
  readonly messages: readonly ChatMessage[];
  readonly gaps: readonly Gap[];
  /** There are older ones than these. */
  readonly hasEarlier: boolean;
  /** How far this user had read when the conversation was opened; undefined when that was all. */
  readonly readSeq: number | undefined;
}

/** Messages of one person within this time stand close to each other. */
const RUN_MS = 3 * 60_000;

/**
 * Messages with the separators between them. A row's key is the same for as long as it stands for the same thing, so
 * the list can hold on to it while others come above. That is why the topmost message gets no day before it as long as
 * there are older ones: nobody knows yet whether the day begins there.
 */
export function listRows({ messages, gaps, hasEarlier, readSeq }: ListRowsInput): readonly ListRow[] {
  const rows: ListRow[] = [];
  const latestOwn = messages.findLast(({ mine, content }) => mine && isSaid(content));
  // Who has answered has read what came before.
  const unanswered = messages.slice(latestOwn === undefined ? 0 : messages.indexOf(latestOwn) + 1);
  const firstUnread = readSeq === undefined ? undefined : unanswered.find(isUnread(readSeq));
  messages.forEach((message, index) => {
    const above = messages[index - 1];
    const below = messages[index + 1];
    const isOtherDay = above !== undefined && !isSameDay(above.sentAt, message.sentAt);
    if (isOtherDay || (above === undefined && !hasEarlier))
      rows.push({ kind: 'day', key: `day ${message.key}`, atMs: message.sentAt });
    if (above !== undefined && gaps.some(isBetween(above, message)))
      rows.push({ kind: 'gap', key: `gap ${message.key}` });
    // With older ones to come, the topmost may not be the first.
    const isFirstUnread = message === firstUnread && (above !== undefined || !hasEarlier);
    if (isFirstUnread) rows.push({ kind: 'unread', key: 'unread' });
    rows.push({
      kind: 'message',
      key: message.key,
      message,
      isFirst: isFirstUnread || above === undefined || !isRun(above, message),
      isLast: below === undefined || below === firstUnread || !isRun(message, below),
      isLatestOwn: message === latestOwn,
    });
  });
  return rows;
}

function isUnread(readSeq: number): (message: ChatMessage) => boolean {
  return ({ mine, seq }) => !mine && seq !== undefined && seq > readSeq;
}

function isBetween(above: ChatMessage, below: ChatMessage): (gap: Gap) => boolean {
  return ({ from, to }) => (above.seq ?? 0) < from && to < (below.seq ?? 0);
}

function isRun(above: ChatMessage, below: ChatMessage): boolean {
  return (
    above.from === below.from &&
    above.mine === below.mine &&
    isSaid(above.content) &&
    isSaid(below.content) &&
    below.sentAt - above.sentAt < RUN_MS &&
    isSameDay(above.sentAt, below.sentAt)
  );
}
