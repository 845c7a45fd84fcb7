import type { PinsBody } from '../../../protocol/http.ts';
import { type ImError, toImError } from '../model/errors.ts';
import { hasHappenedTo } from '../model/membership.ts';
import type { ChatMessage } from '../model/message.ts';
import type { Off } from '../support/emitter.ts';
import { ObservableValue } from '../support/observable-value.ts';
import type { Conversation } from './conversation.ts';

/**
 * Pins a message for all members, or unpins it. Idempotent. In groups the admins may pin, or all members if the group allows it.
 *
 * @param on false unpins the message
 * @throws a `RefusedError` (`limit_reached` above 50 pins; `forbidden`; `not_found`), a `DisconnectedError` without a
 * connection, a `TimeoutError` after 10 s: then a repeat is safe
 *
 * @example
 * await pinMessage(conversation, message.seq);
 */
export async function pinMessage(conversation: Conversation, seq: number, on = true): Promise<void> {
  const { ports, state } = conversation;
  const { message } = await ports.sessions.require().request('pin', { ...state.target, seq, on });
  ports.incoming.changed(message, { kind: on ? 'pinned' : 'unpinned', by: state.userId ?? '' });
}

/**
 * Reads the pinned messages over HTTP, the latest pin first. Works without a connection.
 *
 * @throws what `Conversation.history` throws
 *
 * @example
 * const [latest] = await pinnedMessages(conversation);
 */
export async function pinnedMessages(conversation: Conversation): Promise<readonly ChatMessage[]> {
  const { ports, state } = conversation;
  const path = `/conversations/${encodeURIComponent(await state.resolve())}/pins`;
  const { messages } = await ports.http.call<PinsBody>('GET', path);
  for (const message of messages) ports.incoming.changed(message);
  return messages.map((message) => state.show(message)).filter(({ pinned }) => pinned !== undefined);
}

/** The pinned messages of a conversation. Immutable: a change creates a new snapshot. */
export interface PinsSnapshot {
  /** The latest pin first. */
  readonly messages: readonly ChatMessage[];
  /** Whether they have been read once. */
  readonly isLoaded: boolean;
  /** The error if they could not be read. They are read again on a reconnect. */
  readonly error: ImError | undefined;
}

/** The pins of a conversation, while there is a subscriber. */
export class Pins {
  readonly #conversation: Conversation;
  readonly #observable: ObservableValue<PinsSnapshot>;
  #messages: readonly ChatMessage[] = [];
  #isLoaded = false;
  #error: ImError | undefined;
  #reads = 0;
  #isReading = false;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#observable = new ObservableValue<PinsSnapshot>(
      () => ({ messages: this.#messages, isLoaded: this.#isLoaded, error: this.#error }),
      conversation.ports.report,
    );
  }

  /** The same object until it changes. */
  get value(): PinsSnapshot {
    return this.#observable.value;
  }

  /** Returns an unsubscribe function. */
  readonly subscribe = (listener: (pins: PinsSnapshot) => void): Off => {
    const conversation = this.#conversation;
    const offs = [
      conversation.on('changed', ({ message, change }) => {
        this.#take(message);
        // One push stands for all that changed (IM-ERASE-5).
        if (change?.kind === 'erased') void this.#read();
      }),
      conversation.on('message', (message) => {
        // A user who rejoins may read other messages than before.
        if (hasHappenedTo(conversation.state.userId, message, 'joined')) void this.#read();
      }),
      conversation.ports.events.on('connection', ({ current }) => {
        if (current === 'connected') void this.#read();
      }),
      this.#observable.subscribe(listener),
    ];
    void this.#read();
    return () => {
      for (const off of offs) off();
      this.#reads += 1;
    };
  };

  async #read(): Promise<void> {
    const read = ++this.#reads;
    this.#isReading = true;
    const [messages, error] = await pinnedMessages(this.#conversation).then(
      (found) => [found, undefined] as const,
      (cause: unknown) => [this.#messages, toImError(cause)] as const,
    );
    if (read !== this.#reads) return;
    this.#isReading = false;
    this.#messages = messages;
    this.#isLoaded ||= error === undefined;
    this.#error = error;
    this.#observable.changed();
  }

  #take(message: ChatMessage): void {
    const known = this.#messages.find(({ seq }) => seq === message.seq);
    if (known === undefined && message.pinned === undefined) return;
    const isSamePin = known !== undefined && known.pinned?.at === message.pinned?.at;
    const others = this.#messages.filter(({ seq }) => seq !== message.seq);
    if (isSamePin) this.#messages = this.#messages.map((one) => (one === known ? message : one));
    else this.#messages = message.pinned === undefined ? others : [message, ...others];
    // The list that is being read may lack it.
    if (!isSamePin && this.#isReading) void this.#read();
    this.#observable.changed();
  }
}
