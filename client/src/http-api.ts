import type {
  Conversation,
  ConversationsBody,
  GroupBody,
  HistoryBody,
  MembersBody,
  ReadsBody,
  SessionBody,
} from '../../protocol/http.ts';
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

type Query = Record<string, string | number | null | undefined>;

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

  /** All conversations that have messages; with `changedSince` (the server's milliseconds) those with new ones. */
  async conversations(changedSince?: number): Promise<Conversation[]> {
    const all: Conversation[] = [];
    let cursor: string | null | undefined;
    do {
      const query = { limit: LIMITS.pageMax, changedSince, cursor };
      const page: ConversationsBody = await this.#get('/conversations', query);
      all.push(...page.conversations);
      cursor = page.cursor;
    } while (cursor !== null);
    return all;
  }

  history(conversationId: string, { after, before, limit }: HistoryRange): Promise<HistoryBody> {
    return this.#get<HistoryBody>(`/conversations/${encodeURIComponent(conversationId)}/messages`, {
      after,
      before,
      limit,
    });
  }

  createGroup(body: object): Promise<GroupBody> {
    return this.#call<GroupBody>('POST', '/groups', body);
  }

  group(id: string): Promise<GroupBody> {
    return this.#get<GroupBody>(`/groups/${encodeURIComponent(id)}`, {});
  }

  updateGroup(id: string, body: object): Promise<GroupBody> {
    return this.#call<GroupBody>('PATCH', `/groups/${encodeURIComponent(id)}`, body);
  }

  members(id: string, cursor: string | undefined): Promise<MembersBody> {
    return this.#get<MembersBody>(`/groups/${encodeURIComponent(id)}/members`, { cursor });
  }

  reads(id: string, cursor: string | undefined): Promise<ReadsBody> {
    return this.#get<ReadsBody>(`/groups/${encodeURIComponent(id)}/reads`, { cursor });
  }

  addMembers(id: string, members: readonly string[]): Promise<GroupBody> {
    return this.#call<GroupBody>('POST', `/groups/${encodeURIComponent(id)}/members`, { members });
  }

  async removeMember(id: string, userId: string): Promise<void> {
    await this.#send('DELETE', `/groups/${encodeURIComponent(id)}/members/${encodeURIComponent(userId)}`);
  }

  #get<Body>(path: string, query: Query): Promise<Body> {
    return this.#call<Body>('GET', path + queryString(query));
  }

  async #call<Body>(method: string, path: string, body?: object): Promise<Body> {
    const answer = await this.#send(method, path, body);
    if (answer.body === undefined) throw new NetworkError(`${path}: the answer is not JSON`);
    return answer.body as Body;
  }

  async #send(method: string, path: string, body?: object): Promise<Answer> {
    const ask = (token: string): Promise<Answer> => this.#fetch(this.#baseUrl + path, method, token, body);
    let answer = await ask(await this.#tokens.current());
    if (answer.status === 401) answer = await ask(await this.#tokens.fresh());
    if (!answer.ok) throw refusalOf(answer.status, answer.body);
    return answer;
  }

  async #fetch(url: string, method: string, token: string, body: object | undefined): Promise<Answer> {
    const aborter = new AbortController();
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = {
      method,
      headers,
      signal: aborter.signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const work = this.#environment.fetch(url, init).then(readAnswer);
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

function queryString(query: Query): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) pairs.push(`${name}=${encodeURIComponent(value)}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
