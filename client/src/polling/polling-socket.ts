import type { ErrorBody } from '../../../protocol/frames.ts';
import type { ChangesBody, ConversationsBody, PollBody, SessionBody } from '../../../protocol/http.ts';
import type { Fetch, Socket } from '../support/environment.ts';

export interface PollingSocketOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly httpUrl: string;
  readonly fetch: Fetch;
  /** Closes after this many milliseconds, so that a real socket is tried. */
  readonly forMs: number;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

interface Frame {
  readonly action: string;
  readonly id?: string;
  readonly token?: string;
  readonly batch?: string;
  readonly [field: string]: unknown;
}

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

const WAIT_MS = 20_000;
const HEARTBEAT_MS = 8 * 60_000;
/** The assumed lifetime of a token without `exp`. */
const HOUR_MS = 3_600_000;
/** How often to ask what changed (IM-CHANGE-4). */
const CHANGES_MS = 60_000;
/** When to retry frames that need a real socket. */
const LATER_MS = 60_000;

/** A socket over `POST /poll` and `POST /messages` (IM-POLL). */
export class PollingSocket implements Socket {
  onopen: ((event: never) => unknown) | null = null;
  onmessage: ((event: never) => unknown) | null = null;
  onerror: ((event: never) => unknown) | null = null;
  onclose: ((event: never) => unknown) | null = null;
  readonly #httpUrl: string;
  readonly #fetch: Fetch;
  readonly #nowMs: () => number;
  readonly #deviceId: string;
  readonly #aborter = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  #token: string;
  /** When a session with a token that has no `exp` ends: an hour after `hello`, by the server's clock. */
  #endsAtMs = 0;
  /** Ahead of this device's clock. */
  #serverAheadMs = 0;
  /** Changes from before this server time are known. */
  #changesSinceMs = 0;
  #isAskingChanges = false;
  #isClosed = false;

  constructor({ url, protocols, httpUrl, fetch, forMs, nowMs }: PollingSocketOptions) {
    this.#httpUrl = httpUrl.replace(/\/+$/, '');
    this.#fetch = fetch;
    this.#nowMs = nowMs;
    // React Native's URL can't read a query.
    this.#deviceId = decodeURIComponent(/[?&]deviceId=([^&]*)/.exec(url)?.[1] ?? '');
    this.#token = protocols.find((one) => one.startsWith('im.token.'))?.slice('im.token.'.length) ?? '';
    this.#timer = setTimeout(() => this.close(), forMs);
    queueMicrotask(() => {
      if (!this.#isClosed) this.onopen?.({} as never);
    });
  }

  send(data: string): void {
    const frame: Frame = JSON.parse(data);
    this.#handle(frame).catch(() => this.close());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#aborter.abort();
    queueMicrotask(() => this.onclose?.({} as never));
  }

  async #handle(frame: Frame): Promise<void> {
    const { action, id } = frame;
    switch (action) {
      case 'hello':
        return this.#hello(id);
      case 'ackInbox': {
        const page = await this.#poll(0, frame.batch);
        this.#deliver({ type: 'inbox', id, ...inboxOf(page) });
        if (page.batch === null) void this.#listen();
        return;
      }
      case 'sendMessage': {
        const { action: _, id: __, ...message } = frame;
        const { status, body } = await this.#call<object>('POST', '/messages', 'seq', message);
        if (status === 200) this.#deliver({ type: 'sent', id, ...body });
        else this.#refuse(id, body);
        return;
      }
      case 'heartbeat': {
        const { status, body } = await this.#askSession();
        if (status !== 200) return this.#refuse(id, body);
        const { serverTime } = body;
        return this.#deliver({ type: 'heartbeat', id, serverTime, session: this.#session() });
      }
      case 'renew':
        this.#token = frame.token ?? this.#token;
        return this.#deliver({ type: 'session', id, session: this.#session() });
      case 'typing':
      case 'live':
        return;
      default:
        return this.#refuse(id, {
          code: 'unavailable',
          message: 'not available while polling',
          retryable: true,
          retryAfterMs: LATER_MS,
        });
    }
  }

  async #hello(id: string | undefined): Promise<void> {
    const { status, body } = await this.#askSession();
    if (status !== 200) return this.#refuse(id, body);
    this.#endsAtMs = body.serverTime + HOUR_MS;
    this.#serverAheadMs = body.serverTime - this.#nowMs();
    this.#changesSinceMs = body.serverTime;
    const page = await this.#poll(0);
    this.#deliver({
      type: 'welcome',
      id,
      userId: body.userId,
      deviceId: this.#deviceId,
      connectionId: 'polling',
      serverTime: body.serverTime,
      session: this.#session(),
      heartbeatIntervalMs: HEARTBEAT_MS,
      inbox: inboxOf(page),
    });
    if (page.batch === null) void this.#listen();
  }

  /** Polls until the socket is closed. Messages are delivered, then acknowledged by the next poll. */
  async #listen(): Promise<void> {
    let batch: string | null = null;
    try {
      while (!this.#isClosed) {
        const page: PollBody = await this.#poll(WAIT_MS, batch);
        void this.#askChanges();
        if (page.messages.length > 0) this.#deliver({ type: 'messages', messages: page.messages });
        batch = page.batch;
      }
    } catch {
      this.close();
    }
  }

  /**
   * Delivers changed messages, about once a minute, as the pushes that a socket would have had, but without the author of
   * the change. Costs one request, and one for each conversation in which something happened.
   */
  async #askChanges(): Promise<void> {
    const askedAtMs = this.#nowMs() + this.#serverAheadMs;
    if (this.#isAskingChanges || askedAtMs - this.#changesSinceMs < CHANGES_MS) return;
    this.#isAskingChanges = true;
    try {
      for (let cursor: string | null = ''; cursor !== null; ) {
        const list: ConversationsBody = await this.#get(`/conversations?limit=100&changedSince=`, cursor);
        for (const { conversationId } of list.conversations) await this.#askChangesOf(conversationId);
        cursor = list.cursor;
      }
      this.#changesSinceMs = askedAtMs;
    } catch {
      // The next poll asks again, or ends the socket.
    } finally {
      this.#isAskingChanges = false;
    }
  }

  async #askChangesOf(conversationId: string): Promise<void> {
    const path = `/conversations/${encodeURIComponent(conversationId)}/changes?since=`;
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: ChangesBody = await this.#get(path, cursor);
      // Too many changes: the next connection reads its messages again.
      if (page.reset === true) this.close();
      for (const message of page.messages) this.#deliver({ type: 'changed', conversationId, message });
      cursor = page.cursor;
    }
  }

  /** @param path without its last value, the time since when */
  async #get<Body>(path: string, cursor: string): Promise<Body> {
    const query = `${path}${Math.floor(this.#changesSinceMs)}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { status, body } = await this.#call<Body>('GET', query, 'cursor');
    if (status !== 200) throw new Error(`${path}: ${status}`);
    return body;
  }

  /** @throws if the session has ended or the server doesn't answer. */
  async #poll(waitMs: number, batch: string | null = null): Promise<PollBody> {
    const request = { deviceId: this.#deviceId, waitMs, ...(batch !== null && { batch }) };
    const { status, body } = await this.#call<PollBody & Partial<ErrorBody>>(
      'POST',
      '/poll',
      'messages',
      request,
    );
    if (status === 200) return body;
    if (body.code === 'rate_limited') {
      // Other devices of the user wait already. Messages come to all of them, so this one may ask later.
      await this.#pause(body.retryAfterMs ?? LATER_MS);
      return this.#poll(waitMs, batch);
    }
    if (body.code === 'session_expired')
      this.#deliver({ type: 'session.closed', code: 'expired', reconnect: true });
    throw new Error(`/poll: ${status}`);
  }

  /** Ends early when the socket is closed. */
  #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#aborter;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #askSession(): Promise<Answer<SessionBody>> {
    const path = `/session?deviceId=${encodeURIComponent(this.#deviceId)}`;
    return this.#call('GET', path, 'userId');
  }

  /**
   * @param field of every 200 of the service. A captive portal answers 200, too, and has stored nothing.
   * @throws if there is no answer, or if it is not the service's
   */
  async #call<Body>(method: string, path: string, field: string, body?: object): Promise<Answer<Body>> {
    const response = await this.#fetch(this.#httpUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      signal: this.#aborter.signal,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = parsed(await response.text());
    if (response.status === 200 && !(field in answer)) throw new Error(`${path}: not the service's answer`);
    return { status: response.status, body: answer as Body };
  }

  #refuse(id: string | undefined, body: object): void {
    // The gateway's own answers, such as 429 and 503, have no code.
    const unknown = { code: 'unavailable', message: 'no answer', retryable: true };
    this.#deliver({ type: 'error', id, ...unknown, ...body });
  }

  #deliver(frame: object): void {
    if (!this.#isClosed) this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  #session(): { readonly expiresAt: number } {
    return { expiresAt: expiryOf(this.#token) ?? this.#endsAtMs };
  }
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function inboxOf({ messages, batch, more }: PollBody): object {
  return { messages, batch, more };
}

/** Epoch milliseconds, unverified: the server verifies. */
function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1] ?? '';
    const { exp }: { exp?: number } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}
