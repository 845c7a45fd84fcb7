import { UnauthorizedError } from '@serverless-im/client';

/**
 * Tokens from the page around the frame (`widget.js`, `data-token`): who is signed in there is signed in here. The page is
 * asked for one whenever the chat needs one.
 */

const TYPE = 'serverless-im.token';
/** A page that has not answered by then has no script of ours, or its own sign-in hangs. */
const TIMEOUT_MS = 20_000;

interface Answer {
  readonly type: typeof TYPE;
  readonly id: string;
  /** Missing: nobody is signed in there. */
  readonly token?: string;
  /** Nobody knows: the page could not tell. */
  readonly failed?: boolean;
}

/** @throws {UnauthorizedError} nobody is signed in there; anything else: it can't be told now */
export async function hostToken(): Promise<string> {
  const id = crypto.randomUUID();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const hear = ({ source, data }: MessageEvent<Partial<Answer> | null>) => {
    if (source !== window.parent || data?.type !== TYPE || data.id !== id) return;
    if (typeof data.token === 'string') resolve(data.token);
    else if (data.failed === true) reject(new Error('the page around this one has no token now'));
    else reject(new UnauthorizedError('nobody is signed in to the page around this one'));
  };
  const timer = setTimeout(() => reject(new Error('the page around this one did not answer')), TIMEOUT_MS);
  window.addEventListener('message', hear);
  try {
    // To whoever shows this page: the question tells nothing.
    window.parent.postMessage({ type: TYPE, id }, '*');
    return await promise;
  } finally {
    clearTimeout(timer);
    window.removeEventListener('message', hear);
  }
}

/** The subject of a token: it only names what the browser keeps; the server decides who this is. */
export function subjectOf(token: string): string {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return String(JSON.parse(atob(payload)).sub);
  } catch {
    return 'somebody';
  }
}
