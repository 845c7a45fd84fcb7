import type { Attachment, FileContent } from '../../../protocol/content.ts';
import type { FileEdit } from '../model/content.ts';
import type { Upload } from '../model/upload.ts';
import type { FileSource } from './file-source.ts';

const UNKNOWN_TYPE = 'application/octet-stream';

/** What is to be uploaded for a message. */
export interface FilesDraft {
  readonly sources: readonly FileSource[];
  readonly text?: string | undefined;
  readonly keepMetadata?: boolean | undefined;
}

/** The files of a message that this client sends. `uploader.ts` uploads them. */
export class OutgoingFiles {
  readonly draft: FilesDraft;
  readonly #listeners: (() => void)[] = [];
  /** The server's ids, once all files are uploaded. */
  ids: readonly string[] | undefined;
  /** Whether they are being uploaded, or wait for the next attempt. */
  isRunning = false;
  /** Whether they were uploaded once more, since the server no longer had them. */
  isRenewed = false;
  #content: FileContent;
  #uploads: readonly Upload[];
  #aborter = new AbortController();

  constructor(clientMsgId: string, draft: FilesDraft, ids?: readonly string[]) {
    const { sources, text } = draft;
    this.draft = draft;
    this.ids = ids;
    const attachments = sources.map(({ data, name, width, height, durationMs }, index) => ({
      attachmentId: `${clientMsgId}.${index}`,
      name: name ?? data.name ?? 'file',
      size: data.size,
      type: data.type || UNKNOWN_TYPE,
      ...(width && { width }),
      ...(height && { height }),
      ...(durationMs && { durationMs }),
    }));
    this.#content = { type: 'file', attachments, text };
    this.#uploads = sources.map(({ data }) => ({
      state: ids === undefined ? 'waiting' : 'done',
      sentBytes: ids === undefined ? 0 : data.size,
      totalBytes: data.size,
      file: data instanceof Blob ? data : undefined,
    }));
  }

  /** Calls the listener when the content or the uploads have changed. */
  listen(listener: (sentBytes: number, totalBytes: number) => void): void {
    this.#listeners.push(() => listener(this.#sum('sentBytes'), this.#sum('totalBytes')));
  }

  #sum(what: 'sentBytes' | 'totalBytes'): number {
    return this.#uploads.reduce((sum, upload) => sum + upload[what], 0);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** What the message shows until the server has stored it. */
  get content(): FileContent {
    return this.#content;
  }

  get uploads(): readonly Upload[] {
    return this.#uploads;
  }

  /** What is sent: the server knows the rest. */
  get request(): FileEdit {
    const attachments = (this.ids ?? []).map((attachmentId) => ({ attachmentId }));
    return { ...this.#content, attachments };
  }

  /** Aborted by `stop`. */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Ends what is being uploaded. What is uploaded already stays. */
  stop(): void {
    this.#aborter.abort();
    this.#aborter = new AbortController();
    this.isRunning = false;
    this.#rest(({ error }) => ({ state: error === undefined ? 'waiting' : 'failed', sentBytes: 0 }));
  }

  /** The message is to be sent once more. */
  restart(): void {
    this.isRenewed = false;
    this.#rest(() => ({ state: 'waiting', error: undefined }));
  }

  /** The message is stored, perhaps by an attempt of another tab. */
  finish(): void {
    this.#rest(({ totalBytes }) => ({ state: 'done', sentBytes: totalBytes, error: undefined }));
  }

  #rest(change: (upload: Upload) => Partial<Upload>): void {
    this.#uploads = this.#uploads.map((one) => (one.state === 'done' ? one : { ...one, ...change(one) }));
  }

  /** The facts of a file turned out. */
  know(index: number, facts: Partial<Attachment>): void {
    const attachments = this.#content.attachments.map((one, at) =>
      at === index ? { ...one, ...facts } : one,
    );
    this.#content = { ...this.#content, attachments };
    this.#changed();
  }

  /** An upload went on. */
  progress(index: number, change: Partial<Upload>): void {
    this.#uploads = this.#uploads.map((one, at) => (at === index ? { ...one, ...change } : one));
    this.#changed();
  }
}
