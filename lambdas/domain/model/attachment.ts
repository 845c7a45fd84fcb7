import type { UploadForm } from '../../../protocol/attachments.ts';
import type { Attachment, FileContent } from '../../../protocol/content.ts';
import { PENDING_PREFIX, SENT_PREFIX, THUMBNAIL } from '../../shared/attachment-keys.ts';
import { sha256 } from '../../shared/json.ts';
import { isRecalled, type MessageKey, type StoredMessage } from './message.ts';

/** What the server knows of an upload (IM-FILE-1). */
export interface AttachmentRecord {
  readonly owner: string;
  /** The conversation whose messages may have it. */
  readonly conversationId: string;
  readonly attachment: Attachment;
}

/** The records of uploads, for a day. All reads are strong. */
export interface AttachmentRecords {
  put(record: AttachmentRecord): Promise<void>;
  /** The user's records with these ids, at most 10, by id. Leaves out those that have expired. */
  find(owner: string, attachmentIds: readonly string[]): Promise<ReadonlyMap<string, AttachmentRecord>>;
}

/** What a form allows to upload. */
export interface UploadFacts {
  readonly key: string;
  readonly type: string;
  /** Exact. */
  readonly size: number;
}

/** Makes no call. */
export interface AttachmentForms {
  /** Lets anybody who has the form upload one file of exactly this key, type, and size, until it ends. */
  formFor(facts: UploadFacts, nowMs: number): Promise<UploadForm>;
}

export interface AttachmentFiles {
  /**
   * Copies an object, unless the target is there already.
   * @param etag only these bytes. @default - whatever is there
   * @returns false if there is no source
   * @throws {UnavailableError} the outcome is unknown: a repeat is harmless
   */
  copy(from: string, to: string, etag?: string): Promise<boolean>;
  /** Deletes an object, if it is there. @throws {UnavailableError} the outcome is unknown: a repeat is harmless */
  remove(key: string): Promise<void>;
}

/** Makes no call. */
export interface AttachmentLinks {
  /** A link to an object, the same for the same time. It ends earlier if the function's own credentials do. */
  linkTo(key: string, facts: LinkFacts, signedAtMs: number, seconds: number): Promise<string>;
}

export interface LinkFacts {
  /** Of the answer. */
  readonly type: string;
  /** `inline` shows the file, `attachment` saves it. */
  readonly disposition: 'inline' | 'attachment';
  readonly name: string;
}

/** Deletes whole folders, for tasks. */
export interface AttachmentFolders {
  /** Deletes some of the user's files. @returns how many; 0: there are no more */
  empty(userId: string): Promise<number>;
}

/** 32 characters of a hash: nobody finds another text with the same folder, whose files an erasure would delete. */
function folderOf(text: string): string {
  return sha256(text).slice(0, 32);
}

/** The folders of all that a user has uploaded, and sent. */
export function foldersOf(userId: string): readonly string[] {
  const folder = folderOf(userId);
  return [`${PENDING_PREFIX}${folder}/`, `${SENT_PREFIX}${folder}/`];
}

export function pendingKey(userId: string, attachmentId: string): string {
  return `${PENDING_PREFIX}${folderOf(userId)}/${attachmentId}`;
}

/** Of a message's own copy: it follows from the message's key, so that a repeat of the send finds it. */
export function sentKey({ from, conversationId, clientMsgId }: MessageKey, attachmentId: string): string {
  return `${SENT_PREFIX}${folderOf(from)}/${folderOf(`${conversationId}#${clientMsgId}`)}/${attachmentId}`;
}

export function thumbnailKey(key: string): string {
  return key + THUMBNAIL;
}

/** The names of a message's objects, in its folder. */
export function namesOf({ attachments }: FileContent): readonly string[] {
  return attachments.flatMap(({ attachmentId, thumbnail, removed }) => {
    if (removed) return [];
    return thumbnail === undefined ? [attachmentId] : [attachmentId, thumbnailKey(attachmentId)];
  });
}

/** The keys of all objects that a message with this content has. */
export function objectsOf(message: MessageKey, content: FileContent): readonly string[] {
  return namesOf(content).map((name) => sentKey(message, name));
}

/**
 * The keys of all objects that a stored message has, or had before it was recalled, and of the uploads of which they are copies:
 * these would stay for another day, and could be sent again.
 */
export function allObjectsOf(message: StoredMessage): readonly string[] {
  const files = filesOf(message);
  const names = [...(message.removedFiles ?? []), ...(files === undefined ? [] : namesOf(files))];
  return names.flatMap((name) => [sentKey(message, name), pendingKey(message.from, name)]);
}

/** The files of a message that still has them. */
export function filesOf(message: Pick<StoredMessage, 'contentJson'>): FileContent | undefined {
  // Without parsing each text.
  if (!message.contentJson.includes('"attachments"') || isRecalled(message)) return undefined;
  const content = JSON.parse(message.contentJson) as FileContent;
  return content.type === 'file' ? content : undefined;
}
