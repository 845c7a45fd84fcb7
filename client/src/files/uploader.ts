import type { AttachmentBody } from '../../../protocol/attachments.ts';
import type { Message } from '../../../protocol/frames.ts';
import { ForeignAnswerError, ImError, invalid, type RefusedError, toImError } from '../model/errors.ts';
import { PAGE_MAX } from '../model/limits.ts';
import type { Target } from '../model/target.ts';
import type { Environment } from '../support/environment.ts';
import type { ServerClock } from '../support/server-clock.ts';
import type { HttpApi } from '../transport/http-api.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import { fileName, fileType } from './file-name.ts';
import type { FileSource, ThumbnailSource } from './file-source.ts';
import type { OutgoingFiles } from './outgoing-files.ts';
import { cancelled, postForm } from './post-form.ts';
import { Turns } from './turns.ts';

/** Loaded with the first file that is sent. */

export interface UploaderPorts {
  readonly clock: Pick<ServerClock, 'now'>;
  readonly environment: Pick<Environment, 'after' | 'fetch'>;
  readonly http: Pick<HttpApi, 'call'>;
  readonly policy: RetryPolicy;
}

/** Of a client. More would only share its bandwidth, and a phone's memory. */
const AT_ONCE = 3;
/** Failures in a row, with a connection, after which the message fails: a proxy may block S3 for good. */
const MOST_FAILURES = 8;
/** A form that ends sooner is not begun with. */
const FORM_MARGIN_MS = 60_000;

/** One file of a message, and how far it is. */
interface Part {
  readonly index: number;
  source: FileSource;
  isPrepared: boolean;
  form: AttachmentBody | undefined;
  isUploaded: boolean;
}

const partsOf = new WeakMap<OutgoingFiles, Part[]>();
const turnsOf = new WeakMap<object, Turns>();

/**
 * Uploads the files of a message that are not uploaded yet, and sets their `ids`. Tries again after failures that a retry may
 * solve. Resolves without `ids` if the connection is lost meanwhile: the caller begins again on the next.
 *
 * @throws an `ImError` if the server refuses a file, after eight failures in a row, or `cancelled`
 */
export async function upload(
  ports: UploaderPorts,
  files: OutgoingFiles,
  target: Target,
  isOnline: () => boolean,
): Promise<void> {
  const { signal } = files;
  const parts = partsOf.get(files) ?? begin(files);
  let failures = 0;
  for (;;) {
    const before = countUploaded(parts);
    const error = await new Attempt(ports, files, target, signal).run(parts);
    if (signal.aborted) throw cancelled();
    if (error === undefined) break;
    if (!isOnline()) return;
    if (error.code !== 'rate_limited') failures = countUploaded(parts) > before ? 1 : failures + 1;
    const delayMs =
      error.retryable && failures < MOST_FAILURES
        ? ports.policy.nextDelayMs({ attempt: failures - 1, error })
        : null;
    if (delayMs === null) throw error;
    await pause(ports.environment, delayMs, signal);
    if (!isOnline()) return;
  }
  files.ids = parts.map(({ form }) => form?.attachmentId ?? '');
}

/** The part of an outgoing message that `mend` uses. */
export interface Refused {
  readonly clientMsgId: string;
  readonly conversationId: string | undefined;
  readonly from: string | undefined;
  readonly files: OutgoingFiles | undefined;
  renew(): void;
}

/** See `Uploads` of the outbox. */
export async function mend(
  http: Pick<HttpApi, 'history'>,
  message: Refused,
  { code, issues = [] }: Pick<ImError, 'code'> & Partial<Pick<RefusedError, 'issues'>>,
): Promise<Message | boolean> {
  const { clientMsgId, conversationId = '', from, files } = message;
  if (code === 'idempotency_conflict') {
    // Stored with other ids of the files: by another tab, or before a restart of the program.
    const { messages } = await http.history(conversationId, { limit: PAGE_MAX });
    return messages.find((one) => one.clientMsgId === clientMsgId && one.from === from) ?? false;
  }
  const isGone = issues.some(({ path }) => path.startsWith('content.attachments'));
  if (files === undefined || files.isRenewed || !isGone) return false;
  // A day has passed since the upload. The server has looked for the message before it refused it (IM-FILE-2).
  files.isRenewed = true;
  message.renew();
  partsOf.delete(files);
  files.ids = undefined;
  for (const index of files.draft.sources.keys()) files.progress(index, { state: 'waiting', sentBytes: 0 });
  return true;
}

function begin(files: OutgoingFiles): Part[] {
  const parts = files.draft.sources.map((source, index) => ({
    index,
    source,
    form: undefined,
    isPrepared: false,
    isUploaded: false,
  }));
  partsOf.set(files, parts);
  for (const [index, { name, type }] of files.content.attachments.entries())
    files.know(index, { name: fileName(name), type: fileType(type) });
  return parts;
}

function countUploaded(parts: readonly Part[]): number {
  return parts.filter(({ isUploaded }) => isUploaded).length;
}

/** One attempt to upload all that is missing. */
class Attempt {
  readonly #ports: UploaderPorts;
  readonly #files: OutgoingFiles;
  readonly #target: Target;
  readonly #signal: AbortSignal;
  readonly #turns: Turns;

  constructor(ports: UploaderPorts, files: OutgoingFiles, target: Target, signal: AbortSignal) {
    this.#ports = ports;
    this.#files = files;
    this.#target = target;
    this.#signal = signal;
    this.#turns = turnsOf.get(ports.http) ?? new Turns(AT_ONCE);
    turnsOf.set(ports.http, this.#turns);
  }

  /** Asks for all forms first, so that a file that is not allowed fails the message before any is uploaded. */
  async run(parts: readonly Part[]): Promise<ImError | undefined> {
    return (
      (await this.#each(parts, (part) => this.#ask(part))) ??
      (await this.#each(parts, (part) => this.#post(part)))
    );
  }

  /** Returns the error that decides: one that no retry can solve, if there is one. */
  async #each(parts: readonly Part[], step: (part: Part) => Promise<unknown>): Promise<ImError | undefined> {
    const errors: ImError[] = [];
    const run = async (part: Part): Promise<void> => {
      try {
        if (!part.isUploaded) await this.#turns.take(() => this.#unlessAborted(() => step(part)));
      } catch (cause) {
        const error = toImError(cause);
        errors.push(error);
        if (!this.#signal.aborted)
          this.#files.progress(part.index, { state: 'waiting', sentBytes: 0, error });
      }
    };
    await Promise.all(parts.map(run));
    return errors.find(({ retryable }) => !retryable) ?? errors[0];
  }

  async #unlessAborted(task: () => Promise<unknown>): Promise<void> {
    if (this.#signal.aborted) throw cancelled();
    await task();
  }

  async #ask(part: Part): Promise<AttachmentBody> {
    const { clock, http } = this.#ports;
    if (part.form !== undefined && part.form.expiresAt - FORM_MARGIN_MS > clock.now()) return part.form;
    await this.#prepare(part);
    const { thumbnail, data } = part.source;
    const { attachmentId, thumbnail: _, ...record } = this.#files.content.attachments[part.index] ?? {};
    const asked = {
      ...this.#target,
      ...record,
      size: data.size,
      thumbnail: thumbnail ? factsOf(thumbnail) : undefined,
    };
    try {
      part.form = await http.call<AttachmentBody>('POST', '/attachments', asked);
      return part.form;
    } catch (error) {
      throw isFinal(error) ? refusal(error) : error;
    }
  }

  /** Once a file, since it takes a phone a while. */
  async #prepare(part: Part): Promise<void> {
    const { type = '' } = part.source.data;
    if (!('uri' in part.source.data || part.source.data instanceof Blob)) throw lost();
    if (part.isPrepared || !/^(image|audio|video)\//i.test(type)) return;
    const { prepare } = await import('./prepare.ts');
    part.source = await prepare(part.source, this.#files.draft.keepMetadata === true);
    part.isPrepared = true;
    const { data, width, height, durationMs } = part.source;
    const facts = { width, height, durationMs };
    this.#files.know(part.index, { size: data.size, ...JSON.parse(JSON.stringify(facts)) });
    this.#files.progress(part.index, { totalBytes: data.size });
  }

  async #post(part: Part): Promise<void> {
    const { index, source } = part;
    const { data, thumbnail } = source;
    // It may have waited for its turn for long.
    const { upload, thumbnailUpload } = await this.#ask(part);
    this.#files.progress(index, { state: 'uploading', sentBytes: 0, error: undefined });
    const { environment } = this.#ports;
    const context = { environment, signal: this.#signal, onProgress: () => {} };
    const onProgress = (share: number): void => {
      if (!this.#signal.aborted) this.#files.progress(index, { sentBytes: Math.round(share * data.size) });
    };
    try {
      if (thumbnail && thumbnailUpload) await postForm(thumbnailUpload, thumbnail.data, context);
      await postForm(upload, data, { ...context, onProgress });
    } catch (error) {
      // Refused: the form has ended, or the keys that signed it. The next attempt asks for another.
      if (error instanceof ForeignAnswerError && error.status < 500) part.form = undefined;
      throw error;
    }
    part.isUploaded = true;
    this.#files.progress(index, { state: 'done', sentBytes: data.size });
  }
}

/** Too early, too many, too slow; after a 401 another token may help. */
const PASSING = [401, 408, 425, 429];

/** A gateway that answers 404 has no such route, and will have none in a minute either. */
function isFinal(error: unknown): error is ForeignAnswerError {
  if (!(error instanceof ForeignAnswerError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && !PASSING.includes(status);
}

function refusal(error: ForeignAnswerError): ImError {
  return invalid(error.status === 404 ? 'this deployment takes no files' : error.message, error);
}

/** The message is from an earlier run of the program, and the store has not kept the file. */
function lost(): ImError {
  return new ImError('not_found', 'the file is no longer here: send it again', { retryable: false });
}

function factsOf({ data: { size, type }, width, height }: ThumbnailSource): object {
  return { size, type, width, height };
}

/** Ends early when the signal is aborted. */
function pause(environment: Pick<Environment, 'after'>, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(cancelled());
    };
    const cancel = environment.after(delayMs, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort);
  });
}
