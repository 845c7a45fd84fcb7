import * as z from 'zod/mini';
import type { InboxPage } from '../../../protocol/frames.ts';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Clock } from '../../shared/clock.ts';
import { decodeCursor, encodeCursor } from '../../shared/cursor.ts';
import type { Inbox, InboxRead } from '../model/inbox.ts';
import { type MessageReader, type StoredMessage, toMessage } from '../model/message.ts';
import { jsonBytes, type Reference } from '../model/reference.ts';
import type { Session } from '../model/session.ts';

export interface InboxPorts {
  readonly inbox: Inbox;
  readonly messages: MessageReader;
  readonly clock: Clock;
}

/** The frame without its messages: the other fields, and a batch of 50 keys. */
const ENVELOPE_BYTES = 3 * 1024;

export function firstEntries({ inbox }: Pick<InboxPorts, 'inbox'>, userId: string): Promise<InboxRead> {
  return inbox.first(userId, LIMITS.inboxPageMessages);
}

/** A page, and the ids of its inbox entries: acknowledging the page removes exactly these. */
export interface FilledPage {
  readonly messages: readonly StoredMessage[];
  readonly messageIds: readonly string[];
  readonly more: boolean;
}

/**
 * Reads the messages that `read` refers to, as many as fit one frame (IM-HELLO-1). Skips entries whose message has
 * expired. If all have, removes them and reads on, so that a page is empty only if the inbox is.
 */
export async function fillPage(
  ports: Omit<InboxPorts, 'clock'>,
  userId: string,
  read: InboxRead,
  maxBytes: number = LIMITS.inboxPageBytes,
): Promise<FilledPage> {
  const chosen = takeFitting(read.references, maxBytes);
  const messageIds = chosen.map(({ messageId }) => messageId);
  if (chosen.length === 0) return { messages: [], messageIds, more: false };
  const messages = await ports.messages.getMany(chosen);
  if (messages.length > 0) {
    const fitting = takeFitting(withSizesNow(chosen, messages), maxBytes);
    const isTaken = new Set(fitting.map(({ messageId }) => messageId));
    return {
      messages: inOrder(messages.filter(({ messageId }) => isTaken.has(messageId))),
      messageIds: messageIds.slice(0, fitting.length),
      more: read.more || fitting.length < read.references.length,
    };
  }
  await ports.inbox.remove(userId, messageIds);
  return fillPage(ports, userId, await firstEntries(ports, userId), maxBytes);
}

/** Base64 makes the payload a third longer. */
export function pageBytesFor({ encoding }: Pick<Session, 'encoding'>): number {
  return encoding === 'protobuf' ? Math.floor(LIMITS.inboxPageBytes * 0.75) : LIMITS.inboxPageBytes;
}

export function toInboxPage(userId: string, page: FilledPage): InboxPage {
  const batch = page.messages.length === 0 ? null : encodeCursor(userId, page.messageIds);
  return { messages: page.messages.map(toMessage), batch, more: page.more };
}

const batchSchema = lazySchema(() =>
  z
    .array(z.string().check(z.regex(/^[0-9A-HJKMNP-TV-Z]{26}$/)))
    .check(z.minLength(1), z.maxLength(LIMITS.inboxPageMessages)),
);

/**
 * Returns the ids in a `batch`.
 * @throws {InvalidRequestError} the batch was altered, or is another user's (IM-HELLO-2)
 */
export function decodeBatch(userId: string, batch: string): string[] {
  return [...new Set(decodeCursor(userId, batch, 'batch', batchSchema))];
}

/** An edit since can have made a message longer than its reference says. */
function withSizesNow(
  references: readonly Reference[],
  messages: readonly StoredMessage[],
): readonly Reference[] {
  if (!messages.some(({ rev }) => rev !== undefined)) return references;
  const byId = new Map(messages.map((message) => [message.messageId, message]));
  return references.map((reference) => {
    const message = byId.get(reference.messageId);
    return { ...reference, bytes: message === undefined ? 0 : jsonBytes(toMessage(message)) };
  });
}

/** Takes at least one, so that every page makes progress. */
function takeFitting(references: readonly Reference[], maxBytes: number): readonly Reference[] {
  let bytes = ENVELOPE_BYTES;
  const end = references.findIndex((reference, index) => {
    bytes += reference.bytes + 1;
    return index > 0 && bytes > maxBytes;
  });
  return end === -1 ? references : references.slice(0, end);
}

/**
 * Sorts by sentAt, and by seq within a conversation. Server clocks differ by up to 2 s, so the two orders may disagree:
 * then each conversation keeps the positions its times give it, and fills them in order of seq.
 */
export function inOrder(messages: readonly StoredMessage[]): StoredMessage[] {
  const bySeq = Map.groupBy(
    [...messages].sort((a, b) => a.seq - b.seq),
    ({ conversationId }) => conversationId,
  );
  return [...messages]
    .sort((a, b) => a.sentAt - b.sentAt || compare(a.conversationId, b.conversationId))
    .flatMap(({ conversationId }) => bySeq.get(conversationId)?.shift() ?? []);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
