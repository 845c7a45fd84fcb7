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

/**
 * Whether a page of this origin may hand over a token. Any other could sign the customer in as another user, who then
 * reads what the customer writes. Browsers enforce the same list by `frame-ancestors`, unless a server forgets the header.
 */
export function mayHandToken(origin: string, widgetOrigins: readonly string[]): boolean {
  return origin === location.origin || widgetOrigins.some((one) => one === '*' || one === origin);
}

/**
 * @param widgetOrigins the origins that may answer, besides the page's own
 * @throws {UnauthorizedError} if no user is signed in there; any other error may pass
 */
export async function hostToken(widgetOrigins: readonly string[]): Promise<string> {
  const id = crypto.randomUUID();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onMessage = ({ source, origin, data }: MessageEvent<Partial<Answer> | null>) => {
    if (source !== window.parent || data?.type !== TYPE || data.id !== id) return;
    if (!mayHandToken(origin, widgetOrigins)) reject(new Error(`${origin} may not embed this chat`));
    else if (typeof data.token === 'string') resolve(data.token);
    else if (data.failed === true) reject(new Error('the embedding page could not get a token'));
    else reject(new UnauthorizedError('no user is signed in to the embedding page'));
  };
  const timer = setTimeout(() => reject(new Error('the embedding page did not answer')), TIMEOUT_MS);
  window.addEventListener('message', onMessage);
  try {
    // The question holds no secret, so any origin may read it.
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
