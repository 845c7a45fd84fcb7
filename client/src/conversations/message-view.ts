import type { MessageChange } from '../../../protocol/frames.ts';
import type { ChangesBody } from '../../../protocol/http.ts';
import { ImError, toImError } from '../model/errors.ts';
import type { Gap } from '../model/events.ts';
import { PAGE_MAX } from '../model/limits.ts';
import { isAbout, isLoss } from '../model/membership.ts';
import { type ChatMessage, copyOf, isSame } from '../model/message.ts';
import type { Off } from '../support/emitter.ts';
import type { Cancel } from '../support/environment.ts';
import { ObservableValue } from '../support/observable-value.ts';
import { type HistoryRange, queryString } from '../transport/http-api.ts';
import type { RetryContext } from '../transport/retry-policy.ts';
import type { Conversation, HistoryPage } from './conversation.ts';
import { withKnownReactions } from './known-reactions.ts';

/** The largest error of this client's estimate of the server's clock. */
const CLOCK_ERROR_MS = 30_000;

const LOADS = ['latest', 'earlier', 'changes'] as const;
type Load = (typeof LOADS)[number];

/** Options of a `MessageView`. */
export interface MessageViewOptions {
  /** Messages per page of history, 1 to 100. Defaults to 50. */
  readonly pageSize?: number;
}

/**
 * The content of a view. Immutable: a change creates a new snapshot, in which unchanged messages are the same objects.
 */
export interface MessagesSnapshot {
  /** Ascending by seq, then the unsent messages in the order they were written. */
  readonly messages: readonly ChatMessage[];
  /** The open gaps between these messages: each is later filled or void. */
  readonly gaps: readonly Gap[];
  /** Whether the latest page is loaded: an empty list then means that there are no messages. */
  readonly isLoaded: boolean;
  /** Whether a page is being loaded. */
  readonly isLoading: boolean;
  /** Whether there are older messages: call `loadEarlier`. */
  readonly hasEarlier: boolean;
  /**
   * The error of a failed load: `not_found` while this user is not in the conversation. It disappears with its cause:
   * the view asks again after a retryable error, on a reconnect, and when this user joins.
   */
  readonly error: ImError | undefined;
}

/**
 * A conversation's messages as a live list for a user interface: history, incoming messages, and those being sent. The
 * list is complete from its oldest message to its newest, ordered by seq, and has each message once. Close the view
 * when it is no longer shown.
 *
 * @example
 * const view = new MessageView(im.direct('bob'), { pageSize: 30 });
 * const off = view.subscribe(({ messages }) => render(messages));
 * await view.loadEarlier();
 * off();
 * view.close();
 */
export class MessageView {
  readonly #conversation: Conversation;
  readonly #pageSize: number;
  readonly #observable: ObservableValue<MessagesSnapshot>;
  readonly #messages = new Map<string, ChatMessage>();
  readonly #offs: Off[];
  #loading = 0;
  /** Resolves when no page is being loaded. */
  #loads: Promise<unknown> = Promise.resolve();
  #isLoaded = false;
  #isClosed = false;
  #hasEarlier = false;
  /** Each is cleared only when its own page is loaded. */
  #errors: Partial<Record<Load, ImError | undefined>> = {};
  /** Of each kind, the load that was started last: only its error counts. */
  readonly #turns = { latest: 0, earlier: 0, changes: 0 };
  readonly #retries: Partial<Record<Load, Cancel>> = {};
  /** The latest page was requested when new messages were already emitted, so none is missing between the two. */
  #isJoined = false;
  /** How often its user has lost the conversation, or come back. */
  #losses = 0;
  /** The highest seq that pages have reached; matters until the view is joined. */
  #pagedUpTo = 0;
  /** The first seq of the latest page. */
  #latestFrom = 0;
  /** Server time: changes before it are known. Undefined until the server's clock is known. */
  #changesSinceMs: number | undefined;

  /**
   * Starts loading the latest page. Works without a connection, and reloads after each reconnect.
   *
   * @example
   * const view = new MessageView(im.direct('bob'));
   */
  constructor(conversation: Conversation, { pageSize = 50 }: MessageViewOptions = {}) {
    const { state, ports } = conversation;
    this.#conversation = conversation;
    this.#pageSize = pageSize;
    this.#observable = new ObservableValue(() => this.#compute(), ports.report);
    for (const message of ports.outbox.messagesOf(state)) this.#put(copyOf(message));
    this.#offs = [
      conversation.on('message', (message) => {
        this.#receive(copyOf(message));
        const { content, seq = 0 } = message;
        if (content.type !== 'system') return;
        if (isLoss(content, state.userId)) {
          // With a later message this user is back: the loss came late.
          if (seq >= state.lastSeq)
            this.#turn(new ImError('not_found', 'not in the conversation', { retryable: false }));
        } else if (isAbout(content, state.userId)) {
          // The loss before may have been missed.
          if (content.event === 'joined') this.#turn(this.#errors.latest);
          void this.reload();
        }
      }),
      conversation.on('state', (message) => this.#receive(copyOf(message))),
      conversation.on('upload', (message) => this.#receive(copyOf(message))),
      conversation.on('discarded', ({ key }) => {
        this.#messages.delete(key);
        this.#observable.changed();
      }),
      conversation.on('changed', ({ message, change }) => {
        for (const known of this.#messages.values())
          if (known.seq === message.seq) this.#put(this.#refreshed({ ...message, key: known.key }), change);
        // One push stands for all that changed (IM-ERASE-5).
        if (change?.kind === 'erased') void this.reload();
      }),
      conversation.on('read', () => {
        for (const message of this.#messages.values())
          if (message.mine && message.state === 'sent') this.#put(this.#refreshed(message));
      }),
      conversation.on('gap', () => this.#observable.changed()),
      ports.events.on('connection', ({ current }) => {
        if (current === 'connected') void this.reload();
      }),
    ];
    void ports.journal?.restore();
    void this.reload();
  }

  /** The current messages. The same object until something changes. */
  get snapshot(): MessagesSnapshot {
    return this.#observable.value;
  }

  /**
   * Calls `listener` with each new snapshot, once for changes that happen together. Returns an unsubscribe function.
   *
   * @example
   * const off = view.subscribe(({ messages, error }) => render(messages, error));
   */
  subscribe(listener: (snapshot: MessagesSnapshot) => void): Off {
    return this.#observable.subscribe(listener);
  }

  /**
   * Loads the page before the oldest message. Does nothing if there is none, or while another page is being loaded.
   * Never rejects: a failure is in the snapshot's `error`.
   *
   * @example
   * if (view.snapshot.hasEarlier) await view.loadEarlier();
   */
  async loadEarlier(): Promise<void> {
    await this.#loadEarlier();
  }

  async #loadEarlier(limit?: number): Promise<void> {
    if (!this.#hasEarlier || this.#oldestSeq() === undefined || this.#loading > 0) return;
    await this.#load('earlier', async () => {
      const before = this.#oldestSeq();
      if (before === undefined) return;
      const page = await this.#page({ before, ...(limit && { limit }) });
      // The messages right after this page may have been dropped meanwhile: it would leave a hole.
      if (page === undefined || before !== this.#oldestSeq()) return;
      this.#hasEarlier = page.hasMore;
      for (const message of page.messages) this.#put(message);
    });
  }

  /**
   * Loads earlier pages until the message with this `seq` is here: one request per hundred messages in between.
   *
   * @returns whether it is. False: there is no such message for this user, the view was closed, or a page could not be
   * loaded, and then the snapshot has the `error`
   *
   * @example
   * if (message.replyTo !== undefined && (await view.loadBackTo(message.replyTo))) scrollTo(message.replyTo);
   */
  async loadBackTo(seq: number): Promise<boolean> {
    await this.#loads;
    for (let oldest = this.#oldestSeq(); oldest !== undefined && seq < oldest && !this.#isClosed; ) {
      await this.#loadEarlier(PAGE_MAX);
      await this.#loads;
      const reached = this.#oldestSeq();
      if (reached === oldest) break;
      oldest = reached;
    }
    return [...this.#messages.values()].some((message) => message.seq === seq);
  }

  /**
   * Loads the latest page again, and the changes in older ones. Never rejects: a failure is in the snapshot's `error`.
   *
   * @example
   * if (view.snapshot.error !== undefined) await view.reload();
   */
  async reload(): Promise<void> {
    const { clock, sync } = this.#conversation.ports;
    const sinceMs = this.#changesSinceMs;
    let older: Promise<void> | undefined;
    if (sync.isLive) this.#changesSinceMs ??= Math.floor(clock.now()) - CLOCK_ERROR_MS;
    await this.#load('latest', async () => {
      const { isLive } = sync;
      const page = await this.#page({});
      if (page === undefined) return;
      this.#putLatest(page, isLive);
      // Inside the load, since a retry of this page must ask, too: only now it is known which pages are older.
      if ((this.#oldestSeq() ?? 0) < this.#latestFrom)
        older = this.#load('changes', () => this.#readChanges(sinceMs));
    });
    await older;
  }

  /**
   * Ends the view's subscriptions. Idempotent.
   *
   * @example
   * view.close();
   */
  close(): void {
    this.#isClosed = true;
    for (const off of this.#offs) off();
    for (const which of LOADS) this.#begin(which);
  }

  /** Undefined if it was requested before a loss: then it may have changed, or be none of this user's. */
  async #page(range: HistoryRange): Promise<HistoryPage | undefined> {
    const losses = this.#losses;
    const page = await this.#conversation.history({ limit: this.#pageSize, ...range });
    return losses === this.#losses ? page : undefined;
  }

  /** A reload reads only the latest page; for older ones it asks for the changes whose pushes were missed (IM-CHANGE-4). */
  async #readChanges(sinceMs: number | undefined): Promise<void> {
    const { http, incoming } = this.#conversation.ports;
    const path = `/conversations/${encodeURIComponent(await this.#conversation.state.resolve())}/changes`;
    let page: ChangesBody | undefined;
    do {
      const query = queryString({ since: sinceMs, cursor: page?.cursor });
      page = sinceMs === undefined ? undefined : await http.call<ChangesBody>('GET', path + query);
      // Too many changes, or their start is unknown: drop the older pages, and read them again on request.
      if (page === undefined || page.reset === true) this.#forgetEarlier(true);
      for (const message of page?.messages ?? []) incoming.changed(message);
    } while (page?.cursor);
    this.#changesSinceMs = page?.serverTime ?? this.#changesSinceMs;
  }

  #forgetEarlier(hasEarlier: boolean): void {
    for (const [key, { seq }] of this.#messages)
      if (seq !== undefined && seq < this.#latestFrom) this.#messages.delete(key);
    this.#hasEarlier = hasEarlier;
  }

  #load(which: Load, read: () => Promise<void>, attempt = 0): Promise<void> {
    const load = this.#try(which, read, attempt);
    this.#loads = Promise.all([this.#loads, load]);
    return load;
  }

  async #try(which: Load, read: () => Promise<void>, attempt: number): Promise<void> {
    const turn = this.#begin(which);
    let error: ImError | undefined;
    this.#loading += 1;
    this.#observable.changed();
    try {
      await read();
    } catch (cause) {
      error = toImError(cause);
    }
    this.#loading -= 1;
    if (turn === this.#turns[which]) {
      this.#errors[which] = error;
      if (error?.retryable) this.#retry(which, read, { attempt, error });
    }
    this.#observable.changed();
  }

  /** Cancels the planned retry of an earlier load. */
  #begin(which: Load): number {
    this.#retries[which]?.();
    this.#turns[which] += 1;
    return this.#turns[which];
  }

  /**
   * Its user is out, or back. What is here may have changed, or be none of theirs: the next latest page replaces it. While they are
   * out, the server would refuse that page, and a browser reports each refusal on its console.
   */
  #turn(latest?: ImError): void {
    for (const which of LOADS) this.#begin(which);
    this.#losses += 1;
    this.#isJoined = false;
    // Below what any page follows.
    this.#pagedUpTo = -2;
    this.#errors = { latest };
    this.#observable.changed();
  }

  #retry(which: Load, read: () => Promise<void>, failure: RetryContext): void {
    const { environment, policy } = this.#conversation.ports;
    const delayMs = policy.nextDelayMs(failure);
    const again = (): void => void this.#load(which, read, failure.attempt + 1);
    if (delayMs !== null) this.#retries[which] = environment.after(delayMs, again);
  }

  #putLatest({ messages, hasMore }: HistoryPage, isLive: boolean): void {
    const first = messages[0]?.seq ?? 0;
    const isContiguous = this.#isLoaded && (this.#isJoined || this.#pagedUpTo >= first - 1);
    this.#latestFrom = first;
    if (!isContiguous) {
      // Messages may be missing between the page and the older ones here.
      this.#forgetEarlier(hasMore);
      this.#errors.earlier = undefined;
    }
    this.#isLoaded = true;
    this.#isJoined ||= isLive;
    this.#pagedUpTo = messages.at(-1)?.seq ?? 0;
    for (const message of messages) this.#put(message);
  }

  #receive(message: ChatMessage): void {
    const { key, seq } = message;
    const isEarlier = this.#hasEarlier && seq !== undefined && seq < (this.#oldestSeq() ?? 0);
    // An older message comes with its own page.
    if (!isEarlier || this.#messages.has(key)) this.#put(message);
  }

  #put(copy: ChatMessage, change?: MessageChange): void {
    const newest = this.#newest(copy);
    const known = this.#messages.get(newest.key);
    const reacted = withKnownReactions(newest, known ?? copy, change, this.#conversation.state.userId);
    // The server's copy knows nothing of the local files, and a picture must not be loaded that is shown already.
    const isOwn = known?.uploads !== undefined && reacted.content.type === 'file';
    const message = isOwn ? { ...reacted, uploads: copy.uploads ?? known.uploads } : reacted;
    if (known !== undefined && isSame(known, message)) return;
    this.#messages.set(message.key, message);
    this.#observable.changed();
  }

  /** A change may be known before the message's page, its push, or the ack of an own message arrives. */
  #newest(message: ChatMessage): ChatMessage {
    const { state } = this.#conversation;
    const known = state.changed.get(message.seq ?? 0);
    return known !== undefined && known.rev > message.rev
      ? { ...state.show(known), key: message.key }
      : message;
  }

  /** Applies the read cursors and, in `#put`, the changes that are known now. */
  #refreshed(message: ChatMessage): ChatMessage {
    const { seq = 0, state, mine } = message;
    const isRead = state === 'sent' && mine && seq <= this.#conversation.state.readUpTo;
    return { ...message, state: isRead ? 'read' : state };
  }

  #oldestSeq(): number | undefined {
    let oldest: number | undefined;
    for (const { seq } of this.#messages.values())
      if (seq !== undefined && seq < (oldest ?? Number.POSITIVE_INFINITY)) oldest = seq;
    return oldest;
  }

  #compute(): MessagesSnapshot {
    const { ports, state } = this.#conversation;
    const unsent = new Map(ports.outbox.messagesOf(state).map(({ key }, index) => [key, index]));
    const position = ({ seq, key }: ChatMessage): number => seq ?? 2 ** 50 + (unsent.get(key) ?? 0);
    return {
      messages: [...this.#messages.values()].sort((a, b) => position(a) - position(b)),
      gaps: this.#conversation.gaps.filter(({ to }) => to > (this.#oldestSeq() ?? 0)),
      isLoaded: this.#isLoaded,
      isLoading: this.#loading > 0,
      hasEarlier: this.#hasEarlier,
      error: this.#errors.latest ?? this.#errors.earlier ?? this.#errors.changes,
    };
  }
}
