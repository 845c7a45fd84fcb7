import type { SentContent } from '../../protocol/content.ts';
import type { MessageRequest, Sent } from '../../protocol/frames.ts';
import type { ImError } from './errors.ts';
import type { MessageState, OwnMessage } from './message.ts';

/** Where a message goes. The id of a direct conversation is known once this user's own id is. */
export interface Destination {
  readonly id: string | undefined;
  readonly target: { readonly to: string } | { readonly conversationId: string };
  readonly userId: string | undefined;
}

/** The outbox's side of an `OwnMessage`. */
export class OutgoingMessage implements OwnMessage {
  readonly clientMsgId: string;
  readonly content: SentContent;
  readonly mine = true;
  readonly #destination: Destination;
  readonly #onState: (message: OutgoingMessage) => void;
  readonly #writtenAtMs: number;
  #state: MessageState = 'pending';
  #sent: Sent | undefined;
  #error: ImError | undefined;
  #acked = new Deferred<Sent>();

  constructor(
    destination: Destination,
    content: SentContent,
    clientMsgId: string,
    writtenAtMs: number,
    onState: (message: OutgoingMessage) => void,
  ) {
    this.#destination = destination;
    // A copy: what is sent again must be what was sent first (IM-SEND-2).
    this.content = JSON.parse(JSON.stringify(content));
    this.clientMsgId = clientMsgId;
    this.#writtenAtMs = writtenAtMs;
    this.#onState = onState;
  }

  get conversationId(): string | undefined {
    return this.#sent?.conversationId ?? this.#destination.id;
  }
  get from(): string | undefined {
    return this.#destination.userId;
  }
  get sentAt(): number {
    return this.#sent?.sentAt ?? this.#writtenAtMs;
  }
  get state(): MessageState {
    return this.#state;
  }
  get seq(): number | undefined {
    return this.#sent?.seq;
  }
  get messageId(): string | undefined {
    return this.#sent?.messageId;
  }
  get error(): ImError | undefined {
    return this.#error;
  }
  get acked(): Promise<Sent> {
    return this.#acked.promise;
  }

  /** Without its frame id. The same in every attempt. */
  get request(): MessageRequest {
    return { clientMsgId: this.clientMsgId, ...this.#destination.target, content: this.content };
  }

  succeed(sent: Sent): void {
    const wasFailed = this.#state === 'failed';
    this.#state = 'sent';
    this.#sent = sent;
    this.#error = undefined;
    if (wasFailed) this.#acked = new Deferred();
    this.#acked.resolve(sent);
    this.#onState(this);
  }

  fail(error: ImError): void {
    this.#state = 'failed';
    this.#error = error;
    this.#acked.reject(error);
    this.#onState(this);
  }

  /** Back to pending, with a new `acked`. */
  restart(): void {
    this.#state = 'pending';
    this.#error = undefined;
    this.#acked = new Deferred();
    this.#onState(this);
  }
}

class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => {};
  reject: (error: ImError) => void = () => {};

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Who doesn't wait for it hears of a failure by the `state` event; it must not end the process.
    this.promise.catch(() => {});
  }
}
