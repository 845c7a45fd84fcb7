import type { Json } from '../../flow/setup/json.ts';

import type { Effect, ListedConversation, Membership, Outcome, SeenMessage } from '../history.ts';
import type { Settings } from '../people-history.ts';
import type { Recorder } from '../recorder.ts';
import { effectOfCode, type FrameOptions, outcomeOfCode, requestOf, type SendIntent } from './send-intent.ts';

const TIMEOUT_MS = 12_000;

export interface Range {
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
}

export interface AccountPorts {
  readonly recorder: Recorder;
  readonly httpUrl: string;
  readonly token: () => Promise<string>;
}

interface Reply {
  /** 0: no response. */
  readonly status: number;
  readonly body: Json;
}

/** A user of the HTTP API. */
export class Account {
  readonly user: string;
  readonly #ports: AccountPorts;

  constructor(user: string, ports: AccountPorts) {
    this.user = user;
    this.#ports = ports;
  }

  async post(intent: SendIntent, options: FrameOptions): Promise<Outcome> {
    const { recorder } = this.#ports;
    const { user, conversationId, clientMsgId, content } = intent;
    const id = recorder.begin({ user, via: 'http', conversationId, clientMsgId, content });
    const { status, body } = await this.request('POST', '/messages', requestOf(intent, options));
    const outcome = recorder.settle(id, outcomeOf(status, body));
    intent.outcomes.push(outcome);
    return outcome;
  }

  /** Reads one page; `undefined` on failure. */
  async page(
    conversationId: string,
    range: Range,
  ): Promise<{ messages: SeenMessage[]; hasMore: boolean } | undefined> {
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const query = new URLSearchParams(Object.entries(range).map(([name, value]) => [name, String(value)]));
    const path = `/conversations/${encodeURIComponent(conversationId)}/messages?${query}`;
    const { status, body } = await this.request('GET', path);
    if (status !== 200) {
      recorder.note(`${this.user} got ${status} for ${path}`);
      return undefined;
    }
    const { limit: _, ...bounds } = range;
    const { messages, hasMore } = body;
    const page = { conversationId, ...bounds, hasMore, begun };
    recorder.add({ type: 'saw', user: this.user, channel: 'history', messages, page });
    return { messages, hasMore };
  }

  /** Reads all conversations; `undefined` on failure. */
  async list(limit: number): Promise<readonly ListedConversation[] | undefined> {
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const conversations: ListedConversation[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await this.request('GET', `/conversations?limit=${limit}${more}`);
      if (status !== 200) {
        recorder.note(`${this.user} got ${status} for the list of conversations`);
        return undefined;
      }
      conversations.push(...body.conversations.map(toListed));
      cursor = body.cursor;
    }
    recorder.add({ type: 'listed', user: this.user, begun, conversations });
    return conversations;
  }

  /** Adds a member to a group or removes one, including oneself. */
  async change(change: Membership['change'], conversationId: string, member: string): Promise<Effect> {
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const path = `/groups/${conversationId}/members`;
    const { status, body } =
      change === 'add'
        ? await this.request('POST', path, { members: [member] })
        : await this.request('DELETE', `${path}/${member}`);
    const outcome = effectOf(status, body);
    const event = { type: 'membership', user: member, conversationId, by: this.user, change } as const;
    recorder.add({ ...event, begun, outcome });
    return outcome;
  }

  /** Blocks another user, or lifts the block. */
  async block(peer: string, on: boolean): Promise<Effect> {
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const { status, body } = await this.request(on ? 'PUT' : 'DELETE', `/blocks/${peer}`);
    const outcome = effectOf(status, body);
    recorder.add({ type: 'block', user: this.user, peer, on, begun, outcome });
    return outcome;
  }

  /** Changes the user's own settings of a conversation. */
  async set(conversationId: string, change: Settings): Promise<Effect> {
    const { recorder } = this.#ports;
    const begun = recorder.now;
    const path = `/conversations/${encodeURIComponent(conversationId)}`;
    const { status, body } = await this.request('PATCH', path, change);
    const outcome = effectOf(status, body);
    recorder.add({ type: 'settings', user: this.user, conversationId, change, begun, outcome });
    return outcome;
  }

  async request(method: string, path: string, body?: object): Promise<Reply> {
    const { httpUrl, token } = this.#ports;
    try {
      const response = await fetch(httpUrl + path, {
        method,
        headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
    } catch (error) {
      return { status: 0, body: { message: String(error) } };
    }
  }
}

function toListed(row: Json): ListedConversation {
  const { conversationId, head, readSeq, unread, lastMessage, peerReadSeq, settings } = row;
  return { conversationId, head, readSeq, unread, lastMessage, peerReadSeq, settings };
}

function effectOf(status: number, body: Json): Effect {
  return status === 200 || status === 204 ? 'done' : effectOfCode(body.code);
}

function outcomeOf(status: number, body: Json): Outcome {
  if (status === 200) {
    const { messageId, seq, sentAt, duplicate } = body;
    return { is: 'acked', messageId, seq, sentAt, duplicate };
  }
  // The gateway's own errors have no code.
  if (typeof body.code !== 'string') return { is: 'unknown', why: `${status} ${body.message}` };
  return outcomeOfCode(body.code);
}
