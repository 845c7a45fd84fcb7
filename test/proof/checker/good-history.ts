import fc from 'fast-check';
import type { History, HistoryEvent, ListedConversation, Outcome, SeenMessage } from '../history.ts';
import { Recorder } from '../recorder.ts';

const USERS = ['ann', 'bob', 'cid'] as const;
type User = (typeof USERS)[number];

const PAIRS: readonly (readonly [User, User])[] = [
  ['ann', 'bob'],
  ['bob', 'cid'],
];

/** One action of a client, or one event that happens to it. */
const action = fc.oneof(
  fc.record({
    do: fc.constant('send' as const),
    pair: fc.nat({ max: 1 }),
    side: fc.nat({ max: 1 }),
    /** The outcome of the first try: answered, not stored, or stored and not answered. */
    fate: fc.constantFrom(
      'acked',
      'acked',
      'acked',
      'refused',
      'lost before',
      'lost after',
      'queued',
      'hole',
    ),
  }),
  fc.record({ do: fc.constant('list' as const), user: fc.constantFrom(...USERS) }),
  fc.record({
    do: fc.constant('page' as const),
    pair: fc.nat({ max: 1 }),
    side: fc.nat({ max: 1 }),
    after: fc.nat({ max: 6 }),
    limit: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ do: fc.constant('read' as const), pair: fc.nat({ max: 1 }), side: fc.nat({ max: 1 }) }),
);

export type Action = typeof action extends fc.Arbitrary<infer One> ? One : never;

/** Histories of a correct server among clients with bad luck. */
export const goodHistory: fc.Arbitrary<History> = fc
  .array(action, { minLength: 3, maxLength: 25, size: 'max' })
  .map((actions) => simulate(actions));

/** What clients of a faultless server would have seen. */
export function simulate(actions: readonly Action[]): History {
  const server = new PerfectServer();
  for (const one of actions) {
    if (one.do === 'send') server.send(one.pair, one.side, one.fate);
    if (one.do === 'list') server.list(one.user);
    if (one.do === 'page') server.page(one.pair, one.side, one.after, one.limit);
    if (one.do === 'read') server.read(one.pair, one.side);
  }
  return server.end();
}

class PerfectServer {
  readonly #recorder = new Recorder(0);
  readonly #stored = PAIRS.map((): SeenMessage[] => []);
  readonly #heads = PAIRS.map(() => 0);
  readonly #cursors = new Map<string, number>();
  #sends = 0;

  constructor() {
    for (const members of PAIRS) this.#recorder.addConversation({ conversationId: idOf(members), members });
    for (const user of USERS) {
      const connection = `${user}-1`;
      this.#recorder.add({ type: 'connected', user, device: 'phone', connection, mode: 'managed' });
      this.#recorder.add({ type: 'drained', connection });
    }
  }

  send(
    pair: number,
    side: number,
    fate: 'acked' | 'refused' | 'lost before' | 'lost after' | 'queued' | 'hole' | string,
  ): void {
    this.#sends += 1;
    const clientMsgId = `m${this.#sends}`;
    const attempt = () => this.#try(pair, side, clientMsgId, fate === 'queued' ? 'event' : 'socket');
    const id = attempt();
    const settle = (one: number, outcome: Outcome) => this.#recorder.settle(one, outcome);
    if (fate === 'refused') return void settle(id, { is: 'refused', code: 'session_expired' });
    if (fate === 'hole') this.#heads[pair] = (this.#heads[pair] ?? 0) + 1;
    if (fate === 'queued') settle(id, { is: 'queued' });
    const message = fate === 'lost before' ? undefined : this.#store(pair, side, clientMsgId);
    if (fate.startsWith('lost')) {
      settle(id, { is: 'unknown', why: 'no answer' });
      const again = attempt();
      const stored = message ?? this.#store(pair, side, clientMsgId);
      settle(again, ackOf(stored, message !== undefined));
    } else if (fate !== 'queued' && message !== undefined) {
      settle(id, ackOf(message, false));
    }
  }

  list(user: User): void {
    const begun = this.#recorder.now;
    const conversations = PAIRS.flatMap((members, pair): ListedConversation[] => {
      const stored = this.#stored[pair] ?? [];
      const lastMessage = stored.at(-1);
      if (!members.includes(user) || lastMessage === undefined) return [];
      const conversationId = idOf(members);
      const readSeq = this.#cursors.get(`${user} ${conversationId}`) ?? 0;
      const unread = stored.filter(({ from, seq }) => from !== user && seq > readSeq).length;
      return [{ conversationId, head: this.#heads[pair] ?? 0, readSeq, unread, lastMessage }];
    });
    this.#recorder.add({ type: 'listed', user, begun, conversations });
  }

  page(pair: number, side: number, after: number, limit: number): void {
    const members = PAIRS[pair] ?? PAIRS[0];
    const begun = this.#recorder.now;
    const above = (this.#stored[pair] ?? []).filter(({ seq }) => seq > after);
    this.#recorder.add({
      type: 'saw',
      user: members?.[side] ?? '',
      channel: 'history',
      messages: above.slice(0, limit),
      page: { conversationId: idOf(members), after, hasMore: above.length > limit, begun },
    });
  }

  read(pair: number, side: number): void {
    const user = PAIRS[pair]?.[side] ?? '';
    const conversationId = idOf(PAIRS[pair]);
    const begun = this.#recorder.now;
    const seq = this.#stored[pair]?.at(-1)?.seq;
    if (seq === undefined) return;
    this.#cursors.set(`${user} ${conversationId}`, seq);
    this.#recorder.add({ type: 'read', user, conversationId, seq, begun, done: true });
  }

  end(): History {
    this.#recorder.add({ type: 'healed' });
    for (const user of USERS) {
      const view = this.#stored.flatMap((stored, pair) => (PAIRS[pair]?.includes(user) ? stored : []));
      this.#recorder.add({ type: 'synced', user, device: 'phone', view });
    }
    PAIRS.forEach((members, pair) => {
      const messages = this.#stored[pair] ?? [];
      this.#recorder.add({ type: 'final', user: members[0], conversationId: idOf(members), messages });
    });
    for (const user of USERS) this.list(user);
    return structuredClone(this.#recorder.history);
  }

  #try(pair: number, side: number, clientMsgId: string, via: 'socket' | 'event'): number {
    const user = PAIRS[pair]?.[side] ?? '';
    return this.#recorder.begin({
      user,
      via,
      ...(via === 'socket' && { connection: `${user}-1` }),
      conversationId: idOf(PAIRS[pair]),
      clientMsgId,
      content: { type: 'text', text: clientMsgId },
    });
  }

  #store(pair: number, side: number, clientMsgId: string): SeenMessage {
    const members = PAIRS[pair];
    const seq = (this.#heads[pair] ?? 0) + 1;
    this.#heads[pair] = seq;
    const message: SeenMessage = {
      conversationId: idOf(members),
      seq,
      messageId: `${idOf(members)}/${seq}`,
      clientMsgId,
      from: members?.[side] ?? '',
      content: { type: 'text', text: clientMsgId },
      sentAt: seq * 1000,
    };
    this.#stored[pair]?.push(message);
    for (const user of members ?? []) {
      const connection = `${user}-1`;
      const events: HistoryEvent = {
        type: 'saw',
        user,
        device: 'phone',
        connection,
        channel: 'push',
        messages: [message],
      };
      this.#recorder.add(events);
    }
    return message;
  }
}

function ackOf({ messageId, seq, sentAt }: SeenMessage, duplicate: boolean): Outcome {
  return { is: 'acked', messageId, seq, sentAt, duplicate };
}

function idOf(members: readonly [User, User] | undefined): string {
  return `dm:${members?.join(':')}`;
}
