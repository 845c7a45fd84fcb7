import type { Message } from '../../../protocol/frames.ts';
import type { ConversationSummary } from '../model/conversation-summary.ts';
import { HOLE_MS, UNREAD_MAX } from '../model/limits.ts';
import { hasHappenedTo } from '../model/membership.ts';
import { afterMessage, type ConversationSettings } from '../model/settings.ts';
import { ObservableValue } from '../support/observable-value.ts';
import type { ListedConversations } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { ConversationStates } from './conversation-states.ts';
import type { Groups } from './groups.ts';

interface Row {
  readonly conversationId: string;
  readonly kind: ConversationSummary['kind'];
  readonly peer: string | undefined;
  name?: string | undefined;
  last: Message | null;
  readSeq: number;
  settings: ConversationSettings;
  /** The server has counted the unread messages up to this seq. */
  countedUpTo: number;
  /** The number of those that were unread. */
  counted: number;
  /** The number of those that mention this user. */
  mentioned: number;
  /** Whether there may be more, since the server stopped counting. */
  isAtLeast: boolean;
  /** The seqs of others' messages above both `countedUpTo` and `readSeq`, and whether they mention this user. */
  readonly others: Map<number, boolean>;
  summary?: ConversationSummary | undefined;
  /** Otherwise it is hidden. */
  isMine: boolean;
}

/** One object, so that it is the same until it changes. */
const NO_SETTINGS: ConversationSettings = {};

/** System events whose `name` is the conversation's. */
const NAMING: readonly string[] = ['created', 'renamed', 'opened'];

/** All conversations of the user, kept up to date by messages, reads, and changes. */
export class ConversationList {
  readonly #identity: Pick<Identity, 'userId'>;
  readonly #states: Pick<ConversationStates, 'of'>;
  readonly #groups: Pick<Groups, 'get'>;
  readonly #rows = new Map<string, Row>();
  readonly #observable: ObservableValue<readonly ConversationSummary[] | undefined>;
  /** The server's list may lack a message that was sent since, by its clock. 0: there is no list yet. */
  #newFromMs = 0;

  constructor(
    identity: Pick<Identity, 'userId'>,
    states: Pick<ConversationStates, 'of'>,
    groups: Pick<Groups, 'get'>,
    report: (error: unknown) => void,
    onChange: (summaries: readonly ConversationSummary[]) => void,
  ) {
    this.#identity = identity;
    this.#states = states;
    this.#groups = groups;
    this.#observable = new ObservableValue(
      () => (this.#newFromMs === 0 ? undefined : this.#compute()),
      report,
    );
    this.#observable.subscribe((summaries) => summaries && onChange(summaries));
  }

  /** Latest activity first; undefined until the server's list is loaded. The same array until it changes. */
  get summaries(): readonly ConversationSummary[] | undefined {
    return this.#observable.value;
  }

  /**
   * Merges the server's list, or its changed part, with what has arrived since. Hides conversations that this user left
   * (IM-CHANGE-3). The list was asked for at `asOfMs` or later.
   */
  load({ conversations, removed }: ListedConversations, asOfMs: number): void {
    this.#newFromMs = asOfMs - HOLE_MS;
    const listed = new Set(conversations.map(({ conversationId }) => conversationId));
    for (const id of removed ?? this.#rows.keys()) if (!listed.has(id)) this.drop(id);
    for (const {
      conversationId,
      name,
      lastMessage,
      readSeq,
      unread,
      mentioned = 0,
      settings = NO_SETTINGS,
      unreadIsAtLeast = false,
    } of conversations) {
      const row = this.#row(conversationId);
      row.isMine = true;
      row.name = name ?? row.name;
      const upTo = lastMessage?.seq ?? 0;
      const isNewest = upTo >= (row.last?.seq ?? 0);
      if (isNewest) row.last = lastMessage;
      row.settings = isNewest ? settings : afterMessage(settings, row.last?.sentAt ?? 0);
      row.countedUpTo = upTo;
      row.counted = unread;
      row.mentioned = mentioned;
      row.isAtLeast = unreadIsAtLeast;
      this.read(conversationId, readSeq);
    }
    this.#observable.changed();
  }

  /** Adds a new message, this user's or another's. */
  add(message: Message): void {
    const { conversationId, seq, from, sentAt, content } = message;
    const { userId } = this.#identity;
    const row = this.#row(conversationId);
    const isLast = seq > (row.last?.seq ?? 0);
    if (isLast) {
      // The loss before may have been missed.
      if (hasHappenedTo(userId, message, 'joined')) this.drop(conversationId);
      row.last = message;
      row.settings = afterMessage(row.settings, sentAt);
    }
    if (hasHappenedTo(userId, message, 'left', 'removed')) {
      // If it is below the last message, the user has rejoined since.
      if (isLast) this.drop(conversationId);
      return;
    }
    // The server's list already has the conversation of an older message, if it is this user's.
    row.isMine ||= seq > row.readSeq && sentAt >= this.#newFromMs;
    // In a rule's event (`pins`, `posting`, `slowMode`) the name is its value.
    if (content.type === 'system' && NAMING.includes(content.event)) row.name = content.name ?? row.name;
    if (from !== userId && seq > row.readSeq && seq > row.countedUpTo) this.#count(row, message);
    if (row.isMine && row.name === undefined && row.kind === 'group') this.#askName(row);
    this.#changed(row);
  }

  /** Applies a changed message: the list shows it if it is the last, and counts its mentions anew. */
  changed(message: Message): void {
    const row = this.#row(message.conversationId);
    if (row.others.has(message.seq)) this.#count(row, message);
    this.#changed(row);
  }

  /** Hides a conversation that this user lost. Late messages count as read. */
  drop(conversationId: string): void {
    const row = this.#row(conversationId);
    row.isMine = false;
    // A user who rejoins has the default settings (IM-SETTINGS-1), and may have missed a new name of the group.
    row.settings = NO_SETTINGS;
    if (row.kind === 'group') row.name = undefined;
    this.read(conversationId, row.last?.seq ?? 0);
  }

  /** This user has read up to `seq`, here or on another device; 0: another has read, so states may have changed. */
  read(conversationId: string, seq: number): void {
    const row = this.#row(conversationId);
    const readSeq = Math.max(row.readSeq, seq);
    row.readSeq = readSeq;
    // The senders of the messages that the server counted are unknown here. No more can be unread than there are seqs.
    row.counted = Math.min(row.counted, Math.max(0, row.countedUpTo - readSeq));
    row.mentioned = Math.min(row.mentioned, row.counted);
    if (readSeq >= row.countedUpTo) row.isAtLeast = false;
    for (const other of row.others.keys())
      if (other <= Math.max(readSeq, row.countedUpTo)) row.others.delete(other);
    this.#changed(row);
  }

  /** This user's settings of a conversation. */
  settings(conversationId: string): ConversationSettings {
    return this.#rows.get(conversationId)?.settings ?? NO_SETTINGS;
  }

  /** Takes new settings from the server. */
  set(conversationId: string, settings: ConversationSettings): void {
    const row = this.#row(conversationId);
    row.settings = settings;
    this.#changed(row);
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
      last: null,
      readSeq: 0,
      settings: NO_SETTINGS,
      countedUpTo: 0,
      counted: 0,
      mentioned: 0,
      isAtLeast: false,
      others: new Map(),
      isMine: false,
    };
    this.#rows.set(conversationId, row);
    return row;
  }

  #count({ others }: Row, { mentions, seq }: Message): void {
    others.set(seq, mentions === 'all' || !!mentions?.includes(this.#identity.userId ?? ''));
  }

  #askName(row: Row): void {
    row.name = '';
    const asked = this.#groups.get(row.conversationId).catch(() => undefined);
    void asked.then((group) => {
      row.name = group?.name;
      this.#changed(row);
    });
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
    const { conversationId, kind, peer, name, last, readSeq, settings, isAtLeast, others } = row;
    const all = row.counted + others.size;
    const [state] = this.#states.of(conversationId);
    return {
      conversationId,
      kind,
      peer,
      name: name || undefined,
      lastMessage: (last && state?.show(last)) ?? null,
      readSeq,
      unread: Math.min(all, UNREAD_MAX),
      unreadIsAtLeast: isAtLeast || all >= UNREAD_MAX,
      settings,
      mentioned: row.mentioned + [...others.values()].filter(Boolean).length,
    };
  }
}
