import { describe, expect, it } from 'vitest';
import { allEventsOf, eventsOf } from '../../../lambdas/domain/events/events-of.ts';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import type { Content } from '../../../protocol/content.ts';

const NOON = Date.UTC(2026, 10, 28, 12);

const aMessage = (fields: Partial<StoredMessage> = {}, content: Content = { type: 'text', text: 'hi' }) => ({
  conversationId: 'dm:alice:bob',
  seq: 7,
  messageId: '01K8XV3M5G0000000000000000',
  from: 'alice',
  clientMsgId: 'm1',
  sentAt: NOON,
  contentJson: JSON.stringify(content),
  contentHash: 'h',
  ...fields,
});
const ofMessage = (...given: Parameters<typeof aMessage>) =>
  eventsOf({ kind: 'message', message: aMessage(...given) });
const system = (event: string, fields: object = {}) =>
  ({ type: 'system', event, by: 'alice', ...fields }) as Content;

describe('the events of a message (IM-EVENT-2)', () => {
  it('tell of a new message with its place, its author, and the message as clients see it', () => {
    const [{ event, attributes } = fail()] = ofMessage({ mentions: ['bob'] });
    expect(event).toEqual({
      id: '01K8XV3M5G0000000000000000-0',
      type: 'message.created',
      version: 1,
      at: NOON,
      conversationId: 'dm:alice:bob',
      seq: 7,
      rev: 0,
      actor: 'alice',
      data: {
        message: {
          conversationId: 'dm:alice:bob',
          seq: 7,
          messageId: '01K8XV3M5G0000000000000000',
          clientMsgId: 'm1',
          from: 'alice',
          content: { type: 'text', text: 'hi' },
          sentAt: NOON,
          rev: 0,
          mentions: ['bob'],
        },
      },
    });
    expect(attributes).toEqual({
      type: 'message.created',
      conversationId: 'dm:alice:bob',
      kind: 'direct',
      actor: 'alice',
      content: 'text',
    });
  });

  it('tell of a change who made it and which, under an id with its rev', () => {
    const change = { kind: 'reacted', by: 'bob', name: '👍', on: true } as const;
    const events = ofMessage({ rev: 3, changedAt: NOON + 5, change });
    expect(events).toMatchObject([
      {
        event: {
          id: '01K8XV3M5G0000000000000000-3',
          type: 'message.changed',
          at: NOON + 5,
          rev: 3,
          actor: 'bob',
          data: { change, message: { rev: 3 } },
        },
        attributes: { type: 'message.changed', change: 'reacted', actor: 'bob' },
      },
    ]);
  });

  it.each([
    ['created', 'member.joined'],
    ['joined', 'member.joined'],
    ['left', 'member.left'],
    ['removed', 'member.left'],
    ['opened', 'desk.opened'],
    ['assigned', 'desk.assigned'],
    ['transferred', 'desk.transferred'],
    ['requeued', 'desk.requeued'],
    ['closed', 'desk.closed'],
  ])('tell what the system message "%s" says, beside the message itself: %s', (name, type) => {
    const group = 'g:01K8XV4Q9S0000000000000000';
    const events = ofMessage({ conversationId: group }, system(name, { users: ['bob'], name: 'Trip' }));
    expect(events.map(({ event }) => [event.type, event.id])).toEqual([
      ['message.created', '01K8XV3M5G0000000000000000-0'],
      [type, `01K8XV3M5G0000000000000000-0-${type}`],
    ]);
    expect(events[1]).toMatchObject({
      event: { actor: 'alice', conversationId: group, data: { event: name, users: ['bob'], name: 'Trip' } },
      attributes: { type, kind: 'group', content: 'system', event: name },
    });
  });

  it.each(['renamed', 'admins', 'pins', 'posting', 'slowMode'])(
    'are only the message if it says "%s"',
    (name) => {
      expect(ofMessage({}, system(name)).map(({ event }) => event.type)).toEqual(['message.created']);
    },
  );

  it('tell a replay of the creation, too, when the message has changed since (IM-EVENT-6)', () => {
    const recalled = aMessage({ rev: 2, changedAt: NOON + 9, change: { kind: 'recalled', by: 'alice' } });
    expect(allEventsOf(recalled).map(({ event }) => event.id)).toEqual([
      '01K8XV3M5G0000000000000000-0',
      '01K8XV3M5G0000000000000000-2',
    ]);
    expect(allEventsOf(aMessage())).toEqual(ofMessage());
  });

  it('fit SQS, which takes ten attributes, and none that is empty (IM-EVENT-4)', () => {
    const all = [
      ofMessage({ rev: 1, change: { kind: 'edited', by: 'alice' } }, system('joined')),
      ofMessage({}, system('assigned')),
    ].flat();
    for (const { attributes } of all) {
      expect(Object.keys(attributes).length).toBeLessThanOrEqual(10);
      expect(Object.values(attributes)).not.toContain('');
      expect(Object.values(attributes)).not.toContain(undefined);
    }
  });
});

describe('the events of other rows (IM-EVENT-2)', () => {
  it('tell of a report what, by whom, and why, with the message as it was', () => {
    const message = { conversationId: 'dm:alice:bob', seq: 7, messageId: 'ulid', rev: 1 };
    const report = {
      reporter: 'bob',
      conversationId: 'dm:alice:bob',
      seq: 7,
      reason: 'spam',
      at: NOON,
      messageJson: JSON.stringify(message),
    };
    expect(eventsOf({ kind: 'report', report })).toEqual([
      {
        event: {
          id: 'ulid-reported-bob',
          type: 'message.reported',
          version: 1,
          at: NOON,
          conversationId: 'dm:alice:bob',
          seq: 7,
          rev: 1,
          actor: 'bob',
          data: { reason: 'spam', message },
        },
        attributes: {
          type: 'message.reported',
          conversationId: 'dm:alice:bob',
          kind: 'direct',
          actor: 'bob',
        },
      },
    ]);
  });

  it('tell of a ban whom it binds, and until when', () => {
    const event = {
      type: 'user.banned',
      userId: 'alice',
      at: NOON,
      untilMs: NOON + 1,
      reason: 'spam',
    } as const;
    expect(eventsOf({ kind: 'user', event })).toEqual([
      {
        event: {
          id: `alice-user.banned-${NOON}-${NOON + 1}`,
          type: 'user.banned',
          version: 1,
          at: NOON,
          data: { userId: 'alice', until: NOON + 1, reason: 'spam' },
        },
        attributes: { type: 'user.banned', userId: 'alice' },
      },
    ]);
    const [unbanned] = eventsOf({
      kind: 'user',
      event: { type: 'user.unbanned', userId: 'alice', at: NOON },
    });
    expect(unbanned?.event).toMatchObject({ id: `alice-user.unbanned-${NOON}`, data: { userId: 'alice' } });
  });
});

describe('the event of a group that was deleted (IM-ADMIN-4)', () => {
  it('names the group, and has the same id however often it is told', () => {
    const event = { conversationId: 'g:01M8G7ANDPMQ1Y9ZY667WWF1QF', at: NOON };
    expect(eventsOf({ kind: 'group', event })).toEqual([
      {
        event: {
          id: 'g:01M8G7ANDPMQ1Y9ZY667WWF1QF-group.deleted',
          type: 'group.deleted',
          version: 1,
          at: NOON,
          conversationId: 'g:01M8G7ANDPMQ1Y9ZY667WWF1QF',
          data: {},
        },
        attributes: {
          type: 'group.deleted',
          conversationId: 'g:01M8G7ANDPMQ1Y9ZY667WWF1QF',
          kind: 'group',
        },
      },
    ]);
  });
});

describe('the event of a call of the admin API (IM-ADMIN-2)', () => {
  const call = {
    requestId: 'r1=',
    caller: 'arn:aws:iam::111122223333:user/eve',
    action: 'PUT /admin/users/{userId}/ban',
    target: { userId: 'alice', until: NOON },
    outcome: 'done',
    at: NOON,
  };

  it('says who did what to whom, and how that ended, under the id of the request', () => {
    const { requestId: _, at: __, ...data } = call;
    expect(eventsOf({ kind: 'admin', call })).toEqual([
      {
        event: { id: 'r1=-admin.called', type: 'admin.called', version: 1, at: NOON, data },
        attributes: { type: 'admin.called', userId: 'alice' },
      },
    ]);
  });

  it('names the conversation that it was about', () => {
    const target = { conversationId: 'dm:alice:bob', seq: 7 };
    const [{ event, attributes } = fail()] = eventsOf({ kind: 'admin', call: { ...call, target } });
    expect(event).toMatchObject({ conversationId: 'dm:alice:bob', data: { target } });
    expect(attributes).toEqual({ type: 'admin.called', conversationId: 'dm:alice:bob', kind: 'direct' });
  });

  it('of a request that was not understood names no target', () => {
    const refused = { ...call, caller: undefined, target: undefined, outcome: 'forbidden' };
    const [{ event } = fail()] = eventsOf({ kind: 'admin', call: refused });
    expect(event.data).toEqual({ action: call.action, outcome: 'forbidden' });
  });
});

function fail(): never {
  throw new Error('There is no event.');
}
