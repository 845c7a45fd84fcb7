import { describe, expect, it, vi } from 'vitest';
import { EACH_TURN } from '../../test/setup/patience.ts';
import type { ClientEvents } from '../src/index.ts';
import { listed as listedOf, message, oldMessage, recallPush, SERVER_TIME } from './support/builders.ts';
import { fullDelays, type Harness, harness } from './support/harness.ts';

const DM = 'dm:alice:bob';
const GROUP = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
const SUPPORT = 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV';
/** Events whose `name` is no name of the group. */
const RULES = [
  ['pins', 'members'],
  ['posting', 'admins'],
  ['slowMode', '30'],
] as const;

/** Resolves when the list satisfies `fits`. */
function listed({ im }: Harness, fits: (list: ClientEvents['conversations']) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!fits(im.conversations() ?? [])) return;
      off();
      resolve();
    };
    const off = im.on('conversations', look);
    look();
  });
}

describe('the list of conversations', () => {
  it('is undefined until it is loaded, then has the latest activity first', async () => {
    const { server, im, connected } = await harness();
    server.history.push(
      oldMessage(1),
      oldMessage(1, { conversationId: GROUP, sentAt: SERVER_TIME - 60_000 }),
    );
    expect(im.conversations()).toBeUndefined();
    await connected();
    expect(im.conversations()).toMatchObject([
      { conversationId: GROUP, kind: 'group', name: 'Rowers', peer: undefined },
      { conversationId: DM, kind: 'direct', peer: 'bob', unread: 1, lastMessage: { seq: 1, state: 'sent' } },
    ]);
    expect(im.conversations()).toBe(im.conversations());
  });

  it("has the right peer, even if a hint came before `welcome`, when this user's id was unknown (IM-FRAME-7)", async () => {
    const { server, im, connected } = await harness();
    server.history.push(oldMessage(1));
    server.scripts.set('hello', (frame, connection) => {
      connection.send({ type: 'read', conversationId: DM, userId: 'alice', seq: 1 });
      connection.send({ type: 'changed', conversationId: DM, message: oldMessage(1, { rev: 1 }) });
      return server.answerTo(frame, connection);
    });
    await connected();
    expect(im.conversations()).toMatchObject([{ conversationId: DM, peer: 'bob', unread: 1 }]);
  });

  it('changes with incoming, sent, and read messages', async () => {
    const parts = await harness();
    const { server, im, connected } = parts;
    server.history.push(oldMessage(1), oldMessage(2));
    const connection = await connected();
    const row = () => im.conversations()?.[0];
    server.history.push(message(3));
    connection.push(message(3));
    await listed(parts, ([first]) => first?.unread === 3);
    expect(row()).toMatchObject({ unread: 3, lastMessage: { seq: 3 } });
    im.direct('bob').markRead(2);
    expect(row()).toMatchObject({ readSeq: 2, unread: 1 });
    im.direct('bob').markRead(1);
    expect(row()).toMatchObject({ readSeq: 2 });
    await im.direct('bob').send({ type: 'text', text: 'hi' }).acked;
    expect(row()).toMatchObject({ unread: 1, lastMessage: { seq: 4, mine: true, state: 'sent' } });
    connection.send({ type: 'read', conversationId: DM, userId: 'bob', seq: 4 });
    await listed(parts, ([first]) => first?.lastMessage?.state === 'read');
    connection.send({ type: 'read', conversationId: DM, userId: 'alice', seq: 3 });
    await listed(parts, ([first]) => first?.unread === 0);
    connection.send(recallPush(4, 'alice', 5));
    await listed(parts, ([first]) => first?.lastMessage?.content.type === 'recalled');
  });

  it('has the read state from before this client started', async () => {
    const { server, im, connected } = await harness();
    server.history.push(oldMessage(1, { from: 'alice' }), oldMessage(2, { from: 'alice' }));
    server.reads = { readSeq: 0, peerReadSeq: 1 };
    await connected();
    expect(im.conversations()?.[0]?.lastMessage).toMatchObject({ seq: 2, state: 'sent' });
    const { messages } = await im.direct('bob').history();
    expect(messages.map(({ state }) => state)).toEqual(['read', 'sent']);
  });

  it('gains a conversation that was never opened with its first message', async () => {
    const parts = await harness();
    const connection = await parts.connected();
    const all: string[] = [];
    parts.im.on('message', ({ conversationId, seq }) => all.push(`${conversationId} ${seq}`));
    connection.push(message(1, { conversationId: 'dm:alice:carol', from: 'carol' }));
    await listed(parts, ([first]) => first?.peer === 'carol' && first.unread === 1);
    expect(all).toEqual(['dm:alice:carol 1']);
  });

  it('has kind support for a support chat from the list or from a message (IM-DESK)', async () => {
    const parts = await harness();
    const { server, im, connected } = parts;
    server.history.push(oldMessage(1, { conversationId: SUPPORT }));
    const connection = await connected();
    expect(im.conversations()).toMatchObject([
      { conversationId: SUPPORT, kind: 'support', name: 'My parcel', peer: undefined },
    ]);
    const another = SUPPORT.replace('FAV', 'FAW');
    connection.push(message(1, { conversationId: another }));
    await listed(parts, ([first]) => first?.conversationId === another);
    expect(im.conversations()?.[0]).toMatchObject({ kind: 'support', name: undefined, peer: undefined });
  });

  it('follows the system messages of groups: created, joined, renamed, left', async () => {
    const parts = await harness();
    const { server, connected } = parts;
    const connection = await connected();
    const system = (seq: number, content: object) =>
      connection.push(
        message(seq, { conversationId: GROUP, content: { type: 'system', by: 'bob', ...content } as never }),
      );
    server.httpAnswers.set(`/groups/${GROUP}`, {
      status: 200,
      body: { conversationId: GROUP, name: 'Rowers', admins: ['bob'], memberCount: 2 },
    });
    system(40, { event: 'joined', users: ['alice'] });
    await listed(parts, ([first]) => first?.name === 'Rowers');
    system(41, { event: 'renamed', name: 'Scullers' });
    await listed(parts, ([first]) => first?.name === 'Scullers');
    system(42, { event: 'left', users: ['carol'] });
    for (const [index, [event, name]] of RULES.entries()) system(43 + index, { event, name });
    await listed(parts, ([first]) => first?.lastMessage?.seq === 42 + RULES.length);
    expect(parts.im.conversations()?.[0]?.name).toBe('Scullers');
    system(43 + RULES.length, { event: 'removed', users: ['alice'] });
    await listed(parts, (list) => list.length === 0);
  });

  it('emits one event for many changes at once', async () => {
    const { im, connected } = await harness();
    await connected();
    let told = 0;
    im.on('conversations', () => {
      told += 1;
    });
    im.direct('bob').markRead(1);
    for (const user of ['u1', 'u2', 'u3']) await im.direct(user).send({ type: 'text', text: 'x' }).acked;
    expect(told).toBeLessThanOrEqual(3);
  });
});

describe('catching up with 300 conversations (IM-HELLO-3)', () => {
  it('makes three requests, and after a short outage reads only what has changed', async () => {
    const { server, clock, connected, entered } = await harness(fullDelays);
    server.history.push(
      ...Array.from({ length: 300 }, (_, n) => oldMessage(1, { conversationId: `dm:alice:u${n}` })),
    );
    const first = await connected();
    expect(server.requests).toHaveLength(3);
    const reconnecting = entered('reconnecting');
    first.cut();
    await reconnecting;
    server.requests.length = 0;
    server.history.push(message(2, { conversationId: 'dm:alice:u7' }));
    const again = entered('connected');
    clock.advance(500);
    await again;
    expect(server.requests.length).toBeLessThanOrEqual(4);
    for (const request of server.requests) expect(request).toContain(`changedSince=${SERVER_TIME}`);
  });

  it('drops a group that the user left in a short outage, and lists it again when they rejoin (IM-CHANGE-3)', async () => {
    const parts = await harness(fullDelays);
    const { server, im, clock, connected, entered } = parts;
    server.history.push(oldMessage(1), oldMessage(1, { conversationId: GROUP }));
    let connection = await connected();
    const reconnect = async () => {
      const [reconnecting, again] = [entered('reconnecting'), entered('connected')];
      connection.cut();
      await reconnecting;
      const next = server.nextConnection();
      clock.advance(2_000);
      connection = await next;
      await again;
    };
    server.history.splice(1);
    server.removed = [GROUP];
    await reconnect();
    expect(im.conversations()).toMatchObject([{ conversationId: DM }]);
    server.history.push(message(7, { conversationId: GROUP }));
    await reconnect();
    expect(im.conversations()).toHaveLength(2);
  });

  it('drops a group whose loss is pushed while an older list is being read (IM-CHANGE-3)', async () => {
    let gate: Promise<void> | undefined;
    const fetch: typeof globalThis.fetch = async (...request) => {
      const answer = await globalThis.fetch(...request);
      await gate;
      return answer;
    };
    const parts = await harness({ ...fullDelays, environment: { fetch } });
    const { server, im, clock, connected, entered } = parts;
    server.history.push(oldMessage(1), message(1, { conversationId: GROUP }));
    const connection = await connected();
    const [reconnecting, again] = [entered('reconnecting'), entered('connected')];
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    connection.cut();
    await reconnecting;
    const next = server.nextConnection();
    server.requests.length = 0;
    clock.advance(500);
    const renewed = await next;
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), EACH_TURN);
    const content = { type: 'system', event: 'removed', users: ['alice'], by: 'bob' } as const;
    renewed.push(message(2, { conversationId: GROUP, content }));
    const pushed = new Promise<void>((done) => {
      im.on('message', ({ seq }) => seq === 2 && done());
    });
    const typing = new Promise((done) => im.direct('bob').on('typing', done));
    renewed.send({ type: 'typing', conversationId: DM, userId: 'bob', typing: true });
    await typing;
    resolve();
    await Promise.all([again, pushed]);
    expect(im.conversations()).toMatchObject([{ conversationId: DM }]);
  });

  it('reads the complete list, and drops what it lacks, when the server no longer knows the removals (IM-CHANGE-3)', async () => {
    const { server, im, clock, connected, entered } = await harness(fullDelays);
    server.history.push(oldMessage(1), oldMessage(1, { conversationId: GROUP }));
    const connection = await connected();
    const body = { conversations: [listedOf([oldMessage(1)], DM)], cursor: null, reset: true };
    server.httpAnswers.set('/conversations', { status: 200, body });
    const [reconnecting, again] = [entered('reconnecting'), entered('connected')];
    connection.cut();
    await reconnecting;
    clock.advance(500);
    await again;
    expect(im.conversations()).toMatchObject([{ conversationId: DM }]);
  });

  it.each([
    { title: 'a long outage', sleepsBefore: false },
    { title: 'an outage noticed late because the device slept', sleepsBefore: true },
  ])('reads the whole list after $title, since other devices may have read', async ({ sleepsBefore }) => {
    const { server, clock, connected, entered } = await harness(fullDelays);
    const first = await connected();
    const reconnecting = entered('reconnecting');
    if (sleepsBefore) clock.wallClockJumpMs += 3_600_000;
    first.cut();
    await reconnecting;
    server.requests.length = 0;
    if (!sleepsBefore) clock.wallClockJumpMs += 3_600_000;
    const again = entered('connected');
    clock.advance(500);
    await again;
    expect(server.requests).toEqual(['/conversations?limit=100']);
  });
});
