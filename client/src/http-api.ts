import type { Conversation, ConversationsBody, HistoryBody, SessionBody } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Environment, FetchResponse } from './environment.ts';
import { ImError, NetworkError, refusalOf, TimeoutError } from './errors.ts';
import { withTimeout } from './timeout.ts';
import type { Tokens } from './tokens.ts';

/** Which page of history. `after` and `before` are exclusive and exclude each other; with neither: the latest. */
export interface HistoryRange {
  readonly after?: number;
  readonly before?: number;
  /** 1 to 100, 50 by default. */
  readonly limit?: number;
}

/**
 * The HTTP API (section 6). Everything rejects with an `ImError`: `RefusedError` for an answer with an error status,
 * `NetworkError` or `TimeoutError` (10 s) for none. A 401 is tried once more with a fresh token.
 */
export class HttpApi {
  readonly #baseUrl: string;
  readonly #tokens: Tokens;
  readonly #environment: Environment;

  constructor(httpUrl: string, tokens: Tokens, environment: Environment) {
    this.#baseUrl = httpUrl.replace(/\/+$/, '');
    this.#tokens = tokens;
    this.#environment = environment;
  }

  /** Who this is, or why an upgrade would be refused (IM-CONN-7). */
  session(deviceId: string): Promise<SessionBody> {
    return this.#get<SessionBody>('/session', { deviceId });
  }

  /** All conversations that have messages. */
  async conversations(): Promise<Conversation[]> {
    const all: Conversation[] = [];
    let cursor: string | null | undefined;
    do {
      const page: ConversationsBody = await this.#get('/conversations', { limit: LIMITS.pageMax, cursor });
      all.push(...page.conversations);
      cursor = page.cursor;
    } while (cursor !== null);
    return all;
  }

  history(conversationId: string, { after, before, limit }: HistoryRange): Promise<HistoryBody> {
    const path = `/conversations/${encodeURIComponent(conversationId)}/messages`;
    return this.#get<HistoryBody>(path, { after, before, limit });
  }

  async #get<Body>(path: string, query: Record<string, string | number | null | undefined>): Promise<Body> {
    const url = this.#baseUrl + path + queryString(query);
    let answer = await this.#fetch(url, await this.#tokens.current());
    if (answer.status === 401) answer = await this.#fetch(url, await this.#tokens.fresh());
    if (!answer.ok) throw refusalOf(answer.status, answer.body);
    if (answer.body === undefined) throw new NetworkError(`${path}: the answer is not JSON`);
    return answer.body as Body;
  }

  async #fetch(url: string, token: string): Promise<Answer> {
    const aborter = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    const work = this.#environment.fetch(url, { headers, signal: aborter.signal }).then(readAnswer);
    const late = new TimeoutError('HTTP', LIMITS.replyTimeoutMs);
    try {
      return await withTimeout(this.#environment, work, LIMITS.replyTimeoutMs, late);
    } catch (error) {
      aborter.abort();
      throw error instanceof ImError ? error : new NetworkError('the HTTP API could not be reached', error);
    }
  }
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** Undefined if the body is not JSON. */
  readonly body: unknown;
}

async function readAnswer(response: FetchResponse): Promise<Answer> {
  const body = await response.json().catch(() => undefined);
  return { ok: response.ok, status: response.status, body };
}

function queryString(query: Record<string, string | number | null | undefined>): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) pairs.push(`${name}=${encodeURIComponent(value)}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
