import { isDeepStrictEqual } from 'node:util';
import type {
  Conversation,
  Edited,
  Final,
  History,
  HistoryEvent,
  Membership,
  Outcome,
  Recalled,
  SeenMessage,
  Settled,
  Try,
} from '../history.ts';
import { isStoredAs } from './content.ts';
import { additionBefore, isOut, type Period, periodsOf } from './membership.ts';
import { isMaybeOn } from './switches.ts';

/** An event and its log index. */
export type At<Event> = Event & { readonly at: number };

type EventOf<Type extends HistoryEvent['type']> = Extract<HistoryEvent, { type: Type }>;

export interface Ack {
  readonly at: number;
  readonly outcome: Extract<Outcome, { is: 'acked' }>;
}

/** A send intent of a client, with all of its tries. */
export interface Send {
  readonly user: string;
  readonly conversationId: string;
  readonly clientMsgId: string;
  readonly content: unknown;
  readonly tries: At<Try>[];
  readonly acks: Ack[];
  /** Ids of the refused tries. */
  readonly refused: Set<number>;
  /** True if the service queue accepted it. */
  isQueued: boolean;
}

export interface Sighting {
  readonly at: number;
  readonly user: string;
  readonly message: SeenMessage;
}

/** A history, indexed for the checks. */
export class Evidence {
  readonly sends: Send[] = [];
  readonly sightings: Sighting[] = [];
  readonly events: readonly At<HistoryEvent>[];
  readonly healedAt: number;
  readonly restingAt: number;
  readonly #times: readonly number[];
  readonly #conversations: ReadonlyMap<string, Conversation>;
  readonly #periods = new Map<string, ReadonlyMap<string, readonly Period[]>>();
  readonly #changes: ReadonlyMap<string, readonly At<Membership>[]>;
  readonly #recalls: readonly At<Recalled>[];
  readonly #edits: readonly At<Edited>[];
  readonly #byKey = new Map<string, Send[]>();
  readonly #finals = new Map<string, At<Final>>();
  readonly #supervisors: ReadonlySet<string>;

  constructor({ conversations, events, times = [] }: History) {
    this.#times = times;
    this.#conversations = new Map(conversations.map((one) => [one.conversationId, one]));
    this.events = events.map((event, at) => ({ ...event, at }));
    this.healedAt = this.of('healed')[0]?.at ?? Number.POSITIVE_INFINITY;
    this.restingAt = this.of('resting')[0]?.at ?? Number.POSITIVE_INFINITY;
    this.#gatherSends();
    for (const final of this.of('final')) {
      if (!this.#finals.has(final.conversationId)) this.#finals.set(final.conversationId, final);
    }
    for (const event of this.events) this.#gatherSightings(event);
    this.#changes = Map.groupBy(
      this.of('membership').map((one) => this.#doubted(one)),
      ({ user, conversationId }) => `${user}\n${conversationId}`,
    );
    this.#supervisors = new Set(this.of('chats').map(({ user }) => user));
    this.#recalls = this.of('recall');
    this.#edits = this.of('edit');
  }

  get conversationIds(): readonly string[] {
    return [...this.#conversations.keys()];
  }

  of<Type extends HistoryEvent['type']>(type: Type): At<EventOf<Type>>[] {
    return this.events.flatMap((event) => (event.type === type ? [event as At<EventOf<Type>>] : []));
  }

  /** In milliseconds; without times all happens at once. */
  timeOf(at: number): number {
    return this.#times[at] ?? 0;
  }

  /** At any time. */
  isMember(user: string, conversationId: string): boolean {
    return this.#conversations.get(conversationId)?.members.includes(user) === true;
  }

  /** The other user of a direct conversation that this one is in. */
  peerOf(user: string, conversationId: string): string | undefined {
    if (!conversationId.startsWith('dm:') || !this.isMember(user, conversationId)) return undefined;
    return this.#conversations.get(conversationId)?.members.find((member) => member !== user);
  }

  isChanging(conversationId: string): boolean {
    return this.#conversations.get(conversationId)?.isChanging === true;
  }

  /** Whether the operator has brought it in. */
  isImported(conversationId: string): boolean {
    return this.sends.some(
      (send) => send.conversationId === conversationId && send.tries.some(({ via }) => via === 'import'),
    );
  }

  /** For support chats only: the customer gets every message as it is sent, an agent what was before from history. */
  isCustomer(user: string, conversationId: string): boolean {
    return this.customerOf(conversationId) === user;
  }

  /** For support chats only. */
  customerOf(conversationId: string): string {
    return this.#conversations.get(conversationId)?.members[0] ?? '';
  }

  /** They may read each support chat (IM-DESK). */
  #isSupervised(user: string, conversationId: string): boolean {
    return isDesk(conversationId) && this.#supervisors.has(user);
  }

  /** For groups only. */
  adminOf(conversationId: string): string | undefined {
    return conversationId.startsWith('g:') ? this.#conversations.get(conversationId)?.members[0] : undefined;
  }

  conversationsOf(user: string): readonly string[] {
    return this.conversationIds.filter((id) => this.isMember(user, id));
  }

  /** The parts of a conversation during which this user was a member. */
  periodsOf(user: string, conversationId: string): readonly Period[] {
    if (!this.isChanging(conversationId)) {
      return this.isMember(user, conversationId) ? [{ from: 1, to: Number.POSITIVE_INFINITY }] : [];
    }
    const known = this.#periods.get(conversationId) ?? periodsOf(this.finalOf(conversationId));
    this.#periods.set(conversationId, known);
    return known.get(user) ?? [];
  }

  /** The messages that a final member of a conversation must have (IM-GROUP). */
  ownPartOf(user: string, conversationId: string): readonly SeenMessage[] {
    const last = this.periodsOf(user, conversationId).at(-1);
    if (last === undefined || last.to !== Number.POSITIVE_INFINITY) return [];
    return this.finalOf(conversationId).filter(({ seq }) => seq >= last.from);
  }

  /** What this user is in at the end. A direct conversation begins with its first message. */
  listOf(user: string): readonly string[] {
    return this.conversationsOf(user).filter((id) => this.ownPartOf(user, id).length > 0);
  }

  /** True if this user may see the message; its sender always may. */
  maySee(user: string, { conversationId, seq, from }: SeenMessage): boolean {
    const isWithin = this.periodsOf(user, conversationId).some((one) => seq >= one.from && seq <= one.to);
    const isOwn = from === user && this.isMember(user, conversationId);
    return isWithin || isOwn || this.#isSupervised(user, conversationId);
  }

  /** True if certainly not a member between these events. */
  isOutAt(user: string, conversationId: string, since: number, until = since): boolean {
    if (isDesk(conversationId)) return this.#wasNeverAt(user, conversationId);
    if (!this.isChanging(conversationId)) return !this.isMember(user, conversationId);
    return isOut(this.#changesOf(user, conversationId), since, until);
  }

  /** True if the user was not a member by this time, nor about to be. */
  wasNeverIn(user: string, conversationId: string, at: number): boolean {
    if (isDesk(conversationId)) return this.#wasNeverAt(user, conversationId);
    if (!this.isChanging(conversationId)) return !this.isMember(user, conversationId);
    return !this.#changesOf(user, conversationId).some(
      ({ change, outcome, begun }) => change === 'add' && outcome !== 'refused' && begun <= at,
    );
  }

  #wasNeverAt(user: string, chat: string): boolean {
    return this.periodsOf(user, chat).length === 0 && !this.#isSupervised(user, chat);
  }

  /** The start of a membership that certainly lasts from this time to the end. */
  memberSince(user: string, conversationId: string, at: number): number | undefined {
    if (isDesk(conversationId)) return this.isCustomer(user, conversationId) ? 0 : undefined;
    if (!this.isChanging(conversationId)) return this.isMember(user, conversationId) ? 0 : undefined;
    // An erasure ends it, without a change of a member's (IM-ERASE-1).
    if (this.of('erase').some((one) => one.user === user && one.outcome !== 'refused')) return undefined;
    return additionBefore(this.#changesOf(user, conversationId), at)?.at;
  }

  recallsOf({ conversationId, seq }: Pick<SeenMessage, 'conversationId' | 'seq'>): readonly At<Recalled>[] {
    return this.#recalls.filter((one) => one.conversationId === conversationId && one.seq === seq);
  }

  /** All tries to edit this message. */
  editsOf({ conversationId, seq }: Pick<SeenMessage, 'conversationId' | 'seq'>): readonly At<Edited>[] {
    return this.#edits.filter((one) => one.conversationId === conversationId && one.seq === seq);
  }

  /** Whether this user may have blocked the peer at any time between these events. */
  isBlockPossible(user: string, peer: string, since: number, until = Number.POSITIVE_INFINITY): boolean {
    const tries = this.of('block').filter((one) => one.user === user && one.peer === peer);
    return isMaybeOn(tries, since, until);
  }

  /** An admin can't add a user who has blocked them, and the answer does not tell (IM-BLOCK-3): the outcome is unknown. */
  #doubted(one: At<Membership>): At<Membership> {
    const { user, by, change, begun, at } = one;
    if (change === 'remove' || by === undefined || !this.isBlockPossible(user, by, begun, at)) return one;
    return { ...one, outcome: 'unknown' };
  }

  #changesOf(user: string, conversationId: string): readonly At<Membership>[] {
    return this.#changes.get(`${user}\n${conversationId}`) ?? [];
  }

  finalOf(conversationId: string): readonly SeenMessage[] {
    return this.#finals.get(conversationId)?.messages ?? [];
  }

  finalAt(conversationId: string): number {
    return this.#finals.get(conversationId)?.at ?? this.events.length;
  }

  /** All sends of this clientMsgId: several if a client used it for different contents. */
  sendsOf({
    from,
    conversationId,
    clientMsgId,
  }: Pick<SeenMessage, 'from' | 'conversationId' | 'clientMsgId'>): readonly Send[] {
    return this.#byKey.get(keyOf(from, conversationId, clientMsgId)) ?? [];
  }

  #gatherSends(): void {
    const byTry = new Map<number, Send>();
    for (const event of this.events) {
      if (event.type === 'try') {
        const send = this.#sendOf(event);
        send.tries.push(event);
        byTry.set(event.id, send);
      }
      if (event.type === 'settled') {
        const send = byTry.get(event.id);
        if (send !== undefined) settle(send, event);
      }
    }
  }

  #sendOf({ user, conversationId, clientMsgId, content }: Try): Send {
    const key = keyOf(user, conversationId, clientMsgId);
    const known = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, known);
    const same = known.find((send) => isDeepStrictEqual(send.content, content));
    if (same !== undefined) return same;
    const send: Send = {
      user,
      conversationId,
      clientMsgId,
      content,
      tries: [],
      acks: [],
      refused: new Set(),
      isQueued: false,
    };
    known.push(send);
    this.sends.push(send);
    return send;
  }

  #gatherSightings(event: At<HistoryEvent>): void {
    const messages = messagesIn(event);
    for (const message of messages) this.sightings.push({ at: event.at, user: userOf(event), message });
  }
}

function settle(send: Send, { id, outcome, at }: At<Settled>): void {
  if (outcome.is === 'acked') send.acks.push({ at, outcome });
  if (outcome.is === 'refused') send.refused.add(id);
  if (outcome.is === 'queued') send.isQueued = true;
}

function messagesIn(event: HistoryEvent): readonly SeenMessage[] {
  if ('messages' in event && event.type !== 'archived') return event.messages;
  if (event.type !== 'listed') return [];
  return event.conversations.flatMap(({ lastMessage }) => (lastMessage === null ? [] : [lastMessage]));
}

function userOf(event: HistoryEvent): string {
  return 'user' in event ? event.user : '';
}

function keyOf(user: string, conversationId: string, clientMsgId: string): string {
  return [user, conversationId, clientMsgId].join('\n');
}

/** A support chat. */
export function isDesk(conversationId: string): boolean {
  return conversationId.startsWith('cs:');
}

/** The (conversation, seq) that this send resulted in. */
export function seqOf(evidence: Evidence, send: Send): number | undefined {
  const stored = evidence
    .finalOf(send.conversationId)
    .find(
      ({ from, clientMsgId, content }) =>
        from === send.user && clientMsgId === send.clientMsgId && isStoredAs(send.content, content),
    );
  return send.acks[0]?.outcome.seq ?? stored?.seq;
}
