import type { SendOptions } from '../model/send-options.ts';
import type { FileData } from '../model/upload.ts';

/** A file of this device by its URI, as React Native has them. */
export interface FileUri {
  /** Such as `file:///…/photo.jpg`. */
  readonly uri: string;
  /** In bytes, exact: the server takes no other size. */
  readonly size: number;
  /** The media type, such as `image/jpeg`. */
  readonly type?: string;
  /** The name that the others see. */
  readonly name?: string;
}

/** A small picture of a file that the app has made: WebP, JPEG, or PNG, at most 320 pixels on each side and 100 KiB. */
export interface ThumbnailSource {
  /** The picture itself. */
  readonly data: FileData | FileUri;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/**
 * A file with what the app knows of it. In a browser the SDK finds out the dimensions and the duration, and makes the thumbnail;
 * elsewhere only the app can.
 *
 * @example
 * const asset: FileSource = { data: { uri, size: 482_133, type: 'image/jpeg' }, name: 'cat.jpg', width: 1600, height: 1200 };
 */
export interface FileSource {
  /** A `File`, a `Blob`, or a URI. */
  readonly data: FileData | FileUri;
  /** The name that the others see. Defaults to the file's own, or `file`. */
  readonly name?: string | undefined;
  /** Of a picture or a video, in pixels. */
  readonly width?: number | undefined;
  /** Of a picture or a video, in pixels. */
  readonly height?: number | undefined;
  /** Of a sound or a video. */
  readonly durationMs?: number | undefined;
  /** A small picture of it. `null`: none is made, in a browser either. */
  readonly thumbnail?: ThumbnailSource | null | undefined;
}

/** Options of `Conversation.sendFile`. */
export interface SendFileOptions extends SendOptions {
  /** A text to the files. */
  readonly text?: string | undefined;
  /** Called as bytes are sent, with those of all files of the message. `sentBytes` falls when an upload starts again. */
  readonly onProgress?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Cancels the message while its files are being uploaded, as `discard` does. Later it has no effect. */
  readonly signal?: AbortSignal | undefined;
  /**
   * True: pictures are uploaded as they are, with the place where they were taken, if the camera has noted it. By default the
   * SDK removes such facts (EXIF, XMP, comments) from JPEG, PNG, and WebP, and nothing of the picture. All other formats always
   * go as they are.
   */
  readonly keepMetadata?: boolean | undefined;
}
