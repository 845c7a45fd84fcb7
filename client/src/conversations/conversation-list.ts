import type { Message } from '../../../protocol/frames.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';
import { HOLE_MS, UNREAD_MAX } from '../model/limits.ts';
import { hasHappenedTo, LOSSES } from '../model/membership.ts';
import type { Off } from '../support/emitter.ts';
import { ObservableValue } from '../support/observable-value.ts';
import type { ListedConversations } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { ConversationStates } from './conversation-states.ts';
import type { Groups } from './groups.ts';

interface Row {
  readonly conversationId: string;
  readonly kind: ConversationSummary['kind'];
  readonly peer: string | undefined;
  name: string | undefined;
  last: Message | null;
  readSeq: number;
  /** The server has counted the unread messages up to this seq. */
  countedUpTo: number;
  /** The number of those that it found unread. */
  counted: number;
  /** There may be more: the server stopped counting. */
  isAtLeast: boolean;
  /** The seqs of others' messages above both `countedUpTo` and `readSeq`. */
  readonly others: Set<number>;
  summary: ConversationSummary | undefined;
  /** Otherwise it is hidden. */
  isMine: boolean;
  /** This user lost the conversation at this seq. */
  lostAt: number;
}

/** All conversations of the user, kept up to date by messages, reads, and changes. */
export class ConversationList {
  readonly #identity: Pick<Identity, 'userId'>;
  readonly #states: Pick<ConversationStates, 'of'>;
  readonly #groups: Pick<Groups, 'get'>;
  readonly #rows = new Map<string, Row>();
  readonly #observable: ObservableValue<readonly ConversationSummary[] | undefined>;
  #isLoaded = false;
  /** What this user has joined since the server's list was asked for. */
  readonly #joined = new Set<string>();
  /** When the list was asked for, by the server's clock. */
  #asOfMs = 0;

  constructor(
    identity: Pick<Identity, 'userId'>,
    states: Pick<ConversationStates, 'of'>,
    groups: Pick<Groups, 'get'>,
    report: (error: unknown) => void,
  ) {
    this.#identity = identity;
    this.#states = states;
    this.#groups = groups;
    this.#observable = new ObservableValue(() => (this.#isLoaded ? this.#compute() : undefined), report);
  }

  /** Latest activity first; undefined until the server's list is loaded. The same array until it changes. */
  get summaries(): readonly ConversationSummary[] | undefined {
    return this.#observable.value;
  }

  /** Returns an unsubscribe function. */
  subscribe(listener: (summaries: readonly ConversationSummary[]) => void): Off {
    return this.#observable.subscribe((summaries) => {
      if (summaries !== undefined) listener(summaries);
    });
  }

  /** Call before the server's list is asked for. `atMs`: now or before, by the server's clock. */
  expect(atMs: number): void {
    this.#asOfMs = atMs;
    this.#joined.clear();
  }

  /**
   * Merges the server's list, or its changed part, with what has arrived since it was asked for. Hides what is no longer
   * this user's (IM-CHANGE-3).
   */
  load({ conversations, removed, isWhole }: ListedConversations): void {
    const mine = new Set(this.#joined);
    for (const { conversationId } of conversations) mine.add(conversationId);
    for (const id of isWhole ? this.#rows.keys() : removed) if (!mine.has(id)) this.drop(id);
    for (const { conversationId, name, head, lastMessage, readSeq, unread, ...more } of conversations) {
      const row = this.#row(conversationId);
      // The loss was pushed after the list was read.
      if (head <= row.lostAt) continue;
      row.isMine = true;
      row.name = name ?? row.name;
      const upTo = lastMessage?.seq ?? 0;
      if (upTo >= (row.last?.seq ?? 0)) row.last = lastMessage;
      row.countedUpTo = upTo;
      row.counted = unread;
      row.isAtLeast = more.unreadIsAtLeast === true;
      const readHere = row.readSeq;
      row.readSeq = readSeq;
      for (const seq of row.others) if (seq <= upTo) row.others.delete(seq);
      this.#advance(row, Math.max(readSeq, readHere));
    }
    this.#isLoaded = true;
    this.#observable.changed();
  }

  /** Adds a new message, this user's or another's. */
  add(message: Message): void {
    const { conversationId, seq, from, sentAt } = message;
    const { userId } = this.#identity;
    const row = this.#row(conversationId);
    const isLast = seq > (row.last?.seq ?? 0);
    if (hasHappenedTo(userId, message, ...LOSSES)) {
      // A loss below the last message was followed by a return.
      if (isLast) this.#lose(conversationId, seq);
      return;
    }
    // Otherwise the server's list would have the conversation, and does if it is this user's.
    const isNews = seq > row.lostAt && sentAt >= this.#asOfMs - HOLE_MS;
    if (isNews && (!row.isMine || hasHappenedTo(userId, message, 'joined'))) this.#joined.add(conversationId);
    row.isMine ||= isNews;
    if (message.content.type === 'system') row.name = message.content.name ?? row.name;
    if (isLast) row.last = message;
    if (from !== userId && seq > Math.max(row.readSeq, row.countedUpTo, row.lostAt)) row.others.add(seq);
    if (row.isMine && row.name === undefined && conversationId[0] === 'g') this.#askName(row);
    this.#changed(row);
  }

  /** Hides a conversation that is no longer this user's. */
  drop(conversationId: string): void {
    const row = this.#rows.get(conversationId);
    if (row?.isMine) this.#lose(conversationId, row.last?.seq ?? 0);
  }

  #lose(conversationId: string, seq: number): void {
    this.#rows.delete(conversationId);
    this.#row(conversationId).lostAt = seq;
    this.#observable.changed();
  }

  /** This user has read up to `seq`, here or on another device. */
  read(conversationId: string, seq: number): void {
    const row = this.#rows.get(conversationId);
    if (row !== undefined && seq > row.readSeq) this.#advance(row, seq);
  }

  /** A message changed. */
  change(message: Message): void {
    const row = this.#rows.get(message.conversationId);
    if (row?.last?.seq !== message.seq || row.last.rev >= message.rev) return;
    row.last = message;
    this.#changed(row);
  }

  /** Others have read: the state of the last message may have changed. */
  touched(conversationId: string): void {
    const row = this.#rows.get(conversationId);
    if (row !== undefined) this.#changed(row);
  }

  #row(conversationId: string): Row {
    const known = this.#rows.get(conversationId);
    if (known !== undefined) return known;
    const { userId } = this.#identity;
    const [prefix, ...users] = conversationId.split(':');
    const isDirect = prefix === 'dm';
    const row: Row = {
      conversationId,
      kind: isDirect ? 'direct' : prefix === 'cs' ? 'support' : 'group',
      peer: isDirect ? users.find((user) => user !== userId) : undefined,
      name: undefined,
      last: null,
      readSeq: 0,
      countedUpTo: 0,
      counted: 0,
      isAtLeast: false,
      others: new Set(),
      summary: undefined,
      isMine: false,
      lostAt: 0,
    };
    this.#rows.set(conversationId, row);
    return row;
  }

  #advance(row: Row, seq: number): void {
    row.readSeq = seq;
    // The senders of the messages that the server counted are unknown here. No more can be unread than there are seqs.
    row.counted = Math.min(row.counted, Math.max(0, row.countedUpTo - seq));
    if (seq >= row.countedUpTo) row.isAtLeast = false;
    for (const other of row.others) if (other <= seq) row.others.delete(other);
    this.#changed(row);
  }

  #askName(row: Row): void {
    row.name = '';
    this.#groups.get(row.conversationId).then(
      ({ name }) => {
        row.name = name;
        this.#changed(row);
      },
      () => {
        row.name = undefined;
      },
    );
  }

  #changed(row: Row): void {
    row.summary = undefined;
    this.#observable.changed();
  }

  #compute(): readonly ConversationSummary[] {
    const activity = (row: Row): number => row.last?.sentAt ?? 0;
    return [...this.#rows.values()]
      .filter(({ isMine }) => isMine)
      .sort((a, b) => activity(b) - activity(a))
      .map((row) => {
        row.summary ??= this.#summaryOf(row);
        return row.summary;
      });
  }

  #summaryOf(row: Row): ConversationSummary {
    const { conversationId, kind, peer, name, last, readSeq, counted, isAtLeast, others } = row;
    const [state] = this.#states.of(conversationId);
    return {
      conversationId,
      kind,
      peer,
      name: name === '' ? undefined : name,
      lastMessage: (last && state?.show(last)) ?? null,
      readSeq,
      unread: Math.min(counted + others.size, UNREAD_MAX),
      unreadIsAtLeast: isAtLeast || counted + others.size >= UNREAD_MAX,
    };
  }
}
