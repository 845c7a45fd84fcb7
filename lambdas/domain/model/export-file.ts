import { userHashOf } from '../../shared/user-hash.ts';
import type { Task } from './task.ts';

/** The upload of a task's file. */
export interface Upload {
  readonly name: string;
  readonly uploadId: string;
}

/** The least that a part may have, but the last one. */
export const PART_BYTES = 5 * 1024 * 1024;

/** The files of exports (IM-ERASE-3), one a task. Nobody sees a file before it is complete. */
export interface ExportFiles {
  begin(name: string): Promise<Upload>;
  /**
   * Stores a part, and replaces one of the same number.
   * @param number from 1 on
   * @returns its tag; `undefined`: the upload is gone
   */
  putPart(upload: Upload, number: number, text: string): Promise<string | undefined>;
  /** Makes the file of these parts, in their order. @returns false if the upload is gone, or has others */
  complete(upload: Upload, tags: readonly string[]): Promise<boolean>;
  /** Keeps lines that are too few for a part. @returns where: never twice the same, since two workers may have the same page */
  keepRest(name: string, text: string): Promise<string>;
  /** `undefined` if it is gone. */
  rest(name: string, place: string): Promise<string | undefined>;
  /** Deletes some of what is in a folder, files and rests. @returns how much; 0: it is empty */
  empty(folder: string): Promise<number>;
}

/** All files of a user are in one folder, so that an erasure finds them. */
export function exportFolderOf(userId: string): string {
  return userHashOf(userId);
}

/** The name of a task's file. */
export function exportNameOf({ taskId, userId = '' }: Pick<Task, 'taskId' | 'userId'>): string {
  return `${exportFolderOf(userId)}/${taskId}`;
}

/** The name of the report of an import. No user's folder is called so. */
export function importReportOf({ taskId }: Pick<Task, 'taskId'>): string {
  return `imports/${taskId}`;
}

export interface ExportLink {
  readonly link: string;
  /** When it ends, at the latest. */
  readonly expiresAtMs: number;
}

export interface ExportLinks {
  /** A link to the file of a task that is done, for whoever has it. */
  linkTo(name: string, nowMs: number): Promise<ExportLink>;
}
