import {
  type ChatMessage,
  type Client,
  type Conversation,
  createClient,
  fullJitterBackoff,
  type OwnMessage,
} from '../../../client/src/index.ts';
import type { SeenMessage } from '../../proof/history.ts';
import type { Recorder } from '../../proof/recorder.ts';
import type { Chat } from './stack.ts';

/** Short, so that a test need not wait. */
export const retryPolicy = fullJitterBackoff({ baseMs: 20, capMs: 200 });

function seen({
  conversationId,
  seq,
  messageId,
  clientMsgId,
  from,
  content,
  sentAt,
}: ChatMessage): SeenMessage {
  if (conversationId === undefined || seq === undefined || messageId === undefined || from === undefined)
    throw new Error(`${clientMsgId} has no server fields`);
  return { conversationId, seq, messageId, clientMsgId, from, content, sentAt };
}

/** A program on a device that records every event of its SDK. */
export class Device {
  readonly user: string;
  readonly name: string;
  readonly im: Client;
  readonly #recorder: Recorder;
  readonly #view = new Map<string, SeenMessage>();
  /** Messages that the SDK emitted twice, or before one of a lower seq. */
  readonly faults: string[] = [];
  readonly #last = new Map<string, number>();
  readonly sent: OwnMessage[] = [];

  constructor(
    { wsUrl, httpUrl, token }: Pick<Chat, 'wsUrl' | 'httpUrl' | 'token'>,
    user: string,
    name: string,
    recorder: Recorder,
  ) {
    this.user = user;
    this.name = name;
    this.#recorder = recorder;
    const getToken = () => token(user);
    this.im = createClient({ wsUrl, httpUrl, getToken, deviceId: `${user}-${name}`, retryPolicy });
    this.im.on('message', (message) => {
      // Its own messages come at once, and get their seq by their ack.
      if (message.seq !== undefined) this.#hear(seen(message));
    });
  }

  /** Messages from before its first session are history: in its view, without an event. */
  async begin(conversationIds: readonly string[]): Promise<void> {
    await this.im.connect();
    for (const id of conversationIds) {
      const { messages } = await this.im.conversation(id).history({ limit: 100 });
      for (const message of messages) this.#keep(seen(message));
    }
  }

  send(conversationId: string, text: string): OwnMessage {
    const { user, name } = this;
    const content = { type: 'text' as const, text };
    const clientMsgId = `${name}-${this.sent.length}`;
    const id = this.#recorder.begin({ user, via: 'socket', conversationId, clientMsgId, content });
    const message = this.im.conversation(conversationId).send(content, { clientMsgId });
    this.sent.push(message);
    message.acked.then(
      ({ messageId, seq, sentAt, duplicate }) => {
        this.#recorder.settle(id, { is: 'acked', messageId, seq, sentAt, duplicate });
        this.#keep(seen(message));
      },
      ({ code }) => this.#recorder.settle(id, { is: 'refused', code }),
    );
    return message;
  }

  /** Reconnects with nothing missing (IM-HELLO-3). */
  async sync(): Promise<void> {
    this.im.close();
    await this.im.connect();
    const view = [...this.#view.values()].sort((a, b) => a.seq - b.seq);
    this.#recorder.add({ type: 'synced', user: this.user, device: this.name, view });
  }

  #hear(message: SeenMessage): void {
    const { conversationId, seq } = message;
    const { user, name: device } = this;
    if (this.#view.has(`${conversationId} ${seq}`)) this.faults.push(`twice: ${conversationId} ${seq}`);
    const isFilling = this.im
      .conversation(conversationId)
      .gaps.some(({ from, to }) => from <= seq && seq <= to);
    if (seq < (this.#last.get(conversationId) ?? 0) && !isFilling)
      this.faults.push(`late: ${conversationId} ${seq}`);
    this.#last.set(conversationId, Math.max(seq, this.#last.get(conversationId) ?? 0));
    this.#recorder.add({ type: 'saw', user, device, channel: 'push', messages: [message] });
    this.#keep(message);
  }

  #keep(message: SeenMessage): void {
    this.#view.set(`${message.conversationId} ${message.seq}`, message);
  }
}

/** All messages of a conversation's history. */
export async function recordOf(conversation: Conversation): Promise<SeenMessage[]> {
  const all: SeenMessage[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { messages, hasMore } = await conversation.history({ after, limit: 50 });
    all.push(...messages.map(seen));
    after = hasMore ? messages.at(-1)?.seq : undefined;
  }
  return all;
}
