import type { Conversation, ConversationsBody, HistoryBody, SessionBody } from '../../../protocol/http.ts';
import { errorOfAnswer, ImError, NetworkError, type RefusedError } from '../model/errors.ts';
import { PAGE_MAX, REPLY_TIMEOUT_MS } from '../model/limits.ts';
import type { Environment, FetchResponse } from '../support/environment.ts';
import { withTimeout } from './timeout.ts';
import type { Tokens } from './tokens.ts';

/**
 * A page of history. `after` and `before` are exclusive bounds; give at most one. Without either: the latest page.
 *
 * @example
 * const earlier: HistoryRange = { before: oldestSeq, limit: 20 };
 */
export interface HistoryRange {
  /** The page starts right after this seq. */
  readonly after?: number;
  /** The page ends right before this seq. */
  readonly before?: number;
  /** Messages per page, 1 to 100. Defaults to 50. */
  readonly limit?: number;
}

/** The server's list of conversations, all pages of it. */
export interface ListedConversations {
  readonly conversations: readonly Conversation[];
  /** The conversations that the user left since. Undefined: the list is complete; drop what it lacks (IM-CHANGE-3). */
  readonly removed?: readonly string[];
}

type Query = Record<string, string | number | null | undefined>;

/**
 * The HTTP API (docs/protocol.md, section 6). Every method rejects with an `ImError`: `RefusedError` for an error of the
 * service, `ForeignAnswerError` for one of a gateway or proxy, `NetworkError` or `TimeoutError` (10 s) without an answer.
 * After a 401 it retries once with a fresh token.
 */
export class HttpApi {
  readonly #baseUrl: string;
  readonly #tokens: Tokens;
  readonly #environment: Environment;
  readonly #onLimited: (retryAfterMs: number) => void;

  /** `onLimited`: the user's budget is used up for this long (IM-BUDGET-1). */
  constructor(
    httpUrl: string,
    tokens: Tokens,
    environment: Environment,
    onLimited: (retryAfterMs: number) => void,
  ) {
    this.#baseUrl = httpUrl.replace(/\/+$/, '');
    this.#tokens = tokens;
    this.#environment = environment;
    this.#onLimited = onLimited;
  }

  /** The user of the token, or the reason why an upgrade would be refused (IM-CONN-7). */
  session(deviceId: string): Promise<SessionBody> {
    return this.#get('/session', { deviceId }, 'userId');
  }

  /** All conversations; with `changedSince` (the server's epoch milliseconds) those that may have changed since. */
  async conversations(changedSince?: number, cursor?: string): Promise<ListedConversations> {
    const query = { limit: PAGE_MAX, changedSince, cursor };
    const page: ConversationsBody = await this.#get('/conversations', query, 'conversations');
    if (!page.cursor) return page;
    const { conversations } = await this.conversations(changedSince, page.cursor);
    return { ...page, conversations: [...page.conversations, ...conversations] };
  }

  history(conversationId: string, { after, before, limit }: HistoryRange): Promise<HistoryBody> {
    const path = `/conversations/${encodeURIComponent(conversationId)}/messages`;
    return this.#get(path, { after, before, limit }, 'messages');
  }

  /** @param field of every answer of the service: a captive portal may answer with JSON of its own */
  async #get<Body extends object>(path: string, query: Query, field: string): Promise<Body> {
    const body = await this.call<Body>('GET', path + queryString(query));
    if (field in body) return body;
    throw errorOfAnswer(200, body, this.#baseUrl + path);
  }

  /** Any other request. Resolves to the body of the answer; undefined if it has none: a 202, and some of `PUT` and `DELETE`. */
  async call<Body>(method: string, path: string, body?: object): Promise<Body> {
    const url = this.#baseUrl + path;
    const ask = (token: string): Promise<Answer> => this.#fetch(url, method, token, body);
    let answer = await ask(await this.#tokens.current());
    if (answer.status === 401) answer = await ask(await this.#tokens.fresh());
    // A captive portal answers 200 with a page of its own, or with nothing.
    const { body: answered, ok, status } = answer;
    const isDone = answered === undefined && (status === 202 || /PUT|DEL/.test(method));
    if (ok && (isDone || answered instanceof Object)) return answered as Body;
    const error = errorOfAnswer(status, answered, `${method} ${url}`);
    if (error.code === 'rate_limited') this.#onLimited((error as RefusedError).retryAfterMs ?? 0);
    throw error;
  }

  async #fetch(url: string, method: string, token: string, body: object | undefined): Promise<Answer> {
    const aborter = new AbortController();
    const init = {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      signal: aborter.signal,
      ...(body && { body: JSON.stringify(body) }),
    };
    const work = this.#environment.fetch(url, init).then(readAnswer);
    try {
      return await withTimeout(this.#environment, work, url, REPLY_TIMEOUT_MS);
    } catch (error) {
      aborter.abort();
      throw error instanceof ImError ? error : new NetworkError(`could not reach ${url}`, error);
    }
  }
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** The text if the body is not JSON, undefined if there is none. */
  readonly body: unknown;
}

async function readAnswer(response: FetchResponse): Promise<Answer> {
  const { ok, status } = response;
  return { ok, status, body: parsed(await response.text()) };
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

export function queryString(query: Query): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) pairs.push(`${name}=${encodeURIComponent(value)}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
