import pLimit from 'p-limit';
import { settleAll } from '../../shared/settle.ts';
import { withoutUser } from '../archive/without-user.ts';
import type { ArchiveEditor } from '../model/archive.ts';
import type { Step } from './step.ts';

export interface EraseArchivePorts {
  /** `undefined` in a deployment without an archive. */
  readonly archiveEditor: ArchiveEditor | undefined;
}

/** Objects a page: each has up to 6 MB, and takes a second at the most. */
const OBJECTS = 20;
const AT_ONCE = 4;
/** Longer than the archive's worker gathers a batch: what had expired before the erasure is in the archive by then. */
const GATHERED_SECONDS = 600;

/**
 * Erases what the user has written in the archive (IM-ERASE-4). The archive is sorted by time, so it reads all of it. Idempotent.
 * Last of the steps that erase messages: what expires after them is archived as erased.
 */
export const eraseArchive: Step<EraseArchivePorts> = {
  name: 'archive',
  async run({ archiveEditor }, { userId = '' }, cursor) {
    if (archiveEditor === undefined) return {};
    if (cursor === undefined) return { next: {}, waitSeconds: GATHERED_SECONDS };
    const { keys, hasMore } = await archiveEditor.keys(cursor['after'] as string | undefined, OBJECTS);
    const atOnce = pLimit(AT_ONCE);
    const erased = await settleAll(keys.map((key) => atOnce(() => eraseIn(archiveEditor, key, userId))));
    const count = erased.reduce((sum, lines) => sum + lines, 0);
    return {
      ...(hasMore && { next: { after: keys.at(-1) } }),
      ...(count > 0 && { counts: { archived: count } }),
    };
  },
};

async function eraseIn(archive: ArchiveEditor, key: string, userId: string): Promise<number> {
  const lines = await archive.linesOf(key);
  const changed = lines.map((line) => withoutUser(line, userId));
  const count = changed.filter((line) => line !== undefined).length;
  if (count > 0)
    await archive.replace(
      key,
      lines.map((line, index) => changed[index] ?? line),
    );
  return count;
}
