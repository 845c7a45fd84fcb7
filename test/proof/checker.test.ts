import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printViolations, violationsOf } from './checker/checker.ts';
import { goodHistory, simulate } from './checker/good-history.ts';
import type { ViolationKind } from './checker/violation.ts';
import type { History, HistoryEvent, Outcome, SeenMessage } from './history.ts';

const kindsIn = (history: History) => new Set(violationsOf(history).map(({ kind }) => kind));

/** Ann sends m1 and m2, Bob m3; all are acked; Bob lists at the end. */
const GOOD = simulate([
  { do: 'send', pair: 0, side: 0, fate: 'acked' },
  { do: 'send', pair: 0, side: 0, fate: 'acked' },
  { do: 'send', pair: 0, side: 1, fate: 'acked' },
  { do: 'read', pair: 0, side: 1 },
  { do: 'list', user: 'bob' },
  { do: 'page', pair: 0, side: 1, after: 0, limit: 5 },
]);

type Change = (event: HistoryEvent) => readonly HistoryEvent[];

function changed({ events, ...rest }: History, change: Change): History {
  return { ...rest, events: events.flatMap((event) => change(event)) };
}

/** Changes the events of one type and keeps the others. */
function every<Type extends HistoryEvent['type']>(
  type: Type,
  change: (event: Extract<HistoryEvent, { type: Type }>) => HistoryEvent | readonly HistoryEvent[],
): Change {
  return (event) => {
    if (event.type !== type) return [event];
    return [change(event as Extract<HistoryEvent, { type: Type }>)].flat();
  };
}

const messagesOf = (change: (messages: readonly SeenMessage[]) => readonly SeenMessage[]) => ({
  inFinal: every('final', (event) => ({ ...event, messages: change(event.messages) })),
  seen: every('saw', (event) => ({ ...event, messages: change(event.messages) })),
});

const settling = (change: (outcome: Outcome) => Outcome) =>
  every('settled', (event) => ({ ...event, outcome: change(event.outcome) }));

const withoutM2 = (messages: readonly SeenMessage[]) =>
  messages.filter(({ clientMsgId }) => clientMsgId !== 'm2');

const withTwinOfM2 = (messages: readonly SeenMessage[]) =>
  messages.flatMap((one) =>
    one.clientMsgId === 'm2' ? [one, { ...one, messageId: 'twin', seq: 9 }] : [one],
  );

const asM2 = (fields: Partial<SeenMessage>) => (messages: readonly SeenMessage[]) =>
  messages.map((one) => (one.clientMsgId === 'm2' ? { ...one, ...fields } : one));

const isBob = (event: { readonly user: string }) => event.user === 'bob';

describe('the checker', () => {
  it('accepts every view that unlucky clients have of a perfect server', () => {
    fc.assert(
      fc.property(goodHistory, (history) => {
        expect(printViolations(violationsOf(history), history)).toBe('');
      }),
    );
  });

  it.each<[ViolationKind, string, Change]>([
    ['lost', 'an acked message is not in history (IM-INV-1)', messagesOf(withoutM2).inFinal],
    [
      'lost',
      'a message that a user saw is not in history (IM-INV-1)',
      (event) =>
        every('settled', (one) => (one.id === 2 ? { ...one, outcome: { is: 'unknown', why: '' } } : one))(
          event,
        ).flatMap(messagesOf(withoutM2).inFinal),
    ],
    [
      'lost',
      'an event that the service queue accepted is not in history (IM-INV-1)',
      (event) =>
        every('settled', (one) => (one.id === 2 ? { ...one, outcome: { is: 'queued' } } : one))(
          event,
        ).flatMap(messagesOf(withoutM2).inFinal),
    ],
    [
      'ambiguous',
      'history has an acked message at another seq (IM-INV-1)',
      messagesOf(asM2({ seq: 7 })).inFinal,
    ],
    [
      'ambiguous',
      'an ack has a different time than history (IM-INV-1)',
      settling((one) => ({ ...one, sentAt: 1 }) as Outcome),
    ],
    ['duplicated', 'one send is in history twice (IM-INV-2)', messagesOf(withTwinOfM2).inFinal],
    [
      'phantom',
      'a user saw a message that nobody sent (IM-INV-2)',
      every('try', (event) => (event.clientMsgId === 'm2' ? [] : event)),
    ],
    [
      'altered',
      'a message has different content than was sent (IM-INV-2)',
      messagesOf(asM2({ content: { type: 'text', text: '' } })).seen,
    ],
    ['phantom', 'a message has another sender (IM-INV-2)', messagesOf(asM2({ from: 'bob' })).seen],
    [
      'refused-but-visible',
      'a message is visible although every try was refused (IM-INV-2)',
      every('settled', (event) =>
        event.id === 2 ? { ...event, outcome: { is: 'refused', code: 'forbidden' } } : event,
      ),
    ],
    ['ambiguous', 'one seq has two messages (IM-INV-3)', messagesOf(asM2({ messageId: 'other' })).seen],
    ['ambiguous', 'one message has two seqs (IM-INV-3)', messagesOf(asM2({ seq: 8 })).seen],
    [
      'duplicated',
      'two acks of one send differ (IM-INV-3)',
      every('settled', (event) => [
        event,
        { ...event, outcome: { is: 'acked', messageId: 'other', seq: 8, sentAt: 1, duplicate: true } },
      ]),
    ],
    ['reordered', 'a page of history does not ascend (IM-INV-3)', messagesOf((all) => all.toReversed()).seen],
    ['reordered', 'history does not ascend (IM-INV-3)', messagesOf((all) => all.toReversed()).inFinal],
    [
      'reordered',
      'a view does not ascend (IM-INV-3)',
      every('synced', (event) => ({ ...event, view: event.view.toReversed() })),
    ],
    [
      'reordered',
      'a sender who waited for each ack is out of order (IM-INV-3, IM-SEND-4)',
      settling((one) => (one.is === 'acked' && one.seq < 3 ? { ...one, seq: 3 - one.seq } : one)),
    ],
    [
      'unseen',
      'a device that has synced lacks a message (IM-INV-4)',
      every('synced', (event) => (isBob(event) ? { ...event, view: event.view.slice(1) } : event)),
    ],
    [
      'phantom',
      'a device that has synced has a message that history lacks (IM-INV-4)',
      every('synced', (event) => ({
        ...event,
        view: [...event.view, { conversationId: 'dm:ann:bob', seq: 9, messageId: 'x' }],
      })),
    ],
    ['stale', 'a page lacks a message acked before its request (IM-INV-4)', messagesOf(withoutM2).seen],
    [
      'stale',
      'a list has a last message older than one acked before (IM-INV-4)',
      every('listed', (event) => ({
        ...event,
        conversations: event.conversations.map((row) => ({ ...row, head: 1 })),
      })),
    ],
    [
      'stale',
      'a list lacks a conversation (IM-INV-4)',
      every('listed', (event) => ({ ...event, conversations: [] })),
    ],
    [
      'stranded',
      'a connection that was open all the time never got a message (IM-PUSH-2)',
      every('saw', (event) => (isBob(event) && event.channel === 'push' ? [] : event)),
    ],
    [
      'visible-to-non-member',
      "a user saw a message of another user's conversation (IM-INV-5)",
      every('saw', (event) => ({ ...event, user: 'cid' })),
    ],
    [
      'visible-to-non-member',
      "a user's list has another user's conversation (IM-INV-5)",
      every('listed', (event) => ({ ...event, user: 'cid' })),
    ],
    [
      'visible-to-non-member',
      "a user received a cursor of another user's conversation (IM-INV-5)",
      every('read', (event) => [
        event,
        { type: 'cursor', user: 'cid', conversationId: event.conversationId, of: 'ann', seq: 1 },
      ]),
    ],
    [
      'visible-to-non-member',
      "an empty page reveals another user's conversation (IM-INV-5)",
      every('saw', (event) => (event.page ? { ...event, user: 'cid', messages: [] } : event)),
    ],
    [
      'sent-by-non-member',
      'a message is from a non-member (IM-INV-5)',
      messagesOf(asM2({ from: 'cid' })).seen,
    ],
    [
      'cursor-went-back',
      'a cursor is lower than it was set (IM-INV-6)',
      every('listed', (event) => ({
        ...event,
        conversations: event.conversations.map((row) => ({
          ...row,
          readSeq: 0,
          unread: isBob(event) ? 2 : row.unread,
        })),
      })),
    ],
    ['cursor-went-back', 'a cursor is higher than it was ever set (IM-INV-6)', every('read', () => [])],
    [
      'wrong-unread',
      "unread is not the number of others' messages above the cursor (IM-INV-6)",
      every('listed', (event) => ({
        ...event,
        conversations: event.conversations.map((row) => ({ ...row, unread: row.unread + 1 })),
      })),
    ],
    [
      'wrong-unread',
      'unread is negative (IM-INV-6)',
      every('listed', (event) => ({
        ...event,
        conversations: event.conversations.map((row) => ({ ...row, unread: -1 })),
      })),
    ],
  ])('reports %s if %s', (kind, _, change) => {
    expect(kindsIn(GOOD)).toEqual(new Set());
    expect(kindsIn(changed(GOOD, change))).toContain(kind);
  });
});

describe('the checker, on any good history with one change,', () => {
  /** Changes the n-th matching event; undefined if none matches. */
  function mutated(
    history: History,
    nth: number,
    fits: (event: HistoryEvent) => boolean,
    change: Change,
  ): History | undefined {
    const places = history.events.flatMap((event, at) => (fits(event) ? [at] : []));
    const chosen = places[nth % Math.max(1, places.length)];
    if (chosen === undefined) return undefined;
    return {
      ...history,
      events: history.events.flatMap((event, at) => (at === chosen ? change(event) : [event])),
    };
  }

  const dropAny = (nth: number) => (messages: readonly SeenMessage[]) =>
    messages.filter((_, at) => at !== nth % messages.length);
  const hasMessages = (event: HistoryEvent) => event.type === 'final' && event.messages.length > 0;

  it.each<[readonly ViolationKind[], string, (event: HistoryEvent) => boolean, (nth: number) => Change]>([
    [
      ['lost'],
      'a message removed from history (IM-INV-1)',
      hasMessages,
      (nth) => messagesOf(dropAny(nth)).inFinal,
    ],
    [
      ['duplicated'],
      'a message duplicated in history (IM-INV-2)',
      hasMessages,
      (nth) =>
        messagesOf((all) => [
          ...all,
          { ...(all[nth % all.length] as SeenMessage), messageId: 'twin', seq: 99 },
        ]).inFinal,
    ],
    [
      ['phantom'],
      'an inserted message (IM-INV-2)',
      hasMessages,
      () =>
        messagesOf((all) => [
          ...all,
          { ...(all[0] as SeenMessage), clientMsgId: 'x', messageId: 'x', seq: 99 },
        ]).inFinal,
    ],
    [
      ['ambiguous'],
      'an ack with another seq (IM-INV-3)',
      (event) => event.type === 'settled' && event.outcome.is === 'acked',
      () => settling((one) => (one.is === 'acked' ? { ...one, seq: one.seq + 1 } : one)),
    ],
    [
      ['ambiguous'],
      'an ack with another id (IM-INV-3)',
      (event) => event.type === 'settled' && event.outcome.is === 'acked',
      () => settling((one) => (one.is === 'acked' ? { ...one, messageId: 'other' } : one)),
    ],
    [
      ['unseen'],
      'a message removed from a view (IM-INV-4)',
      (event) => event.type === 'synced' && event.view.length > 0,
      (nth) =>
        every('synced', (event) => ({
          ...event,
          view: event.view.filter((_, at) => at !== nth % event.view.length),
        })),
    ],
    [
      ['stranded'],
      "a missing push to another user's device (IM-PUSH-2)",
      (event) => event.type === 'saw' && event.channel === 'push' && event.messages[0]?.from !== event.user,
      () => every('saw', () => []),
    ],
    [
      ['visible-to-non-member'],
      'a push to the wrong user (IM-INV-5)',
      (event) => event.type === 'saw' && event.messages.length > 0,
      () =>
        every('saw', (event) => ({
          ...event,
          user: event.messages[0]?.conversationId === 'dm:ann:bob' ? 'cid' : 'ann',
        })),
    ],
    [
      ['wrong-unread'],
      'a wrong unread count (IM-INV-6)',
      (event) => event.type === 'listed' && event.conversations.length > 0,
      () =>
        every('listed', (event) => ({
          ...event,
          conversations: event.conversations.map((row) => ({ ...row, unread: row.unread + 5 })),
        })),
    ],
  ])('reports %j for %s', (kinds, _, fits, change) => {
    fc.assert(
      fc.property(goodHistory, fc.nat(), (history, nth) => {
        const bad = mutated(history, nth, fits, change(nth));
        fc.pre(bad !== undefined);
        if (bad !== undefined) expect([...kindsIn(bad)]).toEqual(expect.arrayContaining([...kinds]));
      }),
    );
  });
});
