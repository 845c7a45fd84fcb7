import type { SentContent } from '../../../protocol/content.ts';
import { parseConversationId, SYSTEM } from '../../../protocol/ids.ts';
import { type ImportLine, importLineSchema, type MessageLine } from '../../../protocol/import.ts';
import { derivedUlid } from '../../shared/derived-ulid.ts';
import { ImError, InvalidRequestError } from '../../shared/errors.ts';
import { canonicalJson, parseJsonObject } from '../../shared/json.ts';
import { parseWith } from '../../shared/parse.ts';
import { draft } from '../messages/store.ts';
import { ERASED_CONTENT, ERASED_HASH } from '../model/erasure.ts';
import type { ImportedMessage } from '../model/import.ts';

/** Why a line is refused: a text for the operator, which never quotes what a user wrote. */
export class RefusedLine extends Error {}

/** @throws {RefusedLine} */
export function parseLine(bytes: Buffer): ImportLine {
  return refusing(() => {
    const { kind = 'message', ...facts } = parseJsonObject(textOf(bytes));
    return parseWith(importLineSchema, { kind, ...facts });
  });
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RefusedLine('is not UTF-8');
  }
}

function refusing<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof InvalidRequestError)
      throw new RefusedLine(error.issues.map(({ path, message }) => `${path} ${message}`.trim()).join(', '));
    if (error instanceof ImError) throw new RefusedLine(error.message);
    throw error;
  }
}

export interface Age {
  readonly nowMs: number;
  /** 0: forever. */
  readonly historyTtlSeconds: number;
}

/** As any clock may be ahead. */
const AHEAD_MS = 5 * 60_000;
export const EXPIRED = 'is older than the deployment keeps history';

/** The message of a line. @throws {RefusedLine} */
export function messageOf(line: MessageLine, { nowMs, historyTtlSeconds }: Age): ImportedMessage {
  const { conversationId, seq, from, sentAt, content, replyTo, mentions, rev, editedAt } = line;
  if (sentAt > nowMs + AHEAD_MS) throw new RefusedLine('sentAt is in the future');
  if (historyTtlSeconds > 0 && sentAt + historyTtlSeconds * 1_000 <= nowMs) throw new RefusedLine(EXPIRED);
  if (replyTo !== undefined && replyTo >= seq) throw new RefusedLine('replyTo must be below its own seq');
  if (!isAuthor(line)) throw new RefusedLine('from is not in this conversation');
  const messageId = line.messageId ?? idOf(line);
  const { clientMsgId = messageId } = line;
  const said = refusing(() =>
    // What only an import takes is no content of a client's, and has as many bytes.
    draft(from, clientMsgId, content as SentContent, { replyTo, mentions }),
  );
  const message = {
    conversationId,
    seq,
    from,
    clientMsgId,
    messageId,
    sentAt,
    contentJson: said.contentJson,
    contentHash: content.type === 'erased' ? ERASED_HASH : said.contentHash,
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions !== undefined && { mentions }),
    ...(rev !== undefined && { rev }),
    ...(editedAt !== undefined && { editedAt }),
  };
  return { message, isRecalled: content.type === 'recalled' || content.type === 'erased' };
}

/** Only `system` has its own conversations with users; elsewhere it tells of changes, which name their author. */
function isAuthor({ conversationId, from, content }: MessageLine): boolean {
  if (content.type === 'system' && content.by !== from) return false;
  const conversation = parseConversationId(conversationId);
  if (conversation?.kind === 'direct') return conversation.users.includes(from);
  return from !== SYSTEM || content.type === 'system';
}

/** A ULID that is the same each time: a repeat of the import finds the message. */
function idOf({ conversationId, seq, from, sentAt }: MessageLine): string {
  return derivedUlid(`${conversationId} ${seq} ${from} ${sentAt}`, sentAt);
}

/** The message as the erasure of its author would leave it (IM-IMPORT-7). */
export function erased({ message }: ImportedMessage): ImportedMessage {
  const { replyTo: _, mentions: __, editedAt: ___, ...left } = message;
  const contentJson = canonicalJson(ERASED_CONTENT, 'content');
  return { message: { ...left, contentJson, contentHash: ERASED_HASH }, isRecalled: true };
}
