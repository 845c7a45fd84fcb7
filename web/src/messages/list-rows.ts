import type { ChatMessage, Gap, LiveText } from '@serverless-im/client';
import { isSameDay } from '../ui/times.ts';
import { isSaid } from './wording.ts';

/** A row of the message list. */
export type ListRow =
  | { readonly kind: 'day'; readonly key: string; readonly atMs: number }
  | { readonly kind: 'unread'; readonly key: string }
  | { readonly kind: 'gap'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: ChatMessage;
      /** The message right above is not part of the same run. */
      readonly isFirst: boolean;
      /** The message right below is not part of the same run. */
      readonly isLast: boolean;
      /** This user's last message, whose state is shown in words. */
      readonly isLatestOwn: boolean;
      /** It is still being written. */
      readonly isLive: boolean;
    };

export interface ListRowsInput {
  readonly messages: readonly ChatMessage[];
  readonly gaps: readonly Gap[];
  /** The live texts of others. */
  readonly live?: readonly LiveText[];
  /** There are older messages. */
  readonly hasEarlier: boolean;
  /** How far this user had read when the conversation was opened; undefined if that was everything. */
  readonly readSeq: number | undefined;
}

/** One person's messages within this time form a run. */
const RUN_MS = 3 * 60_000;

/**
 * The messages with separators between them. A row keeps its key, so that the list stays in place when older rows are
 * added above, and when a live text becomes its message. So the topmost message gets no day separator while there are older messages: the day may start above it.
 */
export function listRows({
  messages,
  gaps,
  live = [],
  hasEarlier,
  readSeq,
}: ListRowsInput): readonly ListRow[] {
  const rows: ListRow[] = [];
  const written = live.filter(({ key }) => messages.every((message) => message.key !== key)).map(unstored);
  const all = [...messages, ...written];
  const latestOwn = messages.findLast(({ mine, content }) => mine && isSaid(content));
  // A message of this user means that they have read the messages before it.
  const unanswered = messages.slice(latestOwn === undefined ? 0 : messages.indexOf(latestOwn) + 1);
  const firstUnread = readSeq === undefined ? undefined : unanswered.find(isUnread(readSeq));
  all.forEach((message, index) => {
    const above = all[index - 1];
    const below = all[index + 1];
    const isOtherDay = above !== undefined && !isSameDay(above.sentAt, message.sentAt);
    if (isOtherDay || (above === undefined && !hasEarlier))
      rows.push({ kind: 'day', key: `day ${message.key}`, atMs: message.sentAt });
    if (above !== undefined && gaps.some(isBetween(above, message)))
      rows.push({ kind: 'gap', key: `gap ${message.key}` });
    // While there are older messages, the topmost may not be the first unread one.
    const isFirstUnread = message === firstUnread && (above !== undefined || !hasEarlier);
    if (isFirstUnread) rows.push({ kind: 'unread', key: 'unread' });
    rows.push({
      kind: 'message',
      key: message.key,
      message,
      isFirst: isFirstUnread || above === undefined || !isRun(above, message),
      isLast: below === undefined || below === firstUnread || !isRun(message, below),
      isLatestOwn: message === latestOwn,
      isLive: index >= messages.length,
    });
  });
  return rows;
}

/** A live text as the message that it becomes. */
function unstored({ liveId, startedAt, ...text }: LiveText): ChatMessage {
  return {
    ...text,
    conversationId: undefined,
    clientMsgId: liveId,
    sentAt: startedAt,
    state: 'sent',
    seq: undefined,
    messageId: undefined,
    rev: 0,
    editedAt: undefined,
    error: undefined,
  };
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
    // What was recalled or deleted still has its sender.
    above.content.type !== 'system' &&
    below.content.type !== 'system' &&
    below.sentAt - above.sentAt < RUN_MS &&
    isSameDay(above.sentAt, below.sentAt)
  );
}
