import { describe, expect, it } from 'vitest';
import { printViolations, violationsOf } from './checker/checker.ts';
import { followedBy, groupHistory } from './checker/group-history.ts';
import type { ViolationKind } from './checker/violation.ts';
import type { History, HistoryEvent, SeenMessage } from './history.ts';

const GOOD = groupHistory();
const [GROUP = ''] = GOOD.conversations.map(({ conversationId }) => conversationId);
const final = GOOD.events.find((event) => event.type === 'final');
const record = final?.type === 'final' ? final.messages : [];
const messageAt = (seq: number) => record[seq - 1] as SeenMessage;

function changed(change: (event: HistoryEvent, place: number) => HistoryEvent | undefined): History {
  return { ...GOOD, events: GOOD.events.map((event, place) => change(event, place) ?? event) };
}

/** The same event, shifted in the log. */
function later(event: HistoryEvent, places: number): HistoryEvent {
  if ('begun' in event) return { ...event, begun: event.begun + places };
  if ('page' in event && event.page !== undefined)
    return { ...event, page: { ...event.page, begun: event.page.begun + places } };
  return event;
}

const pushTo = (user: string, message: SeenMessage) => () =>
  ({
    type: 'saw',
    user,
    device: 'phone',
    connection: `${user}-2`,
    channel: 'push',
    messages: [message],
  }) as const;

const pageOf =
  (user: string, messages: readonly SeenMessage[]) =>
  (now: number): HistoryEvent => ({
    type: 'saw',
    user,
    channel: 'history',
    messages,
    page: { conversationId: GROUP, after: 0, hasMore: false, begun: now },
  });

describe('the checker, on a group whose members come and go,', () => {
  it('accepts a history in which each member sees their own part', () => {
    expect(printViolations(violationsOf(GOOD), GOOD)).toBe('');
  });

  it('accepts a push that is the first event after the addition began', () => {
    const events = [...GOOD.events];
    for (const [index, event] of GOOD.events.entries()) {
      const next = GOOD.events[index + 1];
      if (event.type === 'note' && next?.type === 'saw') events.splice(index, 2, next, event);
    }
    const history = { ...GOOD, events };
    expect(events).not.toEqual(GOOD.events);
    expect(printViolations(violationsOf(history), history)).toBe('');
  });

  it('accepts a page that was asked for before the addition and read after it', () => {
    const page = (): HistoryEvent =>
      pageOf(
        'cid',
        record.filter(({ seq }) => seq >= 4),
      )(0);
    const history = followedBy(GOOD, page);
    expect(printViolations(violationsOf(history), history)).toBe('');
  });

  it('accepts a count from before an erasure, which removes its user without a change by anybody (IM-INV-6, IM-ERASE-1)', () => {
    const content = { type: 'system', event: 'removed', users: ['cid'], by: 'system' };
    const last = { ...record[0], seq: record.length + 1, messageId: 'g/last', from: 'system', content };
    const events = GOOD.events.map((event) =>
      event.type === 'final' ? { ...event, messages: [...record, last as SeenMessage] } : event,
    );
    const erase: HistoryEvent = { type: 'erase', user: 'cid', begun: events.length, outcome: 'done' };
    const history = { ...GOOD, events: [...events, erase] };
    expect(printViolations(violationsOf(history), history)).not.toContain('IM-INV-6 wrong-unread: cid');
  });

  it('accepts a recalled message whose clientMsgId was also tried with other content and refused (IM-INV-2)', () => {
    const recall = GOOD.events.find((event) => event.type === 'recall');
    const { from: user, clientMsgId } = messageAt(recall?.type === 'recall' ? recall.seq : 0);
    const other = { type: 'text', text: 'not the same' };
    const refused = { is: 'refused', code: 'idempotency_conflict' } as const;
    const history = {
      ...GOOD,
      events: [
        { type: 'try', id: -1, user, via: 'http', conversationId: GROUP, clientMsgId, content: other },
        { type: 'settled', id: -1, outcome: refused },
        ...GOOD.events.map((event) => later(event, 2)),
      ] as HistoryEvent[],
    };
    expect(printViolations(violationsOf(history), history)).toBe('');
  });

  const sincePlace = GOOD.events.findIndex((event) => event.type === 'saw' && event.page !== undefined);

  it.each<[ViolationKind, string, History]>([
    [
      'visible-to-non-member',
      'a removed member gets a message sent after the removal (IM-INV-5)',
      followedBy(GOOD, pushTo('bob', messageAt(8))),
    ],
    [
      'visible-to-non-member',
      'a new member gets a message sent before the join (IM-INV-5)',
      followedBy(GOOD, pushTo('cid', messageAt(3))),
    ],
    [
      'visible-to-non-member',
      "a new member's page begins before the joining (IM-INV-5)",
      followedBy(GOOD, pageOf('cid', record)),
    ],
    [
      'visible-to-non-member',
      'a removed member gets a page, even an empty one (IM-INV-5)',
      followedBy(GOOD, pageOf('bob', [])),
    ],
    [
      'visible-to-non-member',
      'a removed member has the group in the list (IM-INV-5)',
      followedBy(GOOD, (begun) => ({
        type: 'listed',
        user: 'bob',
        begun,
        conversations: [{ conversationId: GROUP, head: 8, readSeq: 0, unread: 0, lastMessage: messageAt(2) }],
      })),
    ],
    [
      'visible-to-non-member',
      'a user receives a cursor before being added (IM-INV-5)',
      changed((event, place) =>
        place === 0 ? { type: 'cursor', user: 'cid', conversationId: GROUP, of: 'ann', seq: 1 } : event,
      ),
    ],
    [
      'sent-by-non-member',
      'a removed member sends after the removal (IM-INV-5)',
      changed((event) => (event.type === 'try' && event.user === 'bob' ? { type: 'note', text: '' } : event)),
    ],
    [
      'unseen',
      'a synced member lacks a message sent since the join (IM-INV-4)',
      changed((event) =>
        event.type === 'synced' && event.user === 'cid' ? { ...event, view: event.view.slice(1) } : event,
      ),
    ],
    [
      'phantom',
      'a removed, synced member has a message sent after the removal (IM-INV-4)',
      changed((event) =>
        event.type === 'synced' && event.user === 'bob'
          ? { ...event, view: [...event.view, messageAt(8)] }
          : event,
      ),
    ],
    [
      'stranded',
      'a member who was always connected never got a message (IM-PUSH-2)',
      changed((event) =>
        event.type === 'saw' && event.user === 'cid' && event.messages[0]?.seq === 8
          ? { type: 'note', text: '' }
          : event,
      ),
    ],
    [
      'stale',
      "a member's page lacks what was acked since the joining (IM-INV-4)",
      changed((event) =>
        event.type === 'saw' && event.user === 'cid' && event.page !== undefined
          ? { ...event, messages: event.messages.filter(({ seq }) => seq !== 8) }
          : event,
      ),
    ],
    [
      'stale',
      "a member's list lacks the group (IM-INV-4)",
      changed((event) =>
        event.type === 'listed' && event.user === 'cid' ? { ...event, conversations: [] } : event,
      ),
    ],
    [
      'wrong-unread',
      'unread counts messages from before the join (IM-INV-6)',
      changed((event) =>
        event.type === 'listed' && event.user === 'cid'
          ? {
              ...event,
              conversations: event.conversations.map((row) => ({ ...row, unread: row.unread + 1 })),
            }
          : event,
      ),
    ],
    [
      'unredacted',
      'a page requested after a recall shows the content (IM-FAULT-15)',
      changed((event, place) =>
        event.type === 'saw' && place === sincePlace
          ? {
              ...event,
              messages: event.messages.map((one) =>
                one.clientMsgId === 'm2' ? { ...one, content: { type: 'text', text: 'm2' } } : one,
              ),
            }
          : event,
      ),
    ],
    [
      'recalled-by-other',
      'a recall by neither sender nor admin succeeds (IM-FAULT-15)',
      changed((event) => (event.type === 'recall' ? { ...event, user: 'cid' } : event)),
    ],
    [
      'altered',
      'a message is redacted although nobody recalled it (IM-INV-2)',
      changed((event) => (event.type === 'recall' ? { ...event, outcome: 'refused', seq: 8 } : event)),
    ],
  ])('reports %s if %s', (kind, _, history) => {
    expect(violationsOf(history).map((violation) => violation.kind)).toContain(kind);
  });
});
