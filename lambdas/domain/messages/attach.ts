import type {
  Attachment,
  Content,
  FileContent,
  SentContent,
  SentFiles,
  StoredContent,
} from '../../../protocol/content.ts';
import { BlockedContentError, InvalidRequestError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import {
  type AttachmentFiles,
  type AttachmentRecords,
  filesOf,
  objectsOf,
  pendingKey,
  sentKey,
  thumbnailKey,
} from '../model/attachment.ts';
import type { AttachmentScans } from '../model/attachment-scan.ts';
import type { Budget } from '../model/budget.ts';
import type { MessageKey, StoredMessage } from '../model/message.ts';
import { sentFilesPrice } from '../model/prices.ts';

/*
 * Files of a message that is being sent (IM-FILE-2, docs/adr/0054-a-message-has-copies-of-its-files.md). The records are read before the
 * message has a seq, so that a refusal leaves no hole; the copies are made after all other checks, and before the message is stored.
 */

export interface AttachPorts {
  /** @default - no files in this deployment */
  readonly attachmentRecords?: AttachmentRecords | undefined;
  readonly attachmentFiles?: AttachmentFiles | undefined;
  /** @default - nothing is scanned in this deployment */
  readonly attachmentScans?: AttachmentScans | undefined;
  readonly budget: Budget;
}

/**
 * Returns the content as it is stored: with the records of its files.
 * @throws {InvalidRequestError} one of them is not the sender's, is of another conversation, or is older than a day
 */
export async function withRecords(
  { attachmentRecords }: AttachPorts,
  { from, conversationId }: Pick<MessageKey, 'from' | 'conversationId'>,
  { attachments, ...content }: SentFiles,
): Promise<FileContent> {
  if (attachmentRecords === undefined)
    throw new InvalidRequestError([{ path: 'content.type', message: 'this deployment takes no files' }]);
  const ids = attachments.map(({ attachmentId }) => attachmentId);
  const records = await attachmentRecords.find(from, ids);
  const found = ids.map((id) => {
    const record = records.get(id);
    return record?.conversationId === conversationId ? record.attachment : undefined;
  });
  refuse(found.flatMap((attachment, index) => (attachment === undefined ? [index] : [])));
  return { ...content, attachments: found.filter((attachment) => attachment !== undefined) };
}

/**
 * Gives the message copies of its own, which no other upload changes. Idempotent.
 * @throws {InvalidRequestError} one of the files was not uploaded
 * @throws {BlockedContentError} one of them has malware, or can't be scanned (IM-FILE-9)
 * @throws {UnavailableError} S3 did not answer, or one of them is not scanned yet: nothing is stored
 */
export async function copyFiles(
  { attachmentFiles, attachmentScans, budget }: AttachPorts,
  message: MessageKey,
  { attachments }: FileContent,
): Promise<void> {
  if (attachmentFiles === undefined) return;
  // Before the price: a message that waits for its scan is sent again and again.
  const etags = attachmentScans && (await cleanEtags(attachmentScans, message.from, attachments));
  await budget.debit(sentFilesPrice(attachments));
  const copied = await settleAll(
    attachments.map((attachment) => copyOne(attachmentFiles, message, attachment, etags)),
  );
  refuse(copied.flatMap((isThere, index) => (isThere ? [] : [index])));
}

async function copyOne(
  files: AttachmentFiles,
  message: MessageKey,
  { attachmentId, thumbnail }: Attachment,
  etags: ReadonlyMap<string, string> | undefined,
): Promise<boolean> {
  const from = pendingKey(message.from, attachmentId);
  const to = sentKey(message, attachmentId);
  const [isThere, hasThumbnail] = await settleAll([
    files.copy(from, to, etags?.get(from)),
    thumbnail === undefined ||
      files.copy(thumbnailKey(from), thumbnailKey(to), etags?.get(thumbnailKey(from))),
  ]);
  return isThere && hasThumbnail;
}

/** The bytes that were found clean, by key: others are not copied, whoever uploads them meanwhile. */
async function cleanEtags(
  scans: AttachmentScans,
  userId: string,
  attachments: readonly Attachment[],
): Promise<ReadonlyMap<string, string>> {
  const keys = attachments.flatMap(({ attachmentId, thumbnail }) => {
    const key = pendingKey(userId, attachmentId);
    return thumbnail === undefined ? [key] : [key, thumbnailKey(key)];
  });
  const results = await scans.find(keys);
  if ([...results.values()].some(({ isClean }) => !isClean))
    throw new BlockedContentError('The file was found to be unsafe.');
  if (keys.some((key) => !results.has(key))) throw new UnavailableError();
  return new Map([...results].map(([key, { etag }]) => [key, etag]));
}

/**
 * Returns other content in the place of `content`: of files only the text may change (IM-FILE-5).
 * @returns `undefined`: files would come, go, or be others
 */
export function replaced(content: Content, wanted: SentContent): StoredContent | undefined {
  if (wanted.type !== 'file') return content.type === 'file' ? undefined : wanted;
  if (content.type !== 'file') return undefined;
  const idsOf = (files: SentFiles | FileContent) => files.attachments.map(({ attachmentId }) => attachmentId);
  if (idsOf(content).join() !== idsOf(wanted).join()) return undefined;
  const { text: _, ...files } = content;
  return { ...files, ...(wanted.text !== undefined && { text: wanted.text }) };
}

function refuse(indexes: readonly number[]): void {
  if (indexes.length === 0) return;
  throw new InvalidRequestError(
    indexes.map((index) => ({
      path: `content.attachments.${index}`,
      message: 'is not a file that you have uploaded for this conversation within a day',
    })),
  );
}

/**
 * Deletes the copies of a repeat that the stored message has no more: it was recalled, or a file was removed, before the repeat
 * copied them again.
 */
export async function removeLateCopies(
  ports: AttachPorts,
  stored: StoredMessage,
  copied: FileContent,
): Promise<void> {
  const kept = filesOf(stored);
  const needed = new Set(kept && objectsOf(stored, kept));
  await removeObjects(
    ports,
    objectsOf(stored, copied).filter((key) => !needed.has(key)),
  );
}

/** @throws {UnavailableError} repeat it */
export async function removeObjects(
  { attachmentFiles }: Pick<AttachPorts, 'attachmentFiles'>,
  keys: readonly string[],
): Promise<void> {
  if (attachmentFiles !== undefined) await settleAll(keys.map((key) => attachmentFiles.remove(key)));
}
