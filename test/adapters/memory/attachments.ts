import {
  type AttachmentFiles,
  type AttachmentFolders,
  type AttachmentForms,
  type AttachmentLinks,
  type AttachmentRecord,
  type AttachmentRecords,
  foldersOf,
} from '../../../lambdas/domain/model/attachment.ts';
import type { Clock } from '../../../lambdas/shared/clock.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import type { UploadForm } from '../../../protocol/attachments.ts';
import { LIMITS } from '../../../protocol/limits.ts';

export interface InMemoryAttachments
  extends AttachmentRecords,
    AttachmentFiles,
    AttachmentForms,
    AttachmentLinks,
    AttachmentFolders {
  /** What the bucket has, by key. */
  readonly objects: Map<string, string>;
  /** Deletes records of a user. @returns how many */
  forgetRecords(userId: string, limit: number): number;
  /** Uploads by a form, as a client does. */
  upload(form: UploadForm, bytes: string): void;
}

/** A bucket, and the records of uploads. Does not check forms: S3 does. The ETag of an object is the object. */
export function inMemoryAttachments(clock: Clock): InMemoryAttachments {
  const objects = new Map<string, string>();
  const records = new Map<string, AttachmentRecord & { readonly expiresAtMs: number }>();
  return {
    objects,
    upload: ({ fields }, bytes) => void objects.set(fields['key'] ?? '', bytes),
    async put(record) {
      const expiresAtMs = clock() + LIMITS.attachmentPendingSeconds * 1_000;
      records.set(`${record.owner}#${record.attachment.attachmentId}`, { ...record, expiresAtMs });
    },
    async find(owner, attachmentIds) {
      const found = attachmentIds.flatMap((id) => {
        const record = records.get(`${owner}#${id}`);
        if (record === undefined || record.expiresAtMs <= clock()) return [];
        const { expiresAtMs: _, ...rest } = record;
        return [[id, rest] as const];
      });
      return new Map(found);
    },
    forgetRecords(userId, limit) {
      const own = [...records.keys()].filter((key) => key.startsWith(`${userId}#`)).slice(0, limit);
      for (const key of own) records.delete(key);
      return own.length;
    },
    async copy(from, to, etag) {
      const source = objects.get(from);
      if (objects.has(to)) return true;
      if (source === undefined) return false;
      if (etag !== undefined && etag !== source) throw new UnavailableError();
      objects.set(to, source);
      return true;
    },
    remove: async (key) => void objects.delete(key),
    formFor: async ({ key, type, size }) => ({
      url: 'https://files.example.com',
      fields: { key, 'Content-Type': type, size: String(size) },
    }),
    linkTo: async (key, { type, disposition, name }, signedAtMs) =>
      `https://files.example.com/${key}?${new URLSearchParams({ type, disposition, name, signed: String(signedAtMs) })}`,
    async empty(userId) {
      const found = [...objects.keys()].filter((key) =>
        foldersOf(userId).some((folder) => key.startsWith(folder)),
      );
      for (const key of found) objects.delete(key);
      return found.length;
    },
  };
}
