import { type ImError, toImError } from '../model/errors.ts';
import type { Gap } from '../model/events.ts';
import { type ChatMessage, copyOf } from '../model/message.ts';
import type { Off } from '../support/emitter.ts';
import { Live } from '../support/observable-value.ts';
import type { HistoryRange } from '../transport/http-api.ts';
import type { Conversation, HistoryPage } from './conversation.ts';

export interface MessageViewOptions {
  /** Messages that a page of history brings: 1 to 100, 50 by default. */
  readonly pageSize?: number;
}

/** What a view shows. It doesn't change: when something has, there is a new one; messages that stay are the same. */
export interface MessagesSnapshot {
  /** Ascending by seq, then what isn't sent yet in the order of writing. */
  readonly messages: readonly ChatMessage[];
  /** Where messages seem to be missing between those that are here: each may yet be filled, or turn out to be void. */
  readonly gaps: readonly Gap[];
  /** The latest page has come: an empty list means that there is nothing. */
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  /** There are older messages: `loadEarlier`. */
  readonly hasEarlier: boolean;
  /** Why the latest page or the earlier one could not be had, until it is: `reload`, as every reconnect, or `loadEarlier`. */
  readonly error: ImError | undefined;
}

/**
 * A conversation's messages as a list that keeps itself up to date, for showing them: complete from the oldest that is shown to the newest there is: history, what comes in,
 * and what is being sent; ordered by seq at all times, each message once. Close it when it isn't shown any more.
 */
export class MessageView {
  readonly #conversation: Conversation;
  readonly #pageSize: number;
  readonly #live: Live<MessagesSnapshot>;
  readonly #messages = new Map<string, ChatMessage>();
  readonly #offs: Off[];
  #loading = 0;
  #isLoaded = false;
  #hasEarlier = false;
  /** Each until its own page is there: another page is no remedy. */
  readonly #errors: { latest?: ImError | undefined; earlier?: ImError | undefined } = {};
  /** The last page was read when news were fed already: nothing can lie between it and them. */
  #isJoined = false;
  /** Up to where pages have brought it, as long as it isn't joined. */
  #pagedUpTo = 0;

  constructor(conversation: Conversation, { pageSize = 50 }: MessageViewOptions = {}) {
    const { place, ports } = conversation;
    this.#conversation = conversation;
    this.#pageSize = pageSize;
    this.#live = new Live(() => this.#compute(), ports.report);
    for (const message of ports.outbox.messagesOf(place)) this.#put(copyOf(message));
    this.#offs = [
      conversation.on('message', (message) => this.#hear(copyOf(message))),
      conversation.on('state', (message) => this.#hear(copyOf(message))),
      conversation.on('discarded', ({ key }) => {
        this.#messages.delete(key);
        this.#live.changed();
      }),
      conversation.on('recalled', ({ seq }) => this.#refreshWhere((message) => message.seq === seq)),
      conversation.on('read', ({ seq }) =>
        this.#refreshWhere(
          (message) => message.state === 'sent' && message.mine && (message.seq ?? 0) <= seq,
        ),
      ),
      conversation.on('gap', () => this.#live.changed()),
      ports.events.on('connection', ({ current }) => {
        if (current === 'connected') void this.reload();
      }),
    ];
    void this.reload();
  }

  get snapshot(): MessagesSnapshot {
    return this.#live.value;
  }

  /** Tells of new snapshots; many changes at once are told once. */
  subscribe(listener: (snapshot: MessagesSnapshot) => void): Off {
    return this.#live.subscribe(listener);
  }

  /** Reads the page before the oldest message. Resolves when it is there; a failure is in `error`. */
  async loadEarlier(): Promise<void> {
    const before = this.#oldestSeq();
    if (!this.#hasEarlier || before === undefined || this.#loading > 0) return;
    await this.#load('earlier', { before }, ({ messages, hasMore }) => {
      this.#hasEarlier = hasMore;
      for (const message of messages) this.#put(message);
    });
  }

  /** Reads the latest page again. Resolves when it is there; a failure is in `error`. */
  async reload(): Promise<void> {
    const isFed = this.#conversation.ports.feed.hasBegun;
    await this.#load('latest', {}, (page) => this.#putLatest(page, isFed));
  }

  close(): void {
    for (const off of this.#offs) off();
  }

  async #load(
    which: 'latest' | 'earlier',
    range: HistoryRange,
    put: (page: HistoryPage) => void,
  ): Promise<void> {
    this.#loading += 1;
    this.#live.changed();
    try {
      put(await this.#conversation.history({ ...range, limit: this.#pageSize }));
      this.#errors[which] = undefined;
    } catch (error) {
      this.#errors[which] = toImError(error);
    } finally {
      this.#loading -= 1;
      this.#live.changed();
    }
  }

  #putLatest({ messages, hasMore }: HistoryPage, isFed: boolean): void {
    const first = messages[0]?.seq ?? 0;
    const isContiguous = this.#isLoaded && (this.#isJoined || this.#pagedUpTo >= first - 1);
    if (!isContiguous) {
      // Between the page and what is older here there may be messages that nobody has told of.
      for (const [key, { seq }] of this.#messages)
        if (seq !== undefined && seq < first) this.#messages.delete(key);
      this.#hasEarlier = hasMore;
      this.#errors.earlier = undefined;
    }
    this.#isLoaded = true;
    this.#isJoined ||= isFed;
    this.#pagedUpTo = messages.at(-1)?.seq ?? 0;
    for (const message of messages) this.#put(message);
  }

  #hear(message: ChatMessage): void {
    const { key, seq } = message;
    const isEarlier = this.#hasEarlier && seq !== undefined && seq < (this.#oldestSeq() ?? 0);
    // What is older than the oldest page comes with its own page.
    if (!isEarlier || this.#messages.has(key)) this.#put(message);
  }

  #put(message: ChatMessage): void {
    const known = this.#messages.get(message.key);
    if (known !== undefined && isSame(known, message)) return;
    this.#messages.set(message.key, message);
    this.#live.changed();
  }

  #refreshWhere(fits: (message: ChatMessage) => boolean): void {
    for (const message of this.#messages.values()) if (fits(message)) this.#put(this.#refreshed(message));
  }

  /** As it is by now: read by somebody, or taken back. */
  #refreshed(message: ChatMessage): ChatMessage {
    const place = this.#conversation.place;
    const { seq = 0, state, mine } = message;
    const isRead = state === 'sent' && mine && seq <= place.readUpTo;
    return {
      ...message,
      content: place.recalled.get(seq) ?? message.content,
      state: isRead ? 'read' : state,
    };
  }

  #oldestSeq(): number | undefined {
    let oldest: number | undefined;
    for (const { seq } of this.#messages.values())
      if (seq !== undefined && seq < (oldest ?? Number.POSITIVE_INFINITY)) oldest = seq;
    return oldest;
  }

  #compute(): MessagesSnapshot {
    const place = ({ seq }: ChatMessage): number => seq ?? Number.MAX_SAFE_INTEGER;
    return {
      messages: [...this.#messages.values()].sort((a, b) => place(a) - place(b)),
      gaps: this.#conversation.gaps.filter(({ to }) => to > (this.#oldestSeq() ?? 0)),
      isLoaded: this.#isLoaded,
      isLoading: this.#loading > 0,
      hasEarlier: this.#hasEarlier,
      error: this.#errors.latest ?? this.#errors.earlier,
    };
  }
}

function isSame(a: ChatMessage, b: ChatMessage): boolean {
  return (
    a.state === b.state &&
    a.seq === b.seq &&
    a.sentAt === b.sentAt &&
    a.from === b.from &&
    a.error === b.error &&
    (a.content === b.content || JSON.stringify(a.content) === JSON.stringify(b.content))
  );
}
