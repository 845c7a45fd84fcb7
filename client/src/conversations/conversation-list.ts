import type { Message } from '../../../protocol/frames.ts';
import type { Conversation } from '../../../protocol/http.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';
import { UNREAD_MAX } from '../model/limits.ts';
import { hasHappenedTo } from '../model/membership.ts';
import type { Off } from '../support/emitter.ts';
import { ObservableValue } from '../support/observable-value.ts';
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
}

/** All conversations of the user, kept up to date by messages, reads, and changes. */
export class ConversationList {
  readonly #identity: Pick<Identity, 'userId'>;
  readonly #states: Pick<ConversationStates, 'of'>;
  readonly #groups: Pick<Groups, 'get'>;
  readonly #rows = new Map<string, Row>();
  readonly #observable: ObservableValue<readonly ConversationSummary[] | undefined>;
  #isLoaded = false;

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

  /** Merges the server's list, or its changed part, with what has arrived since it was requested. */
  load(conversations: readonly Conversation[]): void {
    for (const { conversationId, name, lastMessage, readSeq, unread, ...more } of conversations) {
      const row = this.#row(conversationId);
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
    const { conversationId, seq, from } = message;
    if (hasHappenedTo(this.#identity.userId, message, 'left', 'removed')) {
      this.#rows.delete(conversationId);
      this.#observable.changed();
      return;
    }
    const row = this.#row(conversationId);
    if (message.content.type === 'system') row.name = message.content.name ?? row.name;
    if (seq > (row.last?.seq ?? 0)) row.last = message;
    if (from !== this.#identity.userId && seq > row.readSeq && seq > row.countedUpTo) row.others.add(seq);
    if (row.name === undefined && conversationId[0] === 'g') this.#askName(row);
    this.#changed(row);
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
