import type { UploadForm } from '../../../protocol/attachments.ts';
import { ForeignAnswerError, ImError, NetworkError, TimeoutError } from '../model/errors.ts';
import type { FileData } from '../model/upload.ts';
import type { Environment } from '../support/environment.ts';
import type { FileUri } from './file-source.ts';

export interface PostContext {
  readonly environment: Pick<Environment, 'after' | 'fetch'>;
  readonly signal: AbortSignal;
  onProgress(share: number): void;
}

/** A connection on which nothing moves for this long is dead: neither XMLHttpRequest nor `fetch` notices that in time. */
const SILENCE_MS = 60_000;
/** `fetch` doesn't say how far it is, so it has as long as the form is valid. */
const FETCH_MS = 900_000;

/**
 * Posts a file to S3. Rejects with a `ForeignAnswerError` if S3 refuses it, a `NetworkError` without an answer, a `TimeoutError` if
 * nothing moves any more, and an `ImError` `cancelled`. With `XMLHttpRequest` there is progress: in browsers and React Native.
 */
export async function postForm(
  form: UploadForm,
  file: FileData | FileUri,
  context: PostContext,
): Promise<void> {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  // React Native takes an object with a URI in place of a Blob.
  if ('uri' in file) body.append('file', { name: 'file', ...file } as unknown as Blob);
  else body.append('file', file as Blob, 'file');
  const post = globalThis.XMLHttpRequest === undefined ? fetchForm : sendForm;
  const { status, text } = await post(form.url, body, context);
  if (status < 200 || status > 299) throw new ForeignAnswerError(status, `POST ${form.url}`, codeOf(text));
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function fetchForm(url: string, body: FormData, context: PostContext): Promise<Answer> {
  const { environment, signal } = context;
  const aborter = new AbortController();
  const abort = (): void => aborter.abort();
  const cancelTimer = environment.after(FETCH_MS, abort);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    // No content type: `fetch` adds it, with the boundary of the parts.
    const response = await environment.fetch(url, {
      method: 'POST',
      headers: {},
      body,
      signal: aborter.signal,
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (signal.aborted) throw cancelled();
    throw aborter.signal.aborted
      ? new TimeoutError(url, FETCH_MS)
      : new NetworkError(`could not reach ${url}`, error);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', abort);
  }
}

function sendForm(
  url: string,
  body: FormData,
  { environment, signal, onProgress }: PostContext,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const request = new XMLHttpRequest();
    let cancelTimer = (): void => {};
    const end = (error?: ImError): void => {
      cancelTimer();
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve({ status: request.status, text: request.responseText });
      else reject(error);
    };
    const stop = (error: ImError): void => {
      request.onerror = null;
      request.abort();
      end(error);
    };
    const abort = (): void => stop(cancelled());
    const heard = (): void => {
      cancelTimer();
      cancelTimer = environment.after(SILENCE_MS, () => stop(new TimeoutError(url, SILENCE_MS)));
    };
    request.upload.onprogress = ({ loaded, total }) => {
      heard();
      if (total > 0) onProgress(loaded / total);
    };
    request.onload = () => end();
    request.onerror = () => end(new NetworkError(`could not reach ${url}`));
    signal.addEventListener('abort', abort);
    request.open('POST', url);
    request.send(body);
    heard();
    if (signal.aborted) abort();
  });
}

/** S3 answers with XML, which also has the key and the signature. */
function codeOf(xml: string): string {
  const [, code = '', message = ''] =
    /<Code>(.*?)<\/Code>.*?(?:<Message>(.*?)<\/Message>|$)/s.exec(xml) ?? [];
  return `${code} ${message}`.trim();
}

export function cancelled(): ImError {
  return new ImError('cancelled', 'the upload was cancelled', { retryable: false });
}
