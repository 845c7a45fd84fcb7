import { UnauthorizedError } from '@serverless-im/client';

/**
 * Tokens from the embedding page (`widget.js`, `data-token`): its signed-in user is signed in here. The chat asks the
 * page whenever it needs a token.
 */

const TYPE = 'serverless-im.token';
/** A page that does not answer in this time lacks `widget.js`, or its own sign-in hangs. */
const TIMEOUT_MS = 20_000;

interface Answer {
  readonly type: typeof TYPE;
  readonly id: string;
  /** Absent if no user is signed in there. */
  readonly token?: string;
  /** The page's function threw, so the chat may ask again. */
  readonly failed?: boolean;
}

/** @throws {UnauthorizedError} if no user is signed in there; any other error may pass */
export async function hostToken(): Promise<string> {
  const id = crypto.randomUUID();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onMessage = ({ source, data }: MessageEvent<Partial<Answer> | null>) => {
    if (source !== window.parent || data?.type !== TYPE || data.id !== id) return;
    if (typeof data.token === 'string') resolve(data.token);
    else if (data.failed === true) reject(new Error('the embedding page could not get a token'));
    else reject(new UnauthorizedError('no user is signed in to the embedding page'));
  };
  const timer = setTimeout(() => reject(new Error('the embedding page did not answer')), TIMEOUT_MS);
  window.addEventListener('message', onMessage);
  try {
    // Any origin may embed this page, and the question holds no secret.
    window.parent.postMessage({ type: TYPE, id }, '*');
    return await promise;
  } finally {
    clearTimeout(timer);
    window.removeEventListener('message', onMessage);
  }
}

/** The subject of a token, unverified: it only names this browser's store. */
export function subjectOf(token: string): string {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    return String(JSON.parse(atob(payload)).sub);
  } catch {
    return 'somebody';
  }
}
