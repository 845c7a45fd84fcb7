import type { FileContent } from '../../../protocol/content.ts';
import type { Mentions, Sent } from '../../../protocol/frames.ts';
import type { OutgoingFiles } from '../files/outgoing-files.ts';
import type { Content, SentContent } from '../model/content.ts';
import type { ImError } from '../model/errors.ts';
import { keyOf, type MessageState, type OwnMessage } from '../model/message.ts';
import type { Target } from '../model/target.ts';
import type { Upload } from '../model/upload.ts';
import { Deferred } from '../support/deferred.ts';
import type { SendFields } from '../transport/exchanges.ts';

/** A message's conversation. The id of a direct one is known once this user's id is. */
export interface Destination {
  readonly id: string | undefined;
  readonly target: Target;
  readonly userId: string | undefined;
  /** The furthest that another user has read. */
  readonly readUpTo: number;
}

/** The content of a message, the same in each attempt (IM-SEND-2). */
export interface Said {
  readonly clientMsgId: string;
  readonly content: SentContent | FileContent;
  readonly replyTo?: number | undefined;
  readonly mentions?: Mentions | undefined;
}

export interface Draft {
  readonly said: Said;
  /** Epoch milliseconds: to show, not to order by, since clocks jump. */
  readonly writtenAtMs: number;
  /** An earlier run of the program may have sent it already. */
  readonly isRepeat?: boolean;
  /** To upload before the message is sent. */
  readonly files?: OutgoingFiles;
}

/** With the content, where it is not what was said: a hook may have rewritten it (IM-HOOK-3). */
export type Stored = Sent & { readonly content?: Content | undefined };

/** The outbox's side of an `OwnMessage`. */
export class OutgoingMessage implements OwnMessage {
  readonly key: string;
  readonly said: Said;
  readonly mine = true;
  readonly rev = 0;
  readonly destination: Destination;
  readonly writtenAtMs: number;
  readonly files: OutgoingFiles | undefined;
  readonly #onState: (message: OutgoingMessage) => void;
  #state: 'pending' | 'sent' | 'failed' = 'pending';
  #isRepeat: boolean | undefined;
  #sent: Stored | undefined;
  #error: ImError | undefined;
  #acked = new Deferred<Sent>();

  constructor(
    destination: Destination,
    { said, writtenAtMs, isRepeat, files }: Draft,
    onState: (message: OutgoingMessage) => void,
    onUpload: (message: OutgoingMessage) => void = () => {},
  ) {
    this.destination = destination;
    this.key = keyOf(said.clientMsgId);
    this.said = said;
    this.writtenAtMs = writtenAtMs;
    this.files = files;
    files?.listen(() => onUpload(this));
    this.#isRepeat = isRepeat;
    this.#onState = onState;
  }

  get clientMsgId(): string {
    return this.said.clientMsgId;
  }
  get content(): Content {
    return this.#sent?.content ?? this.files?.content ?? this.said.content;
  }
  get uploads(): readonly Upload[] | undefined {
    return this.files?.uploads;
  }
  get replyTo(): number | undefined {
    return this.said.replyTo;
  }
  get mentions(): Mentions | undefined {
    return this.said.mentions;
  }
  get conversationId(): string | undefined {
    return this.#sent?.conversationId ?? this.destination.id;
  }
  get from(): string | undefined {
    return this.destination.userId;
  }
  get sentAt(): number {
    return this.#sent?.sentAt ?? this.writtenAtMs;
  }
  get state(): MessageState {
    return this.#state === 'sent' && (this.seq ?? 0) <= this.destination.readUpTo ? 'read' : this.#state;
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

  /** Whether the server may have stored it: an attempt was made, and its outcome is not known to be a refusal. */
  get mayBeStored(): boolean {
    return this.#isRepeat === true;
  }

  /** Whether it is known that the server has stored it. */
  get isStored(): boolean {
    return this.#sent !== undefined;
  }

  /** The request of the next attempt. Only `resend` differs after the first one (docs/protocol.md, section 4). */
  nextRequest(): SendFields {
    const resend = this.#isRepeat;
    this.#isRepeat = true;
    const content = this.files?.request ?? this.said.content;
    return { ...this.said, content, ...this.destination.target, resend };
  }

  /** The server has nothing of it, so the next attempt is the first. */
  renew(): void {
    this.#isRepeat = false;
  }

  succeed(sent: Stored): void {
    const wasFailed = this.#state === 'failed';
    this.#state = 'sent';
    this.#sent = sent;
    this.#error = undefined;
    this.files?.finish();
    if (wasFailed) this.#acked = new Deferred();
    this.#acked.resolve(sent);
    this.#onState(this);
  }

  fail(error: ImError): void {
    this.#state = 'failed';
    this.#error = error;
    this.files?.stop();
    this.#acked.reject(error);
    this.#onState(this);
  }

  /** Makes the message pending again, with a new `acked`. */
  restart(): void {
    this.#state = 'pending';
    this.#error = undefined;
    this.files?.restart();
    this.#acked = new Deferred();
    this.#onState(this);
  }
}
