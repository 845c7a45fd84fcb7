import { type ExportFiles, exportFolderOf } from '../model/export-file.ts';
import type { Step } from './step.ts';

export interface EraseExportsPorts {
  readonly exportFiles: ExportFiles;
}

/** Deletes what was exported of the user (IM-ERASE-4). Idempotent. */
export const eraseExports: Step<EraseExportsPorts> = {
  name: 'exports',
  async run({ exportFiles }, { userId = '' }) {
    const exports = await exportFiles.empty(exportFolderOf(userId));
    return exports === 0 ? {} : { next: {}, counts: { exports } };
  },
};
