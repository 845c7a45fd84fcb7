import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationTable } from '../../../lambdas/domain/conversation.ts';
import type { InboxTable } from '../../../lambdas/domain/inbox.ts';
import type { MessageTable, StoredMessage } from '../../../lambdas/domain/message.ts';
import type { Reference } from '../../../lambdas/domain/offline.ts';
import type { RouteTable } from '../../../lambdas/domain/session.ts';
import { fakeConversations, fakeInbox, fakeMessages, fakeRoutes } from '../../fakes/ports.ts';
import { aSession, NOON } from '../../fakes/world.ts';
import { startTables } from './tables.ts';

/** One suite for every implementation: what the domain's tests believe of the fakes is true of DynamoDB. */
interface Ports {
  readonly routes: RouteTable;
  readonly conversations: ConversationTable;
  readonly messages: MessageTable;
  readonly inbox: InboxTable;
}

let now = NOON;
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(() => now);
});
afterAll(() => tables?.stop());

const fakes: Ports = {
  routes: fakeRoutes(),
  conversations: fakeConversations(),
  messages: fakeMessages(),
  inbox: fakeInbox(),
};

let unique = 0;
function newUser(): string {
  unique += 1;
  return `user-${unique}`;
}
const newPair = (): [string, string] => [newUser(), newUser()];
const byDevice = (a: { deviceId: string }, b: { deviceId: string }) => (a.deviceId < b.deviceId ? -1 : 1);

function aMessage(overrides: Partial<StoredMessage> = {}): StoredMessage {
  unique += 1;
  return {
    conversationId: 'dm:alice:bob',
    from: 'alice',
    clientMsgId: `c${unique}`,
    seq: 1,
    messageId: String(unique).padStart(26, '0'),
    sentAt: NOON,
    contentJson: '{"text":"hi 👋\\u0000","type":"text"}',
    contentHash: 'h',
    ...overrides,
  };
}

function aReference(messageId: string): Reference {
  const { conversationId, from, clientMsgId, seq, sentAt } = aMessage();
  return { conversationId, from, clientMsgId, seq, messageId, sentAt, bytes: 200 };
}

describe.each([
  ['memory', () => fakes],
  ['DynamoDB', (): Ports => tables],
])('ports on %s', (_, ports) => {
  describe('route table', () => {
    it('keeps one session a device and returns what was there before (IM-CONN-3)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const phone = aSession({ userId });
      const tablet = aSession({ userId, deviceId: 'tablet.1_-' });
      expect(await routes.connect(phone)).toEqual([]);
      expect(await routes.connect(tablet)).toEqual([phone]);
      const newer = aSession({ userId, connectionId: 'newer=' });
      expect([...(await routes.connect(newer))].sort(byDevice)).toEqual([phone, tablet]);
      expect([...((await routes.sessionsOf([userId])).get(userId) ?? [])].sort(byDevice)).toEqual([
        newer,
        tablet,
      ]);
    });

    it('disconnects exactly the connection that still holds the device (IM-CONN-5, fault 9)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const late = aSession({ userId, connectionId: 'old' });
      await routes.disconnect(late);
      await routes.connect(late);
      await routes.connect(aSession({ userId, connectionId: 'new' }));
      await routes.disconnect(late);
      expect((await routes.find(userId, 'phone'))?.connectionId).toBe('new');
      await routes.disconnect({ ...late, connectionId: 'new' });
      expect(await routes.find(userId, 'phone')).toBeUndefined();
    });

    it('lets a session claim its device only from the holder it knows of (IM-CONN-4)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const first = aSession({ userId, connectionId: 'first' });
      const second = aSession({ userId, connectionId: 'second' });
      expect(await routes.claim(first, 'nobody')).toBeUndefined();
      expect(await routes.claim(first, undefined)).toEqual([]);
      expect(await routes.claim(second, undefined)).toBeUndefined();
      expect(await routes.claim(second, 'first')).toEqual([first]);
      expect(await routes.find(userId, 'phone')).toEqual(second);
    });

    it("moves a session's end, if the connection still holds the device (IM-RENEW)", async () => {
      const userId = newUser();
      const { routes } = ports();
      const session = aSession({ userId });
      await routes.connect(session);
      expect(await routes.setExpiry({ ...session, connectionId: 'other' }, NOON)).toBe(false);
      expect(await routes.setExpiry(session, NOON + 7)).toBe(true);
      expect(await routes.find(userId, 'phone')).toEqual({ ...session, expiresAtMs: NOON + 7 });
    });

    it('moves the lease of the connection that still holds the device only', async () => {
      const userId = newUser();
      const { routes } = ports();
      const session = aSession({ userId });
      await routes.connect(session);
      await routes.extendLease({ ...session, connectionId: 'other' }, NOON + 1);
      expect(await routes.find(userId, 'phone')).toEqual(session);
      await routes.extendLease(session, NOON + 2);
      expect(await routes.find(userId, 'phone')).toEqual({ ...session, leaseUntilMs: NOON + 2 });
    });

    it('finds the sessions of 100 users at once, each named once, and none for strangers', async () => {
      const { routes } = ports();
      const users = Array.from({ length: 100 }, newUser);
      await Promise.all(users.slice(0, 99).map((userId) => routes.connect(aSession({ userId }))));
      const found = await routes.sessionsOf([...users, users[0] ?? '']);
      expect(found.size).toBe(100);
      expect(users.map((userId) => found.get(userId)?.length)).toEqual([...Array(99).fill(1), 0]);
    });
  });

  describe('conversation table', () => {
    it('has no seq before it is made, then hands out each once, also at the same time (IM-SEND-3)', async () => {
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      expect(await conversations.nextSeq(id, users[0], 'c')).toBeUndefined();
      expect(await conversations.head(id)).toEqual({ seq: 0 });
      await Promise.all([conversations.createDirect(id, users), conversations.createDirect(id, users)]);
      const seqs = await Promise.all(
        Array.from({ length: 20 }, () => conversations.nextSeq(id, users[0], 'c')),
      );
      expect(seqs.toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 20 }, (__, n) => n + 1),
      );
      expect(await conversations.head(id)).toEqual({ seq: 20, tail: { from: users[0], clientMsgId: 'c' } });
    });

    it('is left alone by a second making', async () => {
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      await conversations.createDirect(id, users);
      await conversations.nextSeq(id, users[0], 'c');
      await conversations.createDirect(id, users);
      expect((await conversations.head(id)).seq).toBe(1);
    });

    it("lists a user's conversations in order, page by page, and reads many heads at once", async () => {
      const { conversations } = ports();
      const me = newUser();
      const ids = ['a', 'b', 'c'].map((peer) => `dm:${peer}:${me}`);
      for (const id of ids.toReversed()) await conversations.createDirect(id, [id.split(':')[1] ?? '', me]);
      const [a = '', b = '', c = ''] = ids;
      const listed = async (page: { after?: string; limit: number }) =>
        (await conversations.memberships(me, page)).map(({ conversationId }) => conversationId);
      expect(await listed({ limit: 2 })).toEqual([a, b]);
      expect(await listed({ after: b, limit: 2 })).toEqual([c]);
      expect(await conversations.memberships(me, { limit: 1 })).toEqual([{ conversationId: a, readSeq: 0 }]);
      const heads = await conversations.heads([a, 'dm:no:body']);
      expect([...heads]).toEqual([[a, { seq: 0 }]]);
      expect(await conversations.heads([])).toEqual(new Map());
    });
  });

  describe('message table', () => {
    it('stores a key once and returns the original of a repeat, whole (IM-SEND-2)', async () => {
      const { messages } = ports();
      const original = aMessage();
      expect(await messages.putIfAbsent(original)).toBeUndefined();
      const repeat = { ...original, seq: 2, messageId: 'other', contentJson: '{}', contentHash: 'x' };
      expect(await messages.putIfAbsent(repeat)).toEqual(original);
      expect(await messages.getMany([original])).toEqual([original]);
    });

    it('reads many by key, each once, and leaves out what is not there', async () => {
      const { messages } = ports();
      const stored = [aMessage(), aMessage()];
      for (const message of stored) await messages.putIfAbsent(message);
      const [first = aMessage()] = stored;
      const found = await messages.getMany([...stored, first, aMessage()]);
      expect(found.map(({ clientMsgId }) => clientMsgId).toSorted()).toEqual(
        stored.map(({ clientMsgId }) => clientMsgId).toSorted(),
      );
    });

    it('pages by seq both ways and tells whether there is more', async () => {
      const { messages } = ports();
      const conversationId = `dm:${newPair().join(':')}`;
      for (const seq of [1, 2, 10, 11]) await messages.putIfAbsent(aMessage({ conversationId, seq }));
      const seqs = async (range: { after?: number; before?: number; limit: number }) => {
        const page = await messages.page(conversationId, range);
        return [page.messages.map(({ seq }) => seq), page.hasMore];
      };
      expect(await seqs({ limit: 3 })).toEqual([[11, 10, 2], true]);
      expect(await seqs({ before: 2, limit: 3 })).toEqual([[1], false]);
      expect(await seqs({ after: 1, limit: 2 })).toEqual([[2, 10], true]);
      expect(await seqs({ after: 2, limit: 2 })).toEqual([[10, 11], false]);
    });

    it("counts others' messages above a seq up to a maximum", async () => {
      const { messages } = ports();
      const [me, peer] = newPair();
      const conversationId = `dm:${me}:${peer}`;
      for (const [index, from] of [me, peer, me, peer, peer].entries()) {
        await messages.putIfAbsent(aMessage({ conversationId, seq: index + 1, from }));
      }
      expect(await messages.countOthersAbove(conversationId, me, 0, 100)).toBe(3);
      expect(await messages.countOthersAbove(conversationId, me, 2, 100)).toBe(2);
      expect(await messages.countOthersAbove(conversationId, me, 0, 2)).toBe(2);
      expect(await messages.countOthersAbove(conversationId, peer, 3, 100)).toBe(0);
    });

    it('carries content of 16 KB in any script', async () => {
      const { messages } = ports();
      const contentJson = JSON.stringify({ type: 'text', text: '語👍\u0000\n"\\'.repeat(1_100) });
      const message = aMessage({ contentJson });
      await messages.putIfAbsent(message);
      expect(await messages.getMany([message])).toEqual([message]);
    });
  });

  describe('inbox table', () => {
    it('keeps each entry once, by time, for its user only (IM-HELLO-1, fault 4)', async () => {
      const { inbox } = ports();
      const [me, other] = newPair();
      const references = ['A', 'B', 'C'].map((letter) => aReference(letter.padEnd(26, '0')));
      const entries = references.map((reference) => ({ userId: me, reference }));
      expect(await inbox.put([...entries.toReversed(), ...entries])).toEqual([]);
      expect(await inbox.put(entries)).toEqual([]);
      expect(await inbox.first(me, 2)).toEqual({ references: references.slice(0, 2), more: true });
      expect(await inbox.first(me, 3)).toEqual({ references, more: false });
      expect(await inbox.first(other, 3)).toEqual({ references: [], more: false });
    });

    it('removes exactly what is named, and nothing of it is there is fine (IM-HELLO-2)', async () => {
      const { inbox } = ports();
      const me = newUser();
      const references = Array.from({ length: 60 }, (__, n) => aReference(String(n).padStart(26, '0')));
      await inbox.put(references.map((reference) => ({ userId: me, reference })));
      const removed = references.slice(5, 55).map(({ messageId }) => messageId);
      await inbox.remove(me, removed);
      await inbox.remove(me, removed);
      const left = (await inbox.first(me, 50)).references.map(({ messageId }) => Number(messageId));
      expect(left).toEqual([0, 1, 2, 3, 4, 55, 56, 57, 58, 59]);
    });
  });
});

describe('time to live on DynamoDB', () => {
  it('hides inbox entries whose time is over though they are still there (IM-PUSH-2)', async () => {
    const userId = newUser();
    await tables.inbox.put([{ userId, reference: aReference('E'.padEnd(26, '0')) }]);
    now = NOON + 3_599_000;
    expect((await tables.inbox.first(userId, 1)).references).toHaveLength(1);
    now = NOON + 3_600_000;
    expect((await tables.inbox.first(userId, 1)).references).toEqual([]);
    now = NOON;
  });

  it('hides messages whose time is over, and frees their key (IM-SEND-2)', async () => {
    const messages = tables.messagesWithTtl(86_400);
    const conversationId = `dm:${newPair().join(':')}`;
    const old = aMessage({ conversationId });
    await messages.putIfAbsent(old);
    now = NOON + 86_400_000;
    expect(await messages.getMany([old])).toEqual([]);
    expect(await messages.page(conversationId, { limit: 5 })).toEqual({ messages: [], hasMore: false });
    expect(await messages.countOthersAbove(conversationId, 'bob', 0, 100)).toBe(0);
    const fresh = { ...old, seq: 2, sentAt: now, contentJson: '"new"' };
    expect(await messages.putIfAbsent(fresh)).toBeUndefined();
    expect(await messages.getMany([fresh])).toEqual([fresh]);
    now = NOON;
  });
});
