import type { ArchivedMessage, ArchiveReader } from '../model/archive.ts';

export interface ArchiveRange {
  readonly conversationId?: string | undefined;
  /** When the message was sent, in epoch milliseconds, inclusive. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs?: number | undefined;
}

/**
 * The archived messages of the range, each once, in the order in which they were archived (IM-ARCHIVE-3). A line that is no
 * message, since its row was broken, is left out.
 */
export async function* readArchive(
  reader: ArchiveReader,
  { conversationId, fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ArchiveRange,
): AsyncGenerator<ArchivedMessage> {
  const seen = new Set<string>();
  // A message is deleted after it was sent, however long after: so earlier objects have none of the range.
  for await (const line of reader.lines(fromMs)) {
    const message = JSON.parse(line) as Partial<ArchivedMessage>;
    if (!isMessage(message) || seen.has(message.messageId)) continue;
    if (conversationId !== undefined && message.conversationId !== conversationId) continue;
    if (message.sentAt < fromMs || message.sentAt >= toMs) continue;
    seen.add(message.messageId);
    yield message;
  }
}

/** For printing: by conversation, and in each by seq. */
export function inOrder(messages: readonly ArchivedMessage[]): ArchivedMessage[] {
  return messages.toSorted((a, b) => {
    if (a.conversationId !== b.conversationId) return a.conversationId < b.conversationId ? -1 : 1;
    return a.seq - b.seq;
  });
}

function isMessage(line: Partial<ArchivedMessage>): line is ArchivedMessage {
  return line.messageId !== undefined;
}
