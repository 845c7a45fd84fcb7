import type { AttachmentFolders } from '../model/attachment.ts';
import type { PersonErasure } from '../model/person-erasure.ts';
import type { Step } from './step.ts';

export interface EraseFilesPorts {
  /** @default - no files in this deployment */
  readonly attachmentFolders?: AttachmentFolders | undefined;
  readonly person: PersonErasure;
}

const ROWS = 25;

/**
 * Deletes all that the user has uploaded and sent, whatever messages became of it, and the records of uploads (IM-ERASE-4). A form that
 * was made before the ban can be used for the rest of its 15 minutes: the bucket deletes what comes by it. Idempotent.
 */
export const eraseFiles: Step<EraseFilesPorts> = {
  name: 'files',
  async run({ attachmentFolders, person }, { userId = '' }) {
    if (attachmentFolders === undefined) return {};
    const files = await attachmentFolders.empty(userId);
    if (files > 0) return { next: {}, counts: { files } };
    const rows = await person.forgetRows(userId, 'files', ROWS);
    return { next: rows < ROWS ? undefined : {} };
  },
};
