/** The upload of a task's file. */
export interface Upload {
  readonly taskId: string;
  readonly uploadId: string;
}

/** The least that a part may have, but the last one. */
export const PART_BYTES = 5 * 1024 * 1024;

/** The files of exports (IM-ERASE-3), one a task. Nobody sees a file before it is complete. */
export interface ExportFiles {
  begin(taskId: string): Promise<Upload>;
  /**
   * Stores a part, and replaces one of the same number.
   * @param number from 1 on
   * @returns its tag; `undefined`: the upload is gone
   */
  putPart(upload: Upload, number: number, text: string): Promise<string | undefined>;
  /** Makes the file of these parts, in their order. @returns false if the upload is gone, or has others */
  complete(upload: Upload, tags: readonly string[]): Promise<boolean>;
  /** Keeps lines that are too few for a part. @returns where: never twice the same, since two workers may have the same page */
  keepRest(taskId: string, text: string): Promise<string>;
  /** `undefined` if it is gone. */
  rest(taskId: string, place: string): Promise<string | undefined>;
}

export interface ExportLink {
  readonly link: string;
  /** When it ends, at the latest. */
  readonly expiresAtMs: number;
}

export interface ExportLinks {
  /** A link to the file of a task that is done, for whoever has it. */
  linkTo(taskId: string, nowMs: number): Promise<ExportLink>;
}
