import type { RecalledContent } from '../../../protocol/content.ts';
import type { Message } from '../../../protocol/frames.ts';
import type { Conversation } from '../../../protocol/http.ts';
import { UNREAD_MAX } from '../model/limits.ts';
import { type ChatMessage, receivedMessage } from '../model/message.ts';
import type { Off } from '../support/emitter.ts';
import { Live } from '../support/observable-value.ts';
import type { Identity } from '../transport/identity.ts';
import type { Places } from './conversation-state.ts';
import type { Groups } from './groups.ts';

/** A line of the list of conversations. It doesn't change: what has changed is a new one. */
export interface ConversationSummary {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group';
  /** The other user of a direct conversation. */
  readonly peer: string | undefined;
  /** Of a group. */
  readonly name: string | undefined;
  /** The last that the server has. */
  readonly lastMessage: ChatMessage | null;
  /** How far this user has read. */
  readonly readSeq: number;
  /** Others' messages above `readSeq`; 100 means 100 or more. */
  readonly unread: number;
}

interface Row {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group';
  readonly peer: string | undefined;
  name: string | undefined;
  last: Message | null;
  readSeq: number;
  /** Up to where the server has counted, and how many it found unread. */
  countedUpTo: number;
  counted: number;
  /** Others' messages after that, above `readSeq`. */
  readonly others: Set<number>;
  summary: ConversationSummary | undefined;
}

export interface ConversationListPorts {
  readonly identity: Pick<Identity, 'userId'>;
  readonly places: Pick<Places, 'at'>;
  readonly groups: Pick<Groups, 'get'>;
  report(error: unknown): void;
}

/** All conversations of the user, kept up to date by everything that comes in. */
export class ConversationList {
  readonly #ports: ConversationListPorts;
  readonly #rows = new Map<string, Row>();
  readonly #live: Live<readonly ConversationSummary[] | undefined>;
  #isLoaded = false;

  constructor(ports: ConversationListPorts) {
    this.#ports = ports;
    this.#live = new Live(() => (this.#isLoaded ? this.#compute() : undefined), ports.report);
  }

  /** The latest activity first; undefined until the server's list has come. The same array until it changes. */
  get summaries(): readonly ConversationSummary[] | undefined {
    return this.#live.value;
  }

  subscribe(listener: (summaries: readonly ConversationSummary[]) => void): Off {
    return this.#live.subscribe((summaries) => {
      if (summaries !== undefined) listener(summaries);
    });
  }

  /** The server's list, or the part of it that has changed. What was heard in the meantime is not forgotten. */
  load(conversations: readonly Conversation[]): void {
    for (const { conversationId, name, lastMessage, readSeq, unread } of conversations) {
      const row = this.#row(conversationId);
      row.name = name ?? row.name;
      const upTo = lastMessage?.seq ?? 0;
      if (upTo >= (row.last?.seq ?? 0)) row.last = lastMessage;
      row.countedUpTo = upTo;
      row.counted = unread;
      const readHere = row.readSeq;
      row.readSeq = readSeq;
      for (const seq of row.others) if (seq <= upTo) row.others.delete(seq);
      this.#advance(row, Math.max(readSeq, readHere));
    }
    this.#isLoaded = true;
    this.#live.changed();
  }

  /** A message that is new here, own ones included. */
  add(message: Message): void {
    const { conversationId, seq, from } = message;
    if (this.#endsMembership(message)) {
      this.#rows.delete(conversationId);
      this.#live.changed();
      return;
    }
    const row = this.#row(conversationId);
    if (message.content.type === 'system') row.name = message.content.name ?? row.name;
    if (seq > (row.last?.seq ?? 0)) row.last = message;
    if (from !== this.#ports.identity.userId && seq > row.readSeq && seq > row.countedUpTo)
      row.others.add(seq);
    if (row.name === undefined && conversationId[0] === 'g') this.#askName(row);
    this.#changed(row);
  }

  /** This user has read up to `seq`, here or on another device. */
  read(conversationId: string, seq: number): void {
    const row = this.#rows.get(conversationId);
    if (row !== undefined && seq > row.readSeq) this.#advance(row, seq);
  }

  recalled(conversationId: string, seq: number, content: RecalledContent): void {
    const row = this.#rows.get(conversationId);
    if (row?.last?.seq !== seq) return;
    row.last = { ...row.last, content };
    this.#changed(row);
  }

  /** Others have read: ticks of the last message may have changed. */
  touched(conversationId: string): void {
    const row = this.#rows.get(conversationId);
    if (row !== undefined) this.#changed(row);
  }

  #row(conversationId: string): Row {
    const known = this.#rows.get(conversationId);
    if (known !== undefined) return known;
    const { userId } = this.#ports.identity;
    const [prefix, ...users] = conversationId.split(':');
    const isDirect = prefix === 'dm';
    const row: Row = {
      conversationId,
      kind: isDirect ? 'direct' : 'group',
      peer: isDirect ? users.find((user) => user !== userId) : undefined,
      name: undefined,
      last: null,
      readSeq: 0,
      countedUpTo: 0,
      counted: 0,
      others: new Set(),
      summary: undefined,
    };
    this.#rows.set(conversationId, row);
    return row;
  }

  #advance(row: Row, seq: number): void {
    row.readSeq = seq;
    // Below the server's count nobody here knows whose the messages are; there can't be more unread than seqs.
    row.counted = Math.min(row.counted, Math.max(0, row.countedUpTo - seq));
    for (const other of row.others) if (other <= seq) row.others.delete(other);
    this.#changed(row);
  }

  #askName(row: Row): void {
    row.name = '';
    this.#ports.groups.get(row.conversationId).then(
      ({ name }) => {
        row.name = name;
        this.#changed(row);
      },
      () => {
        row.name = undefined;
      },
    );
  }

  #endsMembership({ content }: Message): boolean {
    if (content.type !== 'system' || (content.event !== 'left' && content.event !== 'removed')) return false;
    return content.users?.includes(this.#ports.identity.userId ?? '') === true;
  }

  #changed(row: Row): void {
    row.summary = undefined;
    this.#live.changed();
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

  #summaryOf({ conversationId, kind, peer, name, last, readSeq, counted, others }: Row): ConversationSummary {
    const readUpTo = this.#ports.places.at(conversationId)[0]?.readUpTo;
    return {
      conversationId,
      kind,
      peer,
      name: name === '' ? undefined : name,
      lastMessage: last && receivedMessage(last, this.#ports.identity.userId, readUpTo),
      readSeq,
      unread: Math.min(counted + others.size, UNREAD_MAX),
    };
  }
}
