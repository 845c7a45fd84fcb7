import { beforeEach, describe, expect, it, vi } from 'vitest';
import { setReady } from '../../../lambdas/domain/desk/agent.ts';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { listReads } from '../../../lambdas/domain/groups/views.ts';
import { hintedUsers } from '../../../lambdas/domain/messages/hinted-users.ts';
import { passOnLive } from '../../../lambdas/domain/messages/live.ts';
import { markRead } from '../../../lambdas/domain/messages/read.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { hintTyping } from '../../../lambdas/domain/messages/typing.ts';
import { presenceOf } from '../../../lambdas/domain/sessions/presence.ts';
import type { LivePush } from '../../../protocol/frames.ts';
import { aSession, by, callerOf, createWorldOf, NOON, type World } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const MINUTE_MS = 60_000;
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'carol');
  await world.routes.connect(aSession({ userId: 'bob', deviceId: 'tablet' }));
});

const say = (target: { to?: string; conversationId?: string }, text = 'hi', from = 'alice') =>
  send(world, from, { clientMsgId: text, ...target, content: { type: 'text', text } });
/** Alice and bob both write. */
async function talk() {
  await say({ to: 'bob' }, 'hi', 'alice');
  await say({ to: 'alice' }, 'hi', 'bob');
  forget();
}
async function group(others: readonly string[] = ['bob']): Promise<string> {
  const request = { name: 'Rowers', members: others, openHistory: false };
  const { conversationId } = await createGroup(world, 'alice', request);
  forget();
  return conversationId;
}
function forget() {
  world.connections.posts.length = 0;
  world.fanOutQueue.jobs.length = 0;
}
const posts = () =>
  world.connections.posts
    .map(({ connectionId, frame }) => ({ connectionId, frame }))
    .sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
const readSeq = async (userId: string, id = DM) =>
  (await world.conversations.membership(userId, id))?.readSeq;

describe('a read cursor', () => {
  it('in a support chat is listed to its members, and to nobody else (IM-SEND-7)', async () => {
    const { conversationId } = await openChat(world, callerOf('bob'), {});
    const { seq } = await say({ conversationId }, 'hi', 'bob');
    await markRead(world, callerOf('bob'), { conversationId, seq });
    const { reads } = await listReads(world, 'bob', conversationId, undefined);
    expect(reads).toEqual([{ userId: 'bob', joinedSeq: 1, seq }]);
    await expect(listReads(world, 'carol', conversationId, undefined)).rejects.toEqual(refused('not_found'));
  });

  it('moves forward only, and is pushed to the other user and the other devices once', async () => {
    await say({ to: 'bob' }, 'one');
    await say({ to: 'bob' }, 'two');
    forget();
    await markRead(world, callerOf('bob'), { conversationId: DM, seq: 1 });
    const frame = { type: 'read', conversationId: DM, userId: 'bob', seq: 1 };
    expect(posts()).toEqual([
      { connectionId: 'alice-phone', frame },
      { connectionId: 'bob-tablet', frame },
    ]);
    await markRead(world, callerOf('bob'), { to: 'alice', seq: 2 });
    forget();
    for (const seq of [1, 2]) await markRead(world, callerOf('bob'), { conversationId: DM, seq });
    expect(posts()).toEqual([]);
    expect(await readSeq('bob')).toBe(2);
  });

  it('cannot be beyond the head', async () => {
    await say({ to: 'bob' });
    await expect(markRead(world, callerOf('bob'), { conversationId: DM, seq: 2 })).rejects.toMatchObject({
      issues: [{ path: 'seq' }],
    });
    expect(await readSeq('bob')).toBe(0);
  });

  it('must be 0 for two users without messages, since 1 is beyond the head', async () => {
    await expect(markRead(world, callerOf('bob'), { to: 'carol', seq: 1 })).rejects.toEqual(
      refused('invalid_request'),
    );
    const write = vi.spyOn(world.conversationWriter, 'advanceRead');
    await markRead(world, callerOf('bob'), { to: 'carol', seq: 0 });
    expect(write).not.toHaveBeenCalled();
    expect(posts()).toEqual([]);
  });

  it('is not written or pushed again if another device was first', async () => {
    await say({ to: 'bob' });
    forget();
    const advanceRead = async () => false;
    const ports = { ...world, conversationWriter: { ...world.conversationWriter, advanceRead } };
    await markRead(ports, callerOf('bob'), { conversationId: DM, seq: 1 });
    expect(posts()).toEqual([]);
    const never = { ...world.conversationWriter, advanceRead: () => Promise.reject(new Error('write')) };
    await world.conversationWriter.advanceRead('bob', DM, 1);
    await markRead({ ...world, conversationWriter: never }, callerOf('bob'), { conversationId: DM, seq: 1 });
  });

  it("is pushed to a group of up to 100 members, and to the user's own devices only above that", async () => {
    const names = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`);
    const small = await group(['bob', ...names(98)]);
    await markRead(world, callerOf('bob'), { conversationId: small, seq: 1 });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['alice-phone', 'bob-tablet']);
    const large = await group(['bob', ...names(99)]);
    await markRead(world, callerOf('bob'), { conversationId: large, seq: 1 });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['bob-tablet']);
  });

  it('has no audience in a larger group, and asks for a hundred members of a smaller one', async () => {
    const id = await group();
    const limits: unknown[] = [];
    const members: World['groups']['members'] = (of, page) => {
      limits.push(page);
      return world.groups.members(of, page);
    };
    const hinted = (memberCount: number) => {
      const facts = { name: 'Rowers', admins: [], memberCount, openHistory: false };
      const head = { seq: 1, atMs: NOON, group: facts };
      return hintedUsers({ ...world.groups, members }, { kind: 'group', conversationId: id }, head);
    };
    expect(await hinted(101)).toEqual([]);
    expect(limits).toEqual([]);
    expect(await hinted(100)).toEqual(['alice', 'bob']);
    expect(limits).toEqual([{ limit: 100 }]);
  });

  it('requires membership and a live session (IM-SEND-7, IM-REFUSE-7)', async () => {
    const id = await group();
    await expect(markRead(world, callerOf('carol'), { conversationId: id, seq: 1 })).rejects.toEqual(
      refused('not_found'),
    );
    await world.routes.disconnect(callerOf('bob'));
    await expect(markRead(world, callerOf('bob'), { conversationId: id, seq: 1 })).rejects.toEqual(
      refused('session_expired'),
    );
  });
});

describe('a typing hint', () => {
  it('is pushed to the other user, at most once in 2 s', async () => {
    await talk();
    const type = () => hintTyping(world, callerOf('bob'), { to: 'alice', typing: true });
    await type();
    const frame = { type: 'typing', conversationId: DM, userId: 'bob', typing: true };
    expect(posts()).toEqual([{ connectionId: 'alice-phone', frame }]);
    world.advance(1_999);
    await type();
    expect(posts()).toHaveLength(1);
    world.advance(1);
    await type();
    expect(posts()).toHaveLength(2);
  });

  it("is pushed to the other members of a group, and not to the user's own devices", async () => {
    const id = await group(['bob', 'carol']);
    await hintTyping(world, callerOf('bob'), { conversationId: id, typing: false });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['alice-phone', 'carol-phone']);
    expect(posts()[0]?.frame).toEqual({ type: 'typing', conversationId: id, userId: 'bob', typing: false });
  });

  it('requires membership and a live session (IM-SEND-7, IM-REFUSE-7)', async () => {
    const id = await group();
    await expect(hintTyping(world, callerOf('carol'), { conversationId: id, typing: true })).rejects.toEqual(
      refused('not_found'),
    );
    world.advance(2 * 60 * MINUTE_MS);
    await expect(hintTyping(world, callerOf('bob'), { to: 'alice', typing: true })).rejects.toEqual(
      refused('session_expired'),
    );
  });

  it('is pushed once both users have written (IM-PRESENCE-2)', async () => {
    const type = async () => {
      world.advance(2_000);
      await hintTyping(world, callerOf('bob'), { to: 'alice', typing: true });
      return posts().length;
    };
    expect(await type()).toBe(0);
    await say({ to: 'alice' }, 'hi', 'bob');
    forget();
    expect(await type()).toBe(0);
    await say({ to: 'bob' }, 'hi', 'alice');
    forget();
    expect(await type()).toBe(1);
  });

  it('reads the head, and not the membership of a direct conversation', async () => {
    await talk();
    const called = () => Promise.reject(new Error('called'));
    const conversations = { ...world.conversations, membership: called };
    await hintTyping({ ...world, conversations }, callerOf('bob'), { to: 'alice', typing: true });
    expect(posts()).toHaveLength(1);
  });

  it('extends the lease if the idle option is on (IM-IDLE)', async () => {
    await world.routes.connect(aSession({ idleTimeoutMs: MINUTE_MS, leaseUntilMs: NOON + 1 }));
    await hintTyping(world, callerOf('bob'), { to: 'alice', typing: true });
    expect((await world.routes.find('bob', 'phone'))?.leaseUntilMs).toBe(NOON + MINUTE_MS);
  });
});

describe('a live text', () => {
  const written = { liveId: 'm1', index: 1, content: { type: 'text', text: 'Hel' } } as const;
  const write = (more: object = {}, from = callerOf('bob')) =>
    passOnLive(world, from, { to: 'alice', ...written, ...more });
  const frame = { type: 'live', conversationId: DM, from: 'bob', ...written };
  beforeEach(async () => {
    for (const to of ['alice', 'carol']) await say({ to }, 'hi', 'bob');
    world.connections.posts.length = 0;
    world.offlineQueue.jobs.length = 0;
  });

  it('to a user without a message in the conversation reaches only the own sessions (IM-LIVE-1, IM-BUDGET-3)', async () => {
    await world.routes.connect(aSession({ userId: 'dave' }));
    await write({ to: 'dave' });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['bob-tablet']);
  });

  it("is pushed to the other user and to the sender's other sessions, and is not stored (IM-LIVE-1)", async () => {
    await write();
    expect(posts()).toEqual([
      { connectionId: 'alice-phone', frame },
      { connectionId: 'bob-tablet', frame },
    ]);
    expect((await world.conversations.head(DM)).seq).toBe(1);
    expect(world.offlineQueue.jobs).toEqual([]);
    forget();
    await write({ liveId: 'm2' }, callerOf('bob', 'tablet'));
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['alice-phone', 'bob-phone']);
  });

  it('passes on at most once in 200 ms of a liveId, and a cancel in any case (IM-LIVE-3)', async () => {
    const pushed = () => world.connections.posts.map((post) => post.frame as LivePush);
    await world.routes.disconnect(callerOf('bob', 'tablet'));
    await write();
    world.advance(199);
    await write({ index: 2 });
    await write({ index: 3, liveId: 'm2' });
    await write({ index: 4, content: null });
    await write({ index: 5, content: null });
    await write({ index: 6, to: 'carol' });
    await write({ index: 7, to: 'bob' }, callerOf('alice'));
    world.advance(1);
    await write({ index: 8 });
    await write({ index: 9 });
    expect(new Set(pushed().map(({ index }) => index))).toEqual(new Set([1, 3, 4, 6, 7, 8]));
    expect(pushed().find(({ index }) => index === 4)?.content).toBeNull();
  });

  it('reaches a group of up to 100 members, and in a larger one the sender’s other sessions only (IM-LIVE-1)', async () => {
    const names = (count: number) => Array.from({ length: count }, (_, n) => `m${n}`);
    const to = { to: undefined };
    await write({ ...to, conversationId: await group(['bob', ...names(98)]) });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['alice-phone', 'bob-tablet']);
    const large = await group(['bob', ...names(99)]);
    await write({ ...to, conversationId: large });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['bob-tablet']);
  });

  it('asks for the routes of a hundred users, and of the sender, though a hundred others have just joined', async () => {
    const conversationId = await group();
    const members: World['groups']['members'] = async (_, { limit }) => ({
      members: Array.from({ length: limit }, (_, n) => ({ userId: `m${n}`, joinedSeq: 1 })),
      more: true,
    });
    const find = vi.spyOn(world.routes, 'sessionsOf');
    const ports = { ...world, groups: { ...world.groups, members } };
    await passOnLive(ports, callerOf('bob'), { conversationId, ...written });
    const [users] = find.mock.calls.at(-1) ?? [];
    expect(users).toHaveLength(100);
    expect(users?.[0]).toBe('bob');
  });

  it('requires membership and a live session (IM-SEND-7, IM-REFUSE-7)', async () => {
    const conversationId = await group();
    const inGroup = { to: undefined, conversationId };
    await expect(write(inGroup, callerOf('carol'))).rejects.toEqual(refused('not_found'));
    await expect(write({ to: undefined, conversationId: 'dm:alice:carol' })).rejects.toEqual(
      refused('not_found'),
    );
    await expect(write({ liveId: 'm2' }, callerOf('bob', 'watch'))).rejects.toEqual(
      refused('session_expired'),
    );
    world.advance(2 * 60 * MINUTE_MS);
    await expect(write()).rejects.toEqual(refused('session_expired'));
    expect(posts()).toEqual([]);
  });

  it('is refused if it could not be sent as a message (IM-FRAME-5)', async () => {
    const content = (length: number) => ({ content: { type: 'text', text: 'x'.repeat(length) } });
    const room = 16_384 - JSON.stringify(content(0).content).length;
    await expect(write(content(room + 1))).rejects.toEqual(refused('payload_too_large'));
    await write(content(room));
    expect(posts()).toHaveLength(2);
  });

  it('reads the routes once, while it reads the head, and not the membership of a direct conversation', async () => {
    const called = () => Promise.reject(new Error('called'));
    const reading = Promise.withResolvers<void>();
    const head = async (id: string) => {
      await reading.promise;
      return world.conversations.head(id);
    };
    const sessionsOf: World['routes']['sessionsOf'] = (users) => {
      reading.resolve();
      return world.routes.sessionsOf(users);
    };
    const conversations = { ...world.conversations, membership: called, head };
    const routes = { ...world.routes, find: called, sessionsOf };
    await passOnLive({ ...world, conversations, routes }, callerOf('bob'), { to: 'alice', ...written });
    expect(posts()).toHaveLength(2);
  });

  it('keeps the lease, since its writer sends no heartbeats meanwhile (IM-BEAT)', async () => {
    await world.routes.connect(aSession({ leaseUntilMs: NOON + 1 }));
    await write();
    expect((await world.routes.find('bob', 'phone'))?.leaseUntilMs).toBe(NOON + 30 * MINUTE_MS);
  });
});

describe('a recall', () => {
  const contentOf = async (id: string, seq: number) => {
    const { messages } = await world.messages.page(id, { head: 99, after: seq - 1, limit: 1 });
    return JSON.parse(messages[0]?.contentJson ?? 'null');
  };

  it('replaces the content and is pushed to both users but not to the requesting session', async () => {
    await say({ to: 'alice' }, 'hi', 'bob');
    forget();
    world.advance(2 * MINUTE_MS);
    await recall(world, by('bob'), { to: 'alice', seq: 1 });
    expect(await contentOf(DM, 1)).toEqual({ type: 'recalled', by: 'bob', at: world.clock() });
    const message = { seq: 1, rev: 1, content: await contentOf(DM, 1) };
    const change = { kind: 'recalled', by: 'bob' };
    const frame = expect.objectContaining({
      type: 'changed',
      conversationId: DM,
      change,
      message: expect.objectContaining(message),
    });
    expect(posts()).toEqual([
      { connectionId: 'alice-phone', frame },
      { connectionId: 'bob-tablet', frame },
    ]);
    forget();
    world.advance(10 * MINUTE_MS);
    await recall(world, by('bob'), { to: 'alice', seq: 1 });
    expect(posts()).toEqual([]);
  });

  it("is refused after two minutes, for another user's message, and for no message", async () => {
    await say({ to: 'bob' });
    await expect(recall(world, by('bob'), { to: 'alice', seq: 1 })).rejects.toEqual(refused('forbidden'));
    for (const seq of [0, 2]) {
      await expect(recall(world, by('alice'), { to: 'bob', seq })).rejects.toEqual(refused('not_found'));
    }
    world.advance(2 * MINUTE_MS + 1);
    await expect(recall(world, by('alice'), { to: 'bob', seq: 1 })).rejects.toEqual(
      refused('recall_window_passed'),
    );
    expect(await contentOf(DM, 1)).toEqual({ type: 'text', text: 'hi' });
  });

  it("is open to a group's admin at any time, and is pushed to all members", async () => {
    const id = await group(['bob', 'carol']);
    await say({ conversationId: id }, 'hi', 'bob');
    forget();
    await expect(recall(world, by('carol'), { conversationId: id, seq: 2 })).rejects.toEqual(
      refused('forbidden'),
    );
    world.advance(10 * MINUTE_MS);
    await recall(world, by('alice'), { conversationId: id, seq: 2 });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual([
      'bob-phone',
      'bob-tablet',
      'carol-phone',
    ]);
    await expect(recall(world, by('alice'), { conversationId: id, seq: 1 })).rejects.toEqual(
      refused('forbidden'),
    );
  });

  it('does not reach messages from before the user joined (IM-INV-5)', async () => {
    const id = await group(['carol']);
    await world.groupWriter.apply({
      conversationId: id,
      message: { ...aMessage(id), seq: 2 },
      add: ['bob'],
      openHistory: false,
    });
    await expect(recall(world, by('bob'), { conversationId: id, seq: 1 })).rejects.toEqual(
      refused('not_found'),
    );
  });

  it('reaches the message with which the user joined, which is the first that they see (IM-INV-5)', async () => {
    const id = await group(['carol']);
    await world.groupWriter.apply({
      conversationId: id,
      message: { ...aMessage(id), seq: 2, contentJson: '{"type":"text","text":"hi"}' },
      add: ['bob'],
      openHistory: false,
    });
    await expect(recall(world, by('bob'), { conversationId: id, seq: 2 })).rejects.toEqual(
      refused('forbidden'),
    );
  });

  it('reads one message, and not the head of a direct conversation', async () => {
    await say({ to: 'bob' });
    const ranges: unknown[] = [];
    const page: World['messages']['page'] = (of, range) => {
      ranges.push(range);
      return world.messages.page(of, range);
    };
    const ports = {
      ...world,
      conversations: { ...world.conversations, head: () => Promise.reject(new Error('called')) },
      messages: { ...world.messages, page },
    };
    await recall(ports, by('alice'), { to: 'bob', seq: 1 });
    expect(ranges).toEqual([{ after: 0, before: 2, limit: 1, head: 1 }]);
    expect(await contentOf(DM, 1)).toMatchObject({ type: 'recalled' });
  });

  it('in a support chat is open to the sender only, and is pushed to the other member', async () => {
    const { conversationId } = await openChat(world, callerOf('bob'), {});
    await setReady(world, callerOf('alice'), { roles: ['agent'] }, { queues: ['default'], capacity: 1 });
    await matchQueue(world, { queue: 'default', moved: false, isRepeat: false, isWatchdog: false });
    const { seq } = await say({ conversationId }, 'hi', 'bob');
    forget();
    await expect(recall(world, by('alice'), { conversationId, seq })).rejects.toEqual(refused('forbidden'));
    await recall(world, by('bob'), { conversationId, seq });
    expect(posts().map(({ connectionId }) => connectionId)).toEqual(['alice-phone', 'bob-tablet']);
  });

  it('in a group of more than 25 is pushed by the fan-out workers', async () => {
    const id = await group(Array.from({ length: 25 }, (_, n) => `m${n}`));
    await say({ conversationId: id });
    forget();
    await recall(world, by('alice'), { conversationId: id, seq: 2 });
    expect(posts()).toEqual([]);
    expect(world.fanOutQueue.jobs).toEqual([
      {
        conversationId: id,
        memberCount: 26,
        what: { frame: expect.stringContaining('"type":"changed"'), joinedBy: 2 },
        exceptConnectionId: 'alice-phone',
      },
    ]);
  });

  function aMessage(conversationId: string) {
    const contentJson = '{"by":"alice","event":"joined","type":"system","users":["bob"]}';
    return {
      conversationId,
      from: 'alice',
      clientMsgId: 'x',
      messageId: 'x',
      sentAt: NOON,
      contentJson,
      contentHash: '',
    };
  }
});

describe('presence', () => {
  const ask = (request: Parameters<typeof presenceOf>[2], userId = 'alice') =>
    presenceOf(world, callerOf(userId), request);

  it('is shown for users with whom one has talked: both have written (IM-PRESENCE-2, IM-REFUSE-4)', async () => {
    await say({ to: 'bob' });
    const bob = async () => (await ask({ userIds: ['bob'] }))[0]?.online;
    expect(await bob()).toBe(false);
    await say({ to: 'alice' }, 'hello', 'bob');
    expect(await bob()).toBe(true);
    await world.conversationWriter.createDirect('dm:alice:carol', ['alice', 'carol']);
    await say({ to: 'alice' }, 'hello', 'carol');
    const lastSeenAt = NOON;
    const heads = vi.spyOn(world.conversations, 'heads');
    expect(await ask({ userIds: ['bob', 'carol', 'nobody', 'alice', 'bob'] })).toEqual([
      { userId: 'bob', online: true, lastSeenAt },
      { userId: 'carol', online: false, lastSeenAt: null },
      { userId: 'nobody', online: false, lastSeenAt: null },
      { userId: 'alice', online: true, lastSeenAt },
    ]);
    // There is no conversation with oneself.
    expect(heads.mock.calls).toEqual([[[DM, 'dm:alice:carol', 'dm:alice:nobody']]]);
  });

  it('is read eventually consistently, for half the units', async () => {
    const options: unknown[] = [];
    const presencesOf: World['routes']['presencesOf'] = (userIds, how) => {
      options.push(how);
      return world.routes.presencesOf(userIds, how);
    };
    await presenceOf({ ...world, routes: { ...world.routes, presencesOf } }, callerOf('alice'), {
      userIds: ['alice'],
    });
    expect(options).toEqual([{ mayBeStale: true }]);
  });

  it('is shown to the members of a conversation (IM-REFUSE-4)', async () => {
    expect(await ask({ conversationId: DM })).toMatchObject([
      { userId: 'alice', online: true },
      { userId: 'bob', online: false },
    ]);
    const id = await group(['bob', 'zoe']);
    expect(await ask({ conversationId: id }, 'bob')).toMatchObject([
      { userId: 'alice', online: true },
      { userId: 'bob', online: true },
      { userId: 'zoe', online: false, lastSeenAt: null },
    ]);
    await expect(ask({ conversationId: id }, 'carol')).rejects.toEqual(refused('not_found'));
  });

  it('needs a message of both since the heads say who has written (IM-PRESENCE-2)', async () => {
    await talk();
    const heads: World['conversations']['heads'] = async (ids) => {
      const found = await world.conversations.heads(ids);
      return new Map([...found].map(([id, { lastSeqs: _, ...head }]) => [id, head]));
    };
    const ports = { ...world, conversations: { ...world.conversations, heads } };
    expect(await presenceOf(ports, callerOf('alice'), { userIds: ['bob'] })).toMatchObject([
      { online: false, lastSeenAt: null },
    ]);
  });

  it('ends with the lease or the session, which is then the last-seen time (IM-BEAT)', async () => {
    await talk();
    const bob = async () => (await ask({ userIds: ['bob'] }))[0];
    await world.routes.disconnect(callerOf('bob', 'tablet'));
    await world.routes.connect(aSession({ leaseUntilMs: NOON }));
    expect(await bob()).toEqual({ userId: 'bob', online: false, lastSeenAt: NOON - 30 * MINUTE_MS });
    await world.routes.connect(aSession({ expiresAtMs: NOON - MINUTE_MS, leaseUntilMs: NOON + 1 }));
    expect(await bob()).toMatchObject({ online: false });
    await world.routes.connect(aSession({ idleTimeoutMs: MINUTE_MS, leaseUntilMs: NOON + 1 }));
    expect(await bob()).toEqual({ userId: 'bob', online: true, lastSeenAt: NOON + 1 - MINUTE_MS });
    await world.routes.disconnect(callerOf('bob'), NOON - 7);
    expect(await bob()).toEqual({ userId: 'bob', online: false, lastSeenAt: NOON - 7 });
  });

  it('requires a live session of the caller (IM-REFUSE-7)', async () => {
    await world.routes.disconnect(callerOf('alice'));
    await expect(ask({ userIds: ['bob'] })).rejects.toEqual(refused('session_expired'));
  });
});
