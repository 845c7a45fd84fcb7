import type { ImError } from './errors.ts';

/** A `File` or a `Blob` of the platform. Neither type is in every one. */
export interface FileData {
  /** In bytes. */
  readonly size: number;
  /** The media type, such as `image/jpeg`; empty if it is unknown. */
  readonly type: string;
  /** A `File` has one, a `Blob` has none. */
  readonly name?: string;
}

/**
 * `waiting`: for its turn, a connection, or the next attempt. `uploading`: bytes are on the way. `done`: the server has all of
 * them. `failed`: the upload was given up, and with it the message; `retry` of the conversation tries again.
 */
export type UploadState = 'waiting' | 'uploading' | 'done' | 'failed';

/** The upload of one file of a message. Immutable: a change makes a new object. */
export interface Upload {
  /** Whether it waits, is on its way, is done, or was given up. */
  readonly state: UploadState;
  /** The bytes that are sent. Goes back to 0 if the upload is tried again. */
  readonly sentBytes: number;
  /** The size of the file. */
  readonly totalBytes: number;
  /** The reason why the last attempt failed, until the next one. */
  readonly error?: ImError | undefined;
  /**
   * The file itself, to show it before it is uploaded: `URL.createObjectURL(file as Blob)`. Undefined if it is named by a URI, and
   * if it did not survive a restart of the program.
   */
  readonly file?: FileData | undefined;
}
