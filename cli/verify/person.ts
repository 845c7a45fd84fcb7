import assert from 'node:assert/strict';
import { type ChatMessage, type Client, createClient, type ImError } from '../../client/src/index.ts';
import { messageOf, OperatorError } from '../../local/operator-error.ts';
import type { SessionBody } from '../../protocol/http.ts';
import type { Deployment } from './deployment.ts';

export interface Answer {
  readonly status: number;
  /** Its JSON, unchecked. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A user of the deployment with one device, and what the device has got. */
export class Person {
  /** As the deployment calls the user: with `userIdClaim` `sub` it is not the name that the token was asked for. */
  readonly id: string;
  readonly wsUrl: string;
  readonly token: string;
  readonly im: Client;
  /** Of others, in the order of arrival. */
  readonly heard: ChatMessage[] = [];
  readonly #httpUrl: string;

  private constructor(httpUrl: string, token: string, { userId, wsUrl }: SessionBody) {
    this.id = userId;
    this.wsUrl = wsUrl;
    this.token = token;
    this.#httpUrl = httpUrl;
    this.im = createClient({ wsUrl, httpUrl, getToken: () => token, deviceId: 'verify', logger: SILENT });
    this.im.on('message', (message) => {
      if (!message.mine) this.heard.push(message);
    });
  }

  static async signIn({ httpUrl, wsUrl, tokens }: Deployment, name: string): Promise<Person> {
    const token = await tokens.token(name, []);
    const { status, body } = await request(httpUrl, token, 'GET', '/session');
    assert.equal(status, 200, `GET /session answers ${status} ${JSON.stringify(body)}`);
    const session = body as unknown as SessionBody;
    assert.ok(
      typeof session.userId === 'string' && typeof session.wsUrl === 'string',
      `${httpUrl}/session answers, but with no session: is it the HTTP API of a deployment?`,
    );
    return new Person(httpUrl, token, { ...session, wsUrl: wsUrl ?? session.wsUrl });
  }

  /** @returns why the latest attempt to connect failed, if it did */
  get connectionError(): ImError | undefined {
    return this.im.connection.error;
  }

  /** A request of this user. */
  http(method: string, path: string, body?: object): Promise<Answer> {
    return request(this.#httpUrl, this.token, method, path, body);
  }

  /** Sends a text, and waits until it is stored. */
  async say(conversation: { readonly to: Person } | { readonly conversationId: string }, text: string) {
    const { im } = this;
    const where =
      'to' in conversation ? im.direct(conversation.to.id) : im.conversation(conversation.conversationId);
    return where.send({ type: 'text', text }).acked;
  }

  /** The message of another user with this text, once it has arrived. */
  hears(text: string): Promise<ChatMessage> {
    const known = this.heard.find((message) => textOf(message) === text);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const off = this.im.on('message', (message) => {
        if (message.mine || textOf(message) !== text) return;
        off();
        resolve(message);
      });
    });
  }

  /** The texts that this user heard, of those that begin so, by seq: of one conversation. */
  textsHeard(prefix: string): string[] {
    return this.heard
      .filter((message) => textOf(message).startsWith(prefix))
      .sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
      .map(textOf);
  }
}

const SILENT = { debug: () => {}, warn: () => {}, error: () => {} };

/** Empty if it is none. */
export function textOf({ content }: { readonly content: object }): string {
  return 'text' in content ? String(content.text) : '';
}

export async function request(
  httpUrl: string,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(httpUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    const { cause } = Object(error);
    throw new OperatorError(`${httpUrl} can't be reached: ${messageOf(cause ?? error)}`, { cause: error });
  });
  return { status: response.status, body: Object(await response.json().catch(() => ({}))) };
}
