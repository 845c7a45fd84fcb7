import { monotonicFactory } from 'ulid';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Accounts } from '../../../lambdas/domain/model/account.ts';
import type {
  ConversationReader,
  ConversationWriter,
  SeqLimits,
} from '../../../lambdas/domain/model/conversation.ts';
import type {
  GroupChange,
  GroupReader,
  GroupWriter,
  Succession,
} from '../../../lambdas/domain/model/group.ts';
import type { GroupDeletion } from '../../../lambdas/domain/model/group-deletion.ts';
import type { Inbox, InboxWriter } from '../../../lambdas/domain/model/inbox.ts';
import type {
  ChangePosition,
  MessageReader,
  MessageWriter,
  StoredMessage,
} from '../../../lambdas/domain/model/message.ts';
import type { Outbox } from '../../../lambdas/domain/model/outbox.ts';
import type { Reference } from '../../../lambdas/domain/model/reference.ts';
import type { RouteTable } from '../../../lambdas/domain/model/session.ts';
import { inMemoryAccounts } from '../../adapters/memory/accounts.ts';
import { inMemoryConversations } from '../../adapters/memory/conversations.ts';
import { inMemoryInbox } from '../../adapters/memory/inbox.ts';
import { inMemoryMessages } from '../../adapters/memory/messages.ts';
import { inMemoryRoutes } from '../../adapters/memory/routes.ts';
import { aSession, NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

/** One suite for both implementations, so that unit tests on the in-memory adapters hold for DynamoDB. */
interface Ports {
  readonly routes: RouteTable;
  readonly accounts: Accounts;
  readonly conversations: ConversationReader & ConversationWriter;
  readonly groups: GroupReader & GroupWriter & Succession & Outbox;
  readonly groupDeletion: GroupDeletion;
  readonly messages: MessageReader & MessageWriter;
  readonly messagesWithTtl: (ttlSeconds: number) => MessageReader & MessageWriter;
  /** Keeps entries for an hour. */
  readonly inbox: Inbox & InboxWriter;
}

let now = NOON;
const ulid = monotonicFactory();
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(clock);
});
afterAll(() => tables?.stop());
afterEach(() => vi.stubEnv('MESSAGES_PER_VOLUME', undefined));

const clock = () => now;
const memoryMessages = inMemoryMessages(clock);
const memoryConversations = inMemoryConversations(memoryMessages, clock);
const memory: Ports = {
  routes: inMemoryRoutes(),
  accounts: inMemoryAccounts(),
  conversations: memoryConversations,
  groups: memoryConversations,
  groupDeletion: { ...memoryConversations, ...memoryMessages },
  messages: memoryMessages,
  messagesWithTtl: (ttlSeconds) => inMemoryMessages(clock, ttlSeconds),
  inbox: inMemoryInbox(clock, 3_600),
};

const newUser = () => newName('user');
const newPair = (): [string, string] => [newUser(), newUser()];
const byDevice = (a: { deviceId: string }, b: { deviceId: string }) => (a.deviceId < b.deviceId ? -1 : 1);

function aMessage(overrides: Partial<StoredMessage> = {}): StoredMessage {
  return {
    conversationId: 'dm:alice:bob',
    from: 'alice',
    clientMsgId: newName('c'),
    seq: 1,
    messageId: ulid(NOON),
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
  ['memory', () => memory],
  ['DynamoDB', (): Ports => tables],
])('on %s,', (_, ports) => {
  describe('the accounts', () => {
    const paidAtMsOf = async (userId: string) => (await ports().accounts.account(userId)).paidAtMs;

    it('begin a debt now, and lengthen one that is not paid yet (IM-BUDGET-1)', async () => {
      const [userId, { accounts }] = [newUser(), ports()];
      expect(await paidAtMsOf(userId)).toBe(0);
      const owe = (nowMs: number, more = {}) => accounts.addDebt(userId, 7_000, { nowMs, ...more });
      expect(await owe(NOON)).toEqual({ isAdded: true, paidAtMs: NOON + 7_000 });
      expect(await owe(NOON + 1_000)).toEqual({ isAdded: true, paidAtMs: NOON + 14_000 });
      expect(await owe(NOON + 2_000, { seenPaidAtMs: NOON + 7_000 })).toMatchObject({
        paidAtMs: NOON + 21_000,
      });
      const paid = { nowMs: NOON + 60_000, seenPaidAtMs: NOON + 90_000 };
      expect(await accounts.addDebt(userId, 7_000.2, paid)).toEqual({
        isAdded: true,
        paidAtMs: NOON + 67_001,
      });
      expect(await owe(NOON + 60_000)).toMatchObject({ paidAtMs: NOON + 74_001 });
      expect(await accounts.addDebt(userId, 0.2, { nowMs: NOON + 60_000 })).toMatchObject({
        paidAtMs: NOON + 74_002,
      });
      // It is paid at this moment: the next one begins now.
      const now = NOON + 74_002;
      expect(await owe(now, { seenPaidAtMs: now, ifPaidByMs: now })).toMatchObject({ paidAtMs: now + 7_000 });
      expect(await paidAtMsOf(userId)).toBe(now + 7_000);
    });

    it('add nothing to a debt that is too long (IM-BUDGET-1)', async () => {
      const [userId, { accounts }] = [newUser(), ports()];
      const owe = (more = {}) =>
        accounts.addDebt(userId, 10_000, { nowMs: NOON, ifPaidByMs: NOON + 5_000, ...more });
      expect(await owe()).toEqual({ isAdded: true, paidAtMs: NOON + 10_000 });
      const refused = { isAdded: false, paidAtMs: NOON + 10_000 };
      expect(await owe()).toEqual(refused);
      expect(await owe({ seenPaidAtMs: NOON + 10_000 })).toEqual(refused);
      // What was seen is old: others have added to the debt since.
      expect(await owe({ seenPaidAtMs: NOON + 4_000 })).toEqual(refused);
      expect(await paidAtMsOf(userId)).toBe(NOON + 10_000);
      expect(await owe({ ifPaidByMs: NOON + 10_000 })).toEqual({ isAdded: true, paidAtMs: NOON + 20_000 });
    });

    it('lose no debt when many are added at once', async () => {
      const [userId, { accounts }] = [newUser(), ports()];
      const seen = [0, NOON + 1];
      const debts = seen.map((seenPaidAtMs) => accounts.addDebt(userId, 100, { nowMs: NOON, seenPaidAtMs }));
      expect((await Promise.all(debts)).every(({ isAdded }) => isAdded)).toBe(true);
      expect(await paidAtMsOf(userId)).toBe(NOON + 200);
    });

    it('count the strangers of a day, at most as many as there may be (IM-BUDGET-3)', async () => {
      const [userId, { accounts }] = [newUser(), ports()];
      const meet = (strangers: number, day = '2026-11-28') =>
        accounts.meet(userId, strangers, { day, maximum: 5 });
      expect(await meet(6)).toBe(false);
      expect([await meet(3), await meet(3), await meet(2), await meet(1)]).toEqual([
        true,
        false,
        true,
        false,
      ]);
      expect([await meet(4, '2026-11-29'), await meet(2, '2026-11-29')]).toEqual([true, false]);
      expect([await meet(5, '2026-11-30'), await meet(1, '2026-11-30')]).toEqual([true, false]);
      await accounts.addDebt(userId, 1_000, { nowMs: NOON });
      const firstOfDay = await Promise.all(Array.from({ length: 7 }, () => meet(1, '2026-12-01')));
      expect(firstOfDay.filter((isMet) => isMet)).toHaveLength(5);
    });

    it('go on with the day that has begun for another function, whose clock is ahead (IM-BUDGET-3)', async () => {
      const [userId, { accounts }] = [newUser(), ports()];
      const meet = (strangers: number, day: string) => accounts.meet(userId, strangers, { day, maximum: 5 });
      expect(await meet(3, '2026-12-01')).toBe(true);
      expect(await meet(1, '2026-11-30')).toBe(true);
      expect([await meet(2, '2026-12-01'), await meet(2, '2026-11-30')]).toEqual([false, false]);
      expect([await meet(1, '2026-11-30'), await meet(1, '2026-12-01')]).toEqual([true, false]);
    });

    it('share the item of the sessions, which both leave alone', async () => {
      const [userId, { accounts, routes }] = [newUser(), ports()];
      await routes.connect(aSession({ userId }));
      await accounts.addDebt(userId, 1_000, { nowMs: NOON });
      await accounts.meet(userId, 1, { day: '2026-11-28', maximum: 1 });
      await routes.disconnect(aSession({ userId }), NOON);
      expect(await routes.connect(aSession({ userId }))).toEqual([]);
      expect(await paidAtMsOf(userId)).toBe(NOON + 1_000);
    });
  });

  describe('the route table', () => {
    it('keeps one session per device and returns the previous sessions (IM-CONN-3)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const phone = aSession({ userId });
      const tablet = aSession({ userId, deviceId: 'tablet.1_-' });
      expect(await routes.connect(phone)).toEqual([]);
      expect(await routes.connect(tablet)).toEqual([phone]);
      const newer = aSession({ userId, connectionId: 'newer=' });
      expect([...((await routes.connect(newer)) ?? [])].sort(byDevice)).toEqual([phone, tablet]);
      expect([...((await routes.sessionsOf([userId])).get(userId) ?? [])].sort(byDevice)).toEqual([
        newer,
        tablet,
      ]);
    });

    it('lets no socket replace one opened later, while polling replaces and is replaced in any order (IM-CONN-4, IM-POLL-2)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const at = (connectionId: string, connectedAtMs: number, more = {}) =>
        aSession({ userId, connectionId, connectedAtMs, ...more });
      const later = at('later=', 2);
      expect(await routes.connect(later)).toEqual([]);
      expect(await routes.connect(at('late=', 1))).toBeUndefined();
      expect(await routes.find(userId, 'phone')).toEqual(later);
      expect(await routes.connect(later)).toEqual([later]);
      const poll = at('poll', 1, { mode: 'polling' });
      expect(await routes.connect(poll)).toEqual([later]);
      expect(await routes.connect(at('socket=', 0))).toEqual([poll]);
    });

    it('disconnects only the connection that still holds the device (IM-CONN-5, IM-FAULT-9)', async () => {
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

    it('lets a session claim its device only from the holder it names (IM-CONN-4)', async () => {
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

    it('stores a ban, after which only that of a later event counts, and refuses sessions until it ends (IM-BAN-1)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const at = (connectedAtMs: number, deviceId = 'phone') => aSession({ userId, deviceId, connectedAtMs });
      const bannedUntilMs = async () => (await routes.presencesOf([userId])).get(userId)?.bannedUntilMs;
      expect(await bannedUntilMs()).toBeUndefined();
      expect(await routes.ban(userId, { atMs: 5, untilMs: 100, reason: 'spam' })).toEqual({
        sessions: [],
        before: undefined,
      });
      for (const session of [at(99), { ...at(99), mode: 'polling' as const }]) {
        const banned = { code: 'forbidden', until: 100 };
        await expect(routes.connect(session)).rejects.toMatchObject(banned);
        await expect(routes.claim(session, undefined)).rejects.toMatchObject(banned);
      }
      expect(await routes.connect(at(100))).toEqual([]);
      expect(await routes.ban(userId, { atMs: 4, untilMs: 900 })).toBeUndefined();
      expect(await bannedUntilMs()).toBe(100);
      expect(await routes.ban(userId, { atMs: 5, untilMs: Number.MAX_SAFE_INTEGER })).toEqual({
        sessions: [at(100)],
        before: { atMs: 5, untilMs: 100, reason: 'spam' },
      });
      expect(await bannedUntilMs()).toBe(Number.MAX_SAFE_INTEGER);
      expect(await routes.find(userId, 'phone')).toEqual(at(100));
      await expect(routes.connect(at(NOON, 'tablet'))).rejects.toMatchObject({ until: undefined });
      await routes.ban(userId, { atMs: 6, untilMs: 0 });
      expect(await routes.connect(at(NOON, 'tablet'))).toEqual([at(100)]);
      expect(await routes.connect(at(99))).toBeUndefined();
    });

    it("moves a session's end if the connection still holds the device (IM-RENEW)", async () => {
      const userId = newUser();
      const { routes } = ports();
      const session = aSession({ userId });
      await routes.connect(session);
      expect(await routes.setExpiry({ ...session, connectionId: 'other' }, NOON)).toBe(false);
      expect(await routes.setExpiry(session, NOON + 7)).toBe(true);
      expect(await routes.find(userId, 'phone')).toEqual({ ...session, expiresAtMs: NOON + 7 });
    });

    it('keeps every property of a session: idle option, encoding, mode (IM-IDLE, IM-PB, IM-POLL-2)', async () => {
      const userId = newUser();
      const { routes } = ports();
      const sessions = [
        aSession({ userId, deviceId: 'a', idleTimeoutMs: 60_000 }),
        aSession({ userId, deviceId: 'b', encoding: 'protobuf' }),
        aSession({ userId, deviceId: 'c', mode: 'polling' }),
      ];
      for (const session of sessions) await routes.connect(session);
      for (const session of sessions) expect(await routes.find(userId, session.deviceId)).toEqual(session);
      expect(await routes.find(userId, 'd')).toBeUndefined();
      const found = (await routes.sessionsOf([userId])).get(userId) ?? [];
      expect(found.toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1))).toEqual(sessions);
    });

    it('records typing of a living session at most once per interval', async () => {
      const userId = newUser();
      const { routes } = ports();
      const session = aSession({ userId, expiresAtMs: NOON + 60_000 });
      expect(await routes.noteTyping(session, NOON, 2_000)).toEqual({ noted: false, session: undefined });
      await routes.connect(session);
      expect(await routes.noteTyping(session, NOON, 2_000)).toMatchObject({ noted: true });
      expect(await routes.noteTyping(session, NOON + 1_999, 2_000)).toEqual({ noted: false, session });
      expect(await routes.noteTyping(session, NOON + 2_000, 2_000)).toMatchObject({ noted: true });
      expect(await routes.noteTyping(session, NOON + 60_000, 2_000)).toEqual({ noted: false, session });
    });

    it('remembers when a user last disconnected', async () => {
      const userId = newUser();
      const { routes } = ports();
      const session = aSession({ userId });
      await routes.connect(session);
      const presence = async () => (await routes.presencesOf([userId])).get(userId);
      expect(await presence()).toEqual({ sessions: [session], seenAtMs: undefined });
      await routes.disconnect({ ...session, connectionId: 'other' }, NOON);
      expect((await presence())?.seenAtMs).toBeUndefined();
      await routes.disconnect(session, NOON + 5);
      expect(await presence()).toEqual({ sessions: [], seenAtMs: NOON + 5 });
    });

    it('moves the lease only for the connection that still holds the device', async () => {
      const userId = newUser();
      const { routes } = ports();
      const session = aSession({ userId });
      await routes.connect(session);
      await routes.extendLease({ ...session, connectionId: 'other' }, NOON + 1);
      expect(await routes.find(userId, 'phone')).toEqual(session);
      await routes.extendLease(session, NOON + 2);
      expect(await routes.find(userId, 'phone')).toEqual({ ...session, leaseUntilMs: NOON + 2 });
    });

    it('finds the sessions of 100 users at once, with an empty list for unknown users', async () => {
      const { routes } = ports();
      const users = Array.from({ length: 100 }, newUser);
      await Promise.all(users.slice(0, 99).map((userId) => routes.connect(aSession({ userId }))));
      const found = await routes.sessionsOf([...users, users[0] ?? '']);
      expect(found.size).toBe(100);
      expect(users.map((userId) => found.get(userId)?.length)).toEqual([...Array(99).fill(1), 0]);
    });
  });

  describe('the conversation table', () => {
    it('allocates no seq before the conversation exists, and then each one once, even concurrently (IM-SEND-3)', async () => {
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      expect(await conversations.nextSeq(id, users[0], 'c')).toEqual({ refused: 'missing' });
      expect(await conversations.head(id)).toEqual({ seq: 0, atMs: 0 });
      await Promise.all([conversations.createDirect(id, users), conversations.createDirect(id, users)]);
      const allocations = await Promise.all(
        Array.from({ length: 20 }, () => conversations.nextSeq(id, users[0], 'c')),
      );
      expect(allocations[0]).toMatchObject({ memberCount: 2 });
      const seqs = allocations.map((allocation) => allocation.seq);
      expect(seqs.toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 20 }, (__, n) => n + 1),
      );
      expect(await conversations.head(id)).toEqual({
        seq: 20,
        tail: { from: users[0], clientMsgId: 'c' },
        atMs: NOON,
        lastSeqs: new Map([
          [users[0], 20],
          [users[1], 0],
        ]),
      });
    });

    it('knows when the volumes of the last day began, from the first message of each on', async () => {
      vi.stubEnv('MESSAGES_PER_VOLUME', '2');
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      await conversations.createDirect(id, users);
      const next = async () => {
        const allocation = await conversations.nextSeq(id, users[0], 'c');
        return 'starts' in allocation ? allocation.starts : undefined;
      };
      expect(await next()).toBeUndefined();
      const first = { volume: 1, atMs: NOON };
      expect(await next()).toEqual([first]);
      now = NOON + 1_000;
      expect(await next()).toEqual([first]);
      const second = { volume: 2, atMs: now };
      expect(await next()).toEqual([second, first]);
      expect((await conversations.head(id)).starts).toEqual([second, first]);
      now = NOON + 24 * 3_600_000 + 60_500;
      expect(await next()).toEqual([second]);
      now = NOON + 48 * 3_600_000;
      expect(await next()).toEqual([{ volume: 3, atMs: now }]);
      vi.stubEnv('MESSAGES_PER_VOLUME', '1');
      for (let seq = 8; seq < 20; seq += 1) await next();
      const volumes = (await next())?.map(({ volume }) => volume);
      expect(volumes).toEqual(Array.from({ length: 10 }, (__, n) => 19 - n));
      now = NOON;
    });

    it('notes the changes of each volume apart, from the highest time on (IM-CHANGE-2)', async () => {
      vi.stubEnv('MESSAGES_PER_VOLUME', '2');
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      await conversations.createDirect(id, users);
      for (const [seq, atMs] of [[1, 7], [5, 3], [4, 2]] as const) // biome-ignore format: a table
        await conversations.markChanged({ conversationId: id, seq }, atMs);
      expect((await conversations.head(id)).changes).toEqual(new Map([[0, 7], [2, 3]])); // biome-ignore format: a table
    });

    it('is not changed by creating a conversation again', async () => {
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      await conversations.createDirect(id, users);
      await conversations.nextSeq(id, users[0], 'c');
      await conversations.advanceRead(users[0], id, 1);
      await conversations.createDirect(id, users);
      expect((await conversations.head(id)).seq).toBe(1);
      expect((await conversations.membership(users[0], id))?.readSeq).toBe(1);
    });

    it('knows the last seq of each user of a direct conversation, and of nobody in a group', async () => {
      const { conversations, groups } = ports();
      const [me, peer] = newPair();
      const id = `dm:${me}:${peer}`;
      await conversations.createDirect(id, [me, peer]);
      const none = new Map([me, peer].map((userId) => [userId, 0]));
      expect((await conversations.head(id)).lastSeqs).toEqual(none);
      for (const from of [me, peer, me, me]) await conversations.nextSeq(id, from, 'c');
      const { lastSeqs, seq } = await conversations.head(id);
      expect([seq, lastSeqs?.get(me), lastSeqs?.get(peer)]).toEqual([4, 4, 2]);
      const group = aMessage({ conversationId: `g:${me}` });
      const facts = { name: 'Rowers', admins: [me], memberCount: 1, openHistory: false };
      await groups.create(facts, [me], group);
      await conversations.nextSeq(group.conversationId, me, 'c');
      expect((await conversations.head(group.conversationId)).lastSeqs).toBeUndefined();
    });

    it("lists a user's conversations in order, page by page, and reads many heads at once", async () => {
      const { conversations } = ports();
      const me = newUser();
      const ids = ['a', 'b', 'c'].map((peer) => `dm:${peer}:${me}`);
      for (const id of ids.toReversed()) await conversations.createDirect(id, [id.split(':')[1] ?? '', me]);
      const [a = '', b = '', c = ''] = ids;
      const listed = async (page: { after?: string; limit: number }) =>
        (await conversations.memberships(me, page)).memberships.map(({ conversationId }) => conversationId);
      expect(await listed({ limit: 2 })).toEqual([a, b]);
      expect(await listed({ after: b, limit: 2 })).toEqual([c]);
      expect(await conversations.memberships(me, { limit: 1 })).toEqual({
        memberships: [{ conversationId: a, readSeq: 0, visibleFrom: 1 }],
      });
      const heads = await conversations.heads([a, 'dm:no:body']);
      expect([...heads]).toMatchObject([[a, { seq: 0, atMs: 0 }]]);
      expect(await conversations.heads([])).toEqual(new Map());
    });
  });

  describe('the group table', () => {
    const facts = { name: 'Rowers', admins: ['a'], memberCount: 0, openHistory: false };
    const newGroup = () => `g:${ulid(NOON)}`;
    const message = (conversationId: string, seq: number) => aMessage({ conversationId, seq });
    const statuses = async (conversationId: string, userIds: readonly string[]) => {
      const found = [...(await ports().groups.getMembers(conversationId, userIds)).values()];
      return Object.fromEntries(
        found.map(({ userId, isLeaving }) => [userId, isLeaving ? 'leaving' : 'member']),
      );
    };

    it("skips the groups that a user is leaving, and still fills the page of the user's conversations", async () => {
      const { groups, conversations } = ports();
      const [me, admin] = newPair();
      const ids = Array.from({ length: 5 }, newGroup).sort();
      for (const id of ids) await groups.create({ ...facts, admins: [admin] }, [me, admin], message(id, 1));
      for (const id of ids.slice(0, 3)) await groups.markAsLeaving(id, me);
      const listed = async (limit: number) =>
        (await conversations.memberships(me, { limit })).memberships.map(
          ({ conversationId }) => conversationId,
        );
      expect(await listed(1)).toEqual([ids[3]]);
      expect(await listed(2)).toEqual(ids.slice(3));
      expect(await listed(9)).toEqual(ids.slice(3));
      const own = await conversations.membershipsIn(me, [...ids, newGroup()]);
      expect(own.toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1))).toEqual(
        ids.slice(3).map((conversationId) => ({ conversationId, readSeq: 0, visibleFrom: 1 })),
      );
      expect(await conversations.membershipsIn(me, [])).toEqual([]);
    });

    it('skips members who are leaving, and still fills the page', async () => {
      const { groups } = ports();
      const conversationId = newGroup();
      const [admin, ...others] = Array.from({ length: 7 }, newUser).sort() as [string, ...string[]];
      await groups.create({ ...facts, admins: [admin] }, [admin, ...others], message(conversationId, 1));
      for (const userId of others.slice(0, 3)) await groups.markAsLeaving(conversationId, userId);
      const page = async (limit: number) => {
        const { members, more } = await groups.members(conversationId, { limit });
        return [members.map(({ userId }) => userId), more];
      };
      expect(await page(2)).toEqual([[admin, others[3]], true]);
      expect(await page(4)).toEqual([[admin, ...others.slice(3)], false]);
    });

    it('keeps the name with the highest seq when two new names commit in the other order (IM-GROUP)', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a], message(conversationId, 1));
      const rename = (seq: number, name: string) =>
        groups.apply({
          conversationId,
          message: message(conversationId, seq),
          openHistory: false,
          ifAdmin: a,
          name,
        });
      expect(await rename(3, 'Later')).toBe(true);
      expect(await rename(2, 'Earlier')).toBe(false);
      expect((await conversations.head(conversationId)).group?.name).toBe('Later');
    });

    it('takes changes of different kinds, and additions, in any order of their seqs (IM-GROUP)', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const [c, d] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      await groups.markAsLeaving(conversationId, b);
      const apply = (seq: number, change: Partial<GroupChange>) =>
        groups.apply({
          conversationId,
          openHistory: false,
          message: message(conversationId, seq),
          ...change,
        });
      expect(await apply(5, { remove: [b] })).toBe(true);
      expect(await apply(4, { name: 'Sailors' })).toBe(true);
      expect(await apply(8, { add: [c] })).toBe(true);
      expect(await apply(7, { add: [d] })).toBe(true);
      expect(await apply(6, { name: 'Scullers' })).toBe(true);
      expect(await apply(10, { admins: [a, c] })).toBe(true);
      expect(await apply(9, { admins: [d] })).toBe(false);
      const group = { name: 'Scullers', admins: [a, c].sort(), memberCount: 3 };
      expect((await conversations.head(conversationId)).group).toMatchObject(group);
    });

    it('creates no group in the place of another', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a], message(conversationId, 1));
      const again = groups.create(
        { ...facts, name: 'Thieves', admins: [b] },
        [b],
        message(conversationId, 1),
      );
      await expect(again).rejects.toThrow();
      expect((await conversations.head(conversationId)).group).toMatchObject({ name: 'Rowers', admins: [a] });
      expect(await conversations.membership(b, conversationId)).toBeUndefined();
    });

    it('creates a group with its members and first message in one write (IM-GROUP)', async () => {
      const { groups, conversations, messages } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const created = message(conversationId, 1);
      await groups.create({ ...facts, admins: [a] }, [a, b], created);
      expect(await conversations.head(conversationId)).toMatchObject({
        seq: 1,
        tail: { clientMsgId: created.clientMsgId },
        group: { name: 'Rowers', admins: [a], memberCount: 2, openHistory: false },
      });
      expect(await messages.getMany([created])).toEqual([created]);
      expect(await groups.members(conversationId, { limit: 5 })).toEqual({
        members: [a, b].sort().map((userId) => ({ userId, joinedSeq: 1 })),
        more: false,
      });
      expect(await conversations.membership(b, conversationId)).toEqual({
        conversationId,
        readSeq: 0,
        visibleFrom: 1,
      });
      expect(await conversations.nextSeq(conversationId, a, 'c')).toEqual({ seq: 2, memberCount: 2 });
    });

    it('shows members of a group with open history what was written before they joined (IM-GROUP)', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const open = { ...facts, admins: [b, a], openHistory: true };
      await groups.create(open, [a], message(conversationId, 3));
      const joining = { conversationId, openHistory: true, message: message(conversationId, 4), add: [b] };
      expect(await groups.apply(joining)).toBe(true);
      const group = { name: 'Rowers', admins: [a, b], memberCount: 2, openHistory: true };
      expect((await conversations.head(conversationId)).group).toEqual(group);
      for (const userId of [a, b])
        expect((await conversations.membership(userId, conversationId))?.visibleFrom).toBe(1);
    });

    it('allocates no seq to a member who may not write, has no turn, or has not paid for so many members (IM-BUDGET-5)', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [admin, member] = newPair();
      const rules = { posting: 'admins', slowModeSeconds: 30, pins: 'members' } as const;
      await groups.create(
        { ...facts, ...rules, admins: [admin] },
        [admin, member],
        message(conversationId, 1),
      );
      expect((await conversations.head(conversationId)).group).toMatchObject(rules);
      const next = (from: string, limits?: SeqLimits) =>
        conversations.nextSeq(conversationId, from, 'c', limits);
      expect(await next(member, {})).toEqual({ refused: 'posting' });
      expect(await next(admin, {})).toEqual({ seq: 2, memberCount: 2, slowModeSeconds: 30 });
      const change = (seq: number, what: object) =>
        groups.apply({ conversationId, openHistory: false, message: message(conversationId, seq), ...what });
      expect(await change(3, { posting: 'everyone' })).toBe(true);
      expect(await next(member, {})).toEqual({ refused: 'slow', slowModeSeconds: 30 });
      expect(await next(member, { hasTurn: true, maxMembers: 1 })).toEqual({
        refused: 'large',
        memberCount: 2,
      });
      expect(await next(member, { hasTurn: true })).toMatchObject({ seq: 3 });
      expect(await next(admin, { maxMembers: 1 })).toEqual({ refused: 'large', memberCount: 2 });
      expect(await next(admin, { maxMembers: 2 })).toMatchObject({ seq: 4 });
      // Without limits nothing of this applies.
      expect(await next(member)).toMatchObject({ seq: 5 });
      expect(await change(6, { slowModeSeconds: 0, pins: 'admins' })).toBe(true);
      expect(await next(member, { maxMembers: 1 })).toEqual({ refused: 'large', memberCount: 2 });
      expect(await next(member, {})).toEqual({ seq: 6, memberCount: 2 });
      const { group } = await conversations.head(conversationId);
      expect([group?.posting, group?.slowModeSeconds, group?.pins === 'members']).toEqual([
        undefined,
        undefined,
        false,
      ]);
      expect(await change(7, { posting: 'admins', slowModeSeconds: 5 })).toBe(true);
      expect((await conversations.head(conversationId)).group).toMatchObject({
        posting: 'admins',
        slowModeSeconds: 5,
      });
      expect(await change(8, { slowModeSeconds: 0 })).toBe(true);
      expect(await next(member, {})).toEqual({ refused: 'posting' });
      // A direct conversation has no such limits.
      const id = `dm:${admin}:${member}`;
      await conversations.createDirect(id, [admin, member]);
      expect(await conversations.nextSeq(id, member, 'c', { maxMembers: 1 })).toMatchObject({ seq: 1 });
    });

    it("takes a member's turn once an interval, whatever the clock does, and for nobody else (IM-BUDGET-5)", async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [admin, member] = newPair();
      await groups.create({ ...facts, admins: [admin] }, [admin, member], message(conversationId, 1));
      onTestFinished(() => {
        now = NOON;
      });
      const take = (userId = member, clientMsgId: string = crypto.randomUUID()) =>
        conversations.takeTurn(userId, conversationId, { seconds: 30, clientMsgId });
      expect(await Promise.all([take(), take()])).toEqual(expect.arrayContaining([0, 30_000]));
      now = NOON + 10_000;
      expect([await take(), await take(admin)]).toEqual([20_000, 0]);
      expect((await conversations.membership(member, conversationId))?.turn).toMatchObject({
        atMs: NOON,
        seconds: 30,
      });
      now = NOON + 30_000;
      expect([await take(), await take()]).toEqual([0, 30_000]);
      // A clock that was ahead when the turn was taken.
      now = NOON + 20_000;
      expect(await take()).toBe(0);
      // An attempt of the same message failed after it had its turn.
      expect([await take(member, 'own'), await take()]).toEqual([30_000, 30_000]);
      now = NOON + 50_000;
      expect([await take(member, 'own'), await take(member, 'own'), await take()]).toEqual([0, 0, 30_000]);
      await conversations.changeTurn(member, conversationId, 60);
      expect((await conversations.membership(member, conversationId))?.turn).toEqual({
        atMs: NOON + 50_000,
        seconds: 60,
        clientMsgId: 'own',
      });
      await conversations.changeTurn(member, conversationId, undefined);
      await conversations.changeTurn(member, conversationId, 60);
      expect(await conversations.membership(member, conversationId)).not.toHaveProperty('turn');
      const outsider = newUser();
      expect(await take(outsider)).toBeGreaterThan(0);
      await conversations.changeTurn(outsider, conversationId, 60);
      expect(await conversations.membership(outsider, conversationId)).toBeUndefined();
    });

    it('writes a change together with its message, or not at all (IM-GROUP)', async () => {
      const { groups, conversations, messages } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const c = newUser();
      const created = message(conversationId, 1);
      await groups.create({ ...facts, admins: [a] }, [a], created);
      const joined = message(conversationId, 2);
      const add = { conversationId, openHistory: false, add: [b, c] };
      expect(await groups.apply({ ...add, message: { ...joined, clientMsgId: created.clientMsgId } })).toBe(
        false,
      );
      expect(await groups.apply({ ...add, message: joined })).toBe(true);
      const again = message(conversationId, 3);
      expect(await groups.apply({ ...add, message: again })).toBe(false);
      expect(await messages.getMany([joined, again])).toEqual([joined]);
      expect((await conversations.membership(b, conversationId))?.visibleFrom).toBe(2);
      expect((await conversations.head(conversationId)).group?.memberCount).toBe(3);
      const renamed = { name: 'Scullers', admins: [a, b] };
      expect(
        await groups.apply({
          conversationId,
          openHistory: false,
          message: message(conversationId, 4),
          ...renamed,
        }),
      ).toBe(true);
      expect((await conversations.head(conversationId)).group).toMatchObject({
        name: 'Scullers',
        admins: [a, b].sort(),
      });
    });

    it('hides members who are marked as leaving from every read, and then removes their rows and admin rights (IM-FAULT-14)', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a, b] }, [a, b], message(conversationId, 1));
      await groups.markAsLeaving(conversationId, b);
      await groups.markAsLeaving(conversationId, b);
      expect(
        (await groups.members(conversationId, { limit: 5 })).members.map(({ userId }) => userId),
      ).toEqual([a]);
      expect(await conversations.membership(b, conversationId)).toBeUndefined();
      expect(await conversations.memberships(b, { limit: 5 })).toEqual({ memberships: [] });
      expect(await statuses(conversationId, [a, b])).toEqual({ [a]: 'member', [b]: 'leaving' });
      const removal = { conversationId, openHistory: false, remove: [b] };
      expect(await groups.apply({ ...removal, message: message(conversationId, 2) })).toBe(true);
      expect(await groups.apply({ ...removal, message: message(conversationId, 3) })).toBe(false);
      expect(await statuses(conversationId, [a, b])).toEqual({ [a]: 'member' });
      expect((await conversations.head(conversationId)).group).toMatchObject({ admins: [a], memberCount: 1 });
    });

    describe('records departures, which', () => {
      const at = async (ms: number, leave: () => Promise<unknown>) => {
        now = NOON + ms;
        await leave();
        now = NOON;
      };

      it('are listed from a time on, each conversation once, before any page of memberships (IM-CHANGE-3)', async () => {
        const { groups, conversations } = ports();
        const [a, b] = newPair();
        const ids = [newGroup(), newGroup(), newGroup(), newGroup()];
        for (const id of ids) await groups.create({ ...facts, admins: [a] }, [a, b], message(id, 1));
        const [first = '', second = '', ...stays] = ids;
        const leave = (id: string) => () => groups.markAsLeaving(id, b);
        await at(1_000, leave(second));
        await at(2_000, leave(first));
        await at(3_000, leave(first));
        const listed = async (range: { limit: number; departedSinceMs?: number }) => {
          const { memberships, departed } = await conversations.memberships(b, range);
          return [memberships.map(({ conversationId }) => conversationId), departed];
        };
        expect(await listed({ limit: 5, departedSinceMs: NOON + 1_000 })).toEqual([stays, [second, first]]);
        expect(await listed({ limit: 1, departedSinceMs: NOON + 1_001 })).toEqual([
          stays.slice(0, 1),
          [first],
        ]);
        // A repeat of the mark is no other departure.
        expect(await listed({ limit: 2, departedSinceMs: NOON + 2_001 })).toEqual([stays, []]);
        expect(await listed({ limit: 2, departedSinceMs: -1 })).toEqual([stays, [second, first]]);
        expect(await listed({ limit: 5 })).toEqual([stays, undefined]);
      });

      it('remain when the member is removed, joins again, and leaves again (IM-CHANGE-3)', async () => {
        const { groups, conversations } = ports();
        const conversationId = newGroup();
        const [a, b] = newPair();
        await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
        const change = { conversationId, openHistory: false };
        for (const seq of [2, 4]) {
          await at(seq, () => groups.markAsLeaving(conversationId, b));
          await groups.apply({ ...change, message: message(conversationId, seq), remove: [b] });
          await groups.apply({ ...change, message: message(conversationId, seq + 1), add: [b] });
        }
        const range = { limit: 5, departedSinceMs: NOON };
        expect(await conversations.memberships(b, range)).toMatchObject({
          memberships: [{ conversationId, visibleFrom: 5 }],
          departed: [conversationId],
        });
      });

      it('are not recorded for a mark that was refused', async () => {
        const { groups, conversations } = ports();
        const conversationId = newGroup();
        const [a, b] = newPair();
        await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
        expect(await groups.markAsLeaving(conversationId, a)).toBe(false);
        expect(await groups.markAsLeaving(conversationId, a, b)).toBe(false);
        const range = { limit: 5, departedSinceMs: NOON };
        expect(await conversations.memberships(a, range)).toMatchObject({ departed: [] });
      });

      it('are not listed if there are more than 100: the memberships are (IM-CHANGE-3)', async () => {
        const { groups, conversations } = ports();
        const [a, b] = newPair();
        const ids = Array.from({ length: 103 }, newGroup);
        for (const id of ids) await groups.create({ ...facts, admins: [a] }, [a, b], message(id, 1));
        for (const id of ids.slice(2)) await groups.markAsLeaving(id, b);
        for (const limit of [1, 2, 50, 101]) {
          const found = await conversations.memberships(b, { limit, departedSinceMs: NOON });
          expect(found.memberships).toHaveLength(Math.min(limit, 2));
          expect(found.departed).toBeUndefined();
        }
        const { departed } = await conversations.memberships(a, { limit: 5, departedSinceMs: NOON });
        expect(departed).toEqual([]);
      });
    });

    it('keeps the last admin while other members stay', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      expect(await groups.markAsLeaving(conversationId, a)).toBe(false);
      expect(await statuses(conversationId, [a])).toEqual({ [a]: 'member' });
      expect(await groups.markAsLeaving(conversationId, b)).toBe(true);
      await groups.apply({
        conversationId,
        openHistory: false,
        remove: [b],
        message: message(conversationId, 2),
      });
      expect(await groups.markAsLeaving(conversationId, a)).toBe(true);
      expect((await conversations.head(conversationId)).group).toMatchObject({ admins: [] });
    });

    it('passes the role of the last admin on, with a message, and marks them as leaving (IM-ADMIN-3)', async () => {
      const { groups, conversations, messages } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      const told = message(conversationId, 2);
      expect(await groups.passOn({ message: told, admin: a, heir: b })).toBe(true);
      const { group } = await conversations.head(conversationId);
      expect(group).toMatchObject({ admins: [b], memberCount: 1 });
      expect(await statuses(conversationId, [a, b])).toEqual({ [a]: 'leaving', [b]: 'member' });
      expect(await messages.getMany([told])).toHaveLength(1);
      expect(await groups.pending(conversationId)).toHaveLength(2);
      const { departed } = await conversations.memberships(a, { limit: 5, departedSinceMs: NOON - 1 });
      expect(departed).toEqual([conversationId]);
      const again = { message: message(conversationId, 3), admin: a, heir: b };
      expect(await groups.passOn(again)).toBe(false);
    });

    it('passes no role on to a user who is no member or is leaving, nor one that others have, nor at a lower seq', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const [c, stranger] = [newUser(), newUser()];
      await groups.create({ ...facts, admins: [a] }, [a, b, c], message(conversationId, 1));
      await groups.markAsLeaving(conversationId, c);
      const change = { message: message(conversationId, 3), admin: a };
      for (const heir of [c, stranger]) expect(await groups.passOn({ ...change, heir })).toBe(false);
      const both = {
        conversationId,
        openHistory: false,
        admins: [a, b],
        message: message(conversationId, 4),
      };
      await groups.apply(both);
      const later = { ...change, message: message(conversationId, 5), heir: b };
      expect(await groups.passOn(later)).toBe(false);
      await groups.apply({ ...both, admins: [a], message: message(conversationId, 6) });
      expect(await groups.passOn(later)).toBe(false);
      expect((await conversations.head(conversationId)).group).toMatchObject({ admins: [a], memberCount: 2 });
      expect(await statuses(conversationId, [a, b])).toEqual({ [a]: 'member', [b]: 'member' });
      expect(await groups.passOn({ ...later, message: message(conversationId, 7) })).toBe(true);
    });

    it('deletes a group: closed, it gives no seq but to removals, and loses members, history, and rows (IM-ADMIN-4)', async () => {
      const { groups, groupDeletion, conversations, messages } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const first = message(conversationId, 1);
      await groups.create({ ...facts, admins: [a] }, [a, b], first);
      await groups.markAsLeaving(conversationId, b);
      expect(await groupDeletion.remove(message(conversationId, 2), [a])).toBe(false);
      for (let times = 0; times < 2; times += 1) expect(await groupDeletion.close(conversationId)).toBe(true);
      expect(await groupDeletion.close(newGroup())).toBe(false);
      expect(await conversations.nextSeq(conversationId, a, 'late')).toEqual({ refused: 'closed' });
      const members = await groupDeletion.anyMembers(conversationId, 5);
      expect(members).toEqual([a, b].sort());
      expect(await groupDeletion.remove(message(conversationId, 3), members)).toBe(false);
      const removal = message(conversationId, 2);
      expect(await groupDeletion.remove(removal, members)).toBe(true);
      expect(await groupDeletion.anyMembers(conversationId, 5)).toEqual([]);
      expect(await groups.pending(conversationId)).toMatchObject([{ seq: 1 }, { seq: 2 }]);
      for (const user of [a, b]) {
        expect(await conversations.membership(user, conversationId)).toBeUndefined();
        const { departed } = await conversations.memberships(user, { limit: 5, departedSinceMs: NOON - 1 });
        expect(departed).toContain(conversationId);
      }
      const page = await groupDeletion.history(conversationId, 0, 1);
      expect(page).toMatchObject({ items: [{ units: 2 }], hasMore: true });
      const all = await groupDeletion.history(conversationId, 0, 9);
      for (let times = 0; times < 2; times += 1)
        await groupDeletion.deleteItems(conversationId, 0, all.items);
      expect((await groupDeletion.history(conversationId, 0, 9)).items).toEqual([]);
      expect(await messages.getMany([first, removal])).toEqual([]);
      for (let times = 0; times < 2; times += 1) await groupDeletion.deleteRows(conversationId);
      expect((await conversations.heads([conversationId])).size).toBe(0);
    });

    it('counts members who are not marked as leaving, each once', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      for (let times = 0; times < 2; times += 1)
        expect(await groups.markAsLeaving(conversationId, b)).toBe(true);
      expect((await conversations.head(conversationId)).group).toMatchObject({ memberCount: 1 });
      // The other removal may never finish, which must not keep this member in the group.
      expect(await groups.markAsLeaving(conversationId, a)).toBe(true);
      expect((await conversations.head(conversationId)).group).toMatchObject({ memberCount: 0 });
    });

    it('adds no members for a former admin', async () => {
      const { groups } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a], message(conversationId, 1));
      const adding = { conversationId, openHistory: false, message: message(conversationId, 2), add: [b] };
      expect(await groups.apply({ ...adding, ifAdmin: b })).toBe(false);
      expect(await statuses(conversationId, [b])).toEqual({});
      expect(await groups.apply({ ...adding, ifAdmin: a })).toBe(true);
      const [status] = (await groups.getMembers(conversationId, [b])).values();
      expect(status).toEqual({ userId: b, joinedSeq: 2, isLeaving: false });
    });

    it('changes nothing for a former admin, or for one who is leaving', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const [c, d] = [newUser(), newUser()];
      await groups.create({ ...facts, admins: [a, c] }, [a, b, c, d], message(conversationId, 1));
      expect(await groups.markAsLeaving(conversationId, c, a)).toBe(true);
      const change = { conversationId, openHistory: false, message: message(conversationId, 2) };
      for (const ifAdmin of [b, c]) {
        expect(await groups.apply({ ...change, ifAdmin, name: 'Sailors' })).toBe(false);
        expect(await groups.apply({ ...change, ifAdmin, admins: [a, b] })).toBe(false);
        expect(await groups.apply({ ...change, ifAdmin, remove: [c] })).toBe(false);
        expect(await groups.markAsLeaving(conversationId, d, ifAdmin)).toBe(false);
      }
      expect(await statuses(conversationId, [a, b, c, d])).toEqual({
        [a]: 'member',
        [b]: 'member',
        [c]: 'leaving',
        [d]: 'member',
      });
      expect((await conversations.head(conversationId)).group).toMatchObject({ name: 'Rowers', admins: [a] });
      expect(await groups.apply({ ...change, ifAdmin: a, name: 'Sailors' })).toBe(true);
    });

    it('appoints no admin who is leaving or is not a member', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      await groups.markAsLeaving(conversationId, b);
      const naming = { conversationId, openHistory: false, message: message(conversationId, 2) };
      expect(await groups.apply({ ...naming, admins: [b] })).toBe(false);
      expect(await groups.apply({ ...naming, admins: [a, newUser()] })).toBe(false);
      expect((await conversations.head(conversationId)).group).toMatchObject({ admins: [a] });
    });

    it('removes nobody who has rejoined since being marked as leaving (IM-FAULT-14)', async () => {
      const { groups } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      await groups.markAsLeaving(conversationId, b);
      const change = { conversationId, openHistory: false };
      const at = (seq: number) => ({ ...change, message: message(conversationId, seq) });
      expect(await groups.apply({ ...at(2), remove: [b] })).toBe(true);
      expect(await groups.apply({ ...at(3), add: [b] })).toBe(true);
      expect(await groups.apply({ ...at(4), remove: [b] })).toBe(false);
      expect(await statuses(conversationId, [b])).toEqual({ [b]: 'member' });
    });

    it('rejects an addition with a lower seq than a removal (IM-INV-5)', async () => {
      const { groups } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      await groups.create({ ...facts, admins: [a] }, [a, b], message(conversationId, 1));
      await groups.markAsLeaving(conversationId, b);
      const change = { conversationId, openHistory: false };
      const at = (seq: number) => ({ ...change, message: message(conversationId, seq) });
      expect(await groups.apply({ ...at(5), remove: [b] })).toBe(true);
      expect(await groups.apply({ ...at(4), add: [b] })).toBe(false);
      expect(await statuses(conversationId, [b])).toEqual({});
      expect(await groups.apply({ ...at(6), add: [b] })).toBe(true);
    });

    it('keeps each change in its outbox until it is marked as sent (IM-FAULT-3)', async () => {
      const { groups } = ports();
      const conversationId = newGroup();
      const [a, b] = newPair();
      const entry = ({ from, clientMsgId, seq }: StoredMessage) => ({
        conversationId,
        from,
        clientMsgId,
        seq,
      });
      const [created, joined, renamed] = [1, 2, 10].map((seq) => message(conversationId, seq)) as [
        StoredMessage,
        StoredMessage,
        StoredMessage,
      ];
      expect(await groups.pending(conversationId)).toEqual([]);
      await groups.create({ ...facts, admins: [a] }, [a], created);
      const change = { conversationId, openHistory: false };
      await groups.apply({ ...change, message: renamed, name: 'Sailors' });
      await groups.apply({ ...change, message: joined, add: [b] });
      expect(await groups.apply({ ...change, message: message(conversationId, 11), add: [b] })).toBe(false);
      expect(await groups.pending(conversationId)).toEqual([created, joined, renamed].map(entry));
      for (const sent of [joined, joined, created]) await groups.markAsSent(conversationId, sent);
      expect(await groups.pending(conversationId)).toEqual([entry(renamed)]);
      await groups.markAsSent(conversationId, renamed);
      expect(await groups.pending(conversationId)).toEqual([]);
    });

    it('makes no group by marking a change as sent', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      await groups.markAsSent(conversationId, message(conversationId, 1));
      expect((await conversations.heads([conversationId])).size).toBe(0);
    });

    it('pages members by user id', async () => {
      const { groups } = ports();
      const conversationId = newGroup();
      const users = [newName('0'), newName('Z'), ...Array.from({ length: 5 }, newUser)].sort();
      await groups.create({ ...facts, openHistory: true }, users, message(conversationId, 1));
      const page = async (after?: string) => {
        const { members, more } = await groups.members(conversationId, { limit: 3, ...(after && { after }) });
        return [members.map(({ userId }) => userId), more];
      };
      expect(await page()).toEqual([users.slice(0, 3), true]);
      expect(await page(users[2])).toEqual([users.slice(3, 6), true]);
      expect(await page(users[5])).toEqual([users.slice(6), false]);
    });

    it('applies every one of many concurrent changes, and counts correctly', async () => {
      const { groups, conversations } = ports();
      const conversationId = newGroup();
      const owner = newUser();
      await groups.create({ ...facts, admins: [owner] }, [owner], message(conversationId, 1));
      const adding = Array.from({ length: 5 }, async (__, n) => {
        const allocation = await conversations.nextSeq(conversationId, owner, `c${n}`);
        const change = { conversationId, openHistory: false, add: [newUser()] };
        return groups.apply({ ...change, message: message(conversationId, allocation.seq ?? 0) });
      });
      expect(await Promise.all(adding)).toEqual(Array(5).fill(true));
      expect((await conversations.head(conversationId)).group?.memberCount).toBe(6);
    });
  });

  describe('a read cursor', () => {
    it('never goes back (IM-INV-6)', async () => {
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      expect(await conversations.advanceRead(users[0], id, 1)).toBe(false);
      await conversations.createDirect(id, users);
      expect(await conversations.advanceRead(users[0], id, 5)).toBe(true);
      expect(await conversations.advanceRead(users[0], id, 4)).toBe(false);
      expect(await conversations.advanceRead(users[0], id, 5)).toBe(false);
      expect((await conversations.membership(users[0], id))?.readSeq).toBe(5);
      const keys = [...users, 'stranger'].map((userId) => ({ userId, conversationId: id }));
      const found = (await conversations.readSeqs(keys)).toSorted((a, b) => b.readSeq - a.readSeq);
      expect(found).toEqual([
        { userId: users[0], conversationId: id, readSeq: 5 },
        { userId: users[1], conversationId: id, readSeq: 0 },
      ]);
      expect(await conversations.readSeqs([])).toEqual([]);
    });
  });

  describe('the message table', () => {
    it('recalls for good, and keeps the hash that repeats are compared with (IM-FAULT-15)', async () => {
      const { messages } = ports();
      const original = aMessage();
      await messages.putIfAbsent(original);
      const recalled = {
        ...original,
        contentJson: '{"type":"recalled"}',
        rev: 1,
        changedAt: NOON,
        change: { kind: 'recalled', by: 'z' },
      };
      expect(await messages.recall(original, '{"type":"recalled"}', { by: 'z', atMs: NOON })).toEqual({
        message: recalled,
        isChanged: true,
      });
      expect(await messages.getMany([original])).toEqual([recalled]);
      expect(await messages.putIfAbsent({ ...original, messageId: 'other' })).toEqual(recalled);
      const refused = { message: recalled, isChanged: false };
      expect(
        await messages.recall(original, '{"type":"recalled","by":"z"}', { by: 'z', atMs: NOON }),
      ).toEqual(refused);
      expect(await messages.edit(original, { by: 'z', editId: 'e', contentJson: '1', atMs: NOON })).toEqual(
        refused,
      );
      expect(await messages.recall(aMessage(), '{}', { by: 'z', atMs: NOON })).toBeUndefined();
    });

    it('edits once per edit id, and only the requested rev (IM-EDIT)', async () => {
      const { messages } = ports();
      const original = aMessage();
      await messages.putIfAbsent(original);
      const edit = (editId: string, ifRev?: number) =>
        messages.edit(original, { by: 'z', editId, contentJson: `"${editId}"`, ifRev, atMs: NOON + 1 });
      const edited = (editId: string, rev: number) => ({
        ...original,
        contentJson: `"${editId}"`,
        editId,
        editedAt: NOON + 1,
        changedAt: NOON + 1,
        change: { kind: 'edited', by: 'z' },
        rev,
      });
      expect(await edit('a', 1)).toEqual({ message: original, isChanged: false });
      expect(await edit('a', 0)).toEqual({ message: edited('a', 1), isChanged: true });
      expect(await edit('a')).toEqual({ message: edited('a', 1), isChanged: false });
      expect(await edit('b', 0)).toEqual({ message: edited('a', 1), isChanged: false });
      expect(await edit('b', 1)).toEqual({ message: edited('b', 2), isChanged: true });
      expect(await edit('c')).toEqual({ message: edited('c', 3), isChanged: true });
      expect(await messages.getMany([original])).toEqual([edited('c', 3)]);
      expect(
        await messages.edit(aMessage(), { by: 'z', editId: 'a', contentJson: '1', atMs: 1 }),
      ).toBeUndefined();
    });

    it('lists only the messages that changed, in order of their last change, by pages (IM-CHANGE-2, IM-CHANGE-6)', async () => {
      const { messages } = ports();
      const conversationId = `dm:${newPair().join(':')}`;
      const all = [1, 2, 3, 4].map((seq) => aMessage({ conversationId, seq }));
      for (const message of all) await messages.putIfAbsent(message);
      const change = async (seq: number, atMs: number) => {
        const key = all[seq - 1] as StoredMessage;
        await messages.edit(key, { by: 'z', editId: `e${atMs}`, contentJson: `${atMs}`, atMs });
      };
      for (const [seq, atMs] of [[3, 10], [1, 20], [2, 20], [3, 30]] as const) await change(seq, atMs); // biome-ignore format: a table
      const list = async (sinceMs: number, after?: ChangePosition) => {
        const { next, ...page } = await messages.changed(conversationId, {
          volumes: [0],
          sinceMs,
          after,
          limit: 2,
        });
        return { seqs: page.messages.map(({ seq }) => seq), count: page.count, next };
      };
      const first = await list(20);
      expect(first).toMatchObject({ seqs: [1, 2], count: 2 });
      expect(await list(20, first.next)).toEqual({ seqs: [3], count: 1, next: undefined });
      expect(await list(21)).toEqual({ seqs: [3], count: 1, next: undefined });
      expect(await list(31)).toEqual({ seqs: [], count: 0, next: undefined });
    });

    it('lists what changed in several volumes by time, whatever the keys, and says whether there is more (IM-CHANGE-6)', async () => {
      vi.stubEnv('MESSAGES_PER_VOLUME', '2');
      const { messages } = ports();
      const conversationId = `dm:${newPair().join(':')}`;
      const all = [1, 2, 3, 4, 5].map((seq) => aMessage({ conversationId, seq, clientMsgId: `c${seq}` }));
      for (const message of all) await messages.putIfAbsent(message);
      for (const [index, atMs] of [[4, 10], [1, 20], [0, 30], [2, 40]] as const) // biome-ignore format: a table
        await messages.edit(all[index] as StoredMessage, { by: 'z', editId: 'e', contentJson: '1', atMs });
      const list = async (volumes: number[], limit: number) => {
        const page = await messages.changed(conversationId, { volumes, sinceMs: 0, limit });
        return [page.messages.map(({ seq }) => seq), page.next !== undefined];
      };
      expect(await list([2, 1, 0], 9)).toEqual([[5, 2, 1, 3], false]);
      expect(await list([2, 1, 0], 3)).toEqual([[5, 2, 1], true]);
      expect(await list([7, 1], 1)).toEqual([[2], true]);
      const page = await messages.page(conversationId, { after: 1, limit: 2, head: 5 });
      expect([page.messages.map(({ seq }) => seq), page.hasMore]).toEqual([[2, 3], true]);
    });

    it('marks a conversation with the highest time of a change, whatever the order of the marks (IM-CHANGE-3)', async () => {
      const { conversations } = ports();
      const users = newPair();
      const id = `dm:${users.join(':')}`;
      await conversations.markChanged({ conversationId: id, seq: 1 }, 5);
      expect(await conversations.head(id)).not.toHaveProperty('changes');
      await conversations.createDirect(id, users);
      for (const atMs of [7, 9, 8]) await conversations.markChanged({ conversationId: id, seq: 1 }, atMs);
      expect(await conversations.head(id)).toMatchObject({ changes: new Map([[0, 9]]) });
    });

    it('has no expired message among those that changed (IM-SEND-2)', async () => {
      const messages = ports().messagesWithTtl(60);
      const message = aMessage({ conversationId: `dm:${newPair().join(':')}` });
      await messages.putIfAbsent(message);
      await messages.recall(message, '{"type":"recalled"}', { by: 'z', atMs: NOON });
      const list = () => messages.changed(message.conversationId, { volumes: [0], sinceMs: 0, limit: 10 });
      expect((await list()).messages).toHaveLength(1);
      now += 61_000;
      expect((await list()).messages).toEqual([]);
      now = NOON;
    });

    it('reads a history of several volumes as one: its pages, its counts, and its changes', async () => {
      vi.stubEnv('MESSAGES_PER_VOLUME', '4');
      const { messages } = ports();
      const [me, peer] = newPair();
      const conversationId = `dm:${me}:${peer}`;
      const all = [1, 2, 3, 4, 5, 7, 9].map((seq) => aMessage({ conversationId, seq, from: peer }));
      for (const message of all) await messages.putIfAbsent(message);
      const seqs = async (range: { after?: number; before?: number; from?: number; limit: number }) => {
        const page = await messages.page(conversationId, { ...range, head: 9 });
        return [page.messages.map(({ seq }) => seq), page.hasMore];
      };
      expect(await seqs({ limit: 3 })).toEqual([[9, 7, 5], true]);
      expect(await seqs({ before: 8, limit: 6 })).toEqual([[7, 5, 4, 3, 2, 1], false]);
      expect(await seqs({ before: 8, from: 5, limit: 6 })).toEqual([[7, 5], false]);
      expect(await seqs({ after: 2, limit: 2 })).toEqual([[3, 4], true]);
      expect(await seqs({ after: 3, limit: 9 })).toEqual([[4, 5, 7, 9], false]);
      expect(await seqs({ after: 9, limit: 9 })).toEqual([[], false]);
      const count = await messages.countOthers(conversationId, me, counting(2, { upTo: 9 }));
      expect(count).toEqual({ count: 5, mentioned: 0, isAtLeast: false });
      for (const [atMs, message] of all.entries())
        await messages.recall(message, '{"type":"recalled"}', { by: 'z', atMs: atMs === 3 ? 2 : atMs });
      const changed = async (after?: ChangePosition) =>
        messages.changed(conversationId, { volumes: [2, 1, 0], sinceMs: 1, after, limit: 3 });
      const first = await changed();
      const second = await changed(first.next);
      const times = [first, second].map((page) => page.messages.map(({ seq }) => seq).sort());
      expect(times).toEqual([[2, 3, 4], [5, 7, 9]]); // biome-ignore format: a table
      if (second.next !== undefined) expect((await changed(second.next)).messages).toEqual([]);
      const { messages: newest } = await messages.changed(conversationId, {
        volumes: [2],
        sinceMs: 0,
        limit: 9,
      });
      expect(newest.map(({ seq }) => seq)).toEqual([9]);
    });

    it('claims a key in a former volume for a repeat, unless its message is stored there (IM-SEND-2)', async () => {
      vi.stubEnv('MESSAGES_PER_VOLUME', '4');
      const { messages } = ports();
      const conversationId = `dm:${newPair().join(':')}`;
      const [stored, late] = [2, 3].map((seq) => aMessage({ conversationId, seq })) as [
        StoredMessage,
        StoredMessage,
      ];
      await messages.putIfAbsent(stored);
      const { from, clientMsgId } = stored;
      expect(await messages.claim({ conversationId, from, clientMsgId, seq: 1 })).toEqual(stored);
      for (let times = 0; times < 2; times += 1) expect(await messages.claim(late)).toBeUndefined();
      expect(await messages.putIfAbsent(late)).toBe('claimed');
      expect(await messages.putIfAbsent({ ...late, seq: 4 })).toBeUndefined();
      expect(await messages.getMany([late, { ...late, seq: 4 }])).toEqual([{ ...late, seq: 4 }]);
      const edit = { by: 'z', editId: 'e', contentJson: '1', atMs: NOON };
      expect(await messages.edit(late, edit)).toBeUndefined();
      const page = await messages.page(conversationId, { head: 4, limit: 9 });
      expect(page.messages.map(({ seq }) => seq)).toEqual([4, 2]);
    });

    it('shows nothing below a seq, in either direction (IM-INV-5)', async () => {
      const { messages } = ports();
      const conversationId = `dm:${newPair().join(':')}`;
      for (const seq of [1, 2, 3, 4]) await messages.putIfAbsent(aMessage({ conversationId, seq }));
      const seqs = async (range: { after?: number; before?: number }) => {
        const page = await messages.page(conversationId, { head: 99, ...range, from: 3, limit: 10 });
        return page.messages.map(({ seq }) => seq);
      };
      expect(await seqs({})).toEqual([4, 3]);
      expect(await seqs({ after: 0 })).toEqual([3, 4]);
      expect(await seqs({ before: 4 })).toEqual([3]);
      expect(await seqs({ before: 2 })).toEqual([]);
    });

    it('stores a key once and returns the whole original for a repeat (IM-SEND-2)', async () => {
      const { messages } = ports();
      const original = aMessage();
      expect(await messages.putIfAbsent(original)).toBeUndefined();
      const repeat = { ...original, seq: 2, messageId: 'other', contentJson: '{}', contentHash: 'x' };
      expect(await messages.putIfAbsent(repeat)).toEqual(original);
      expect(await messages.getMany([original])).toEqual([original]);
    });

    it('reads many messages by key, each once, and leaves out missing ones', async () => {
      const { messages } = ports();
      const stored = [aMessage(), aMessage()];
      for (const message of stored) await messages.putIfAbsent(message);
      const [first = aMessage()] = stored;
      const found = await messages.getMany([...stored, first, aMessage()]);
      expect(found.map(({ clientMsgId }) => clientMsgId).toSorted()).toEqual(
        stored.map(({ clientMsgId }) => clientMsgId).toSorted(),
      );
    });

    it('pages by seq both ways and returns whether there is more', async () => {
      const { messages } = ports();
      const conversationId = `dm:${newPair().join(':')}`;
      for (const seq of [1, 2, 10, 11]) await messages.putIfAbsent(aMessage({ conversationId, seq }));
      const seqs = async (range: { after?: number; before?: number; limit: number }) => {
        const page = await messages.page(conversationId, { ...range, head: 99 });
        return [page.messages.map(({ seq }) => seq), page.hasMore];
      };
      expect(await seqs({ limit: 3 })).toEqual([[11, 10, 2], true]);
      expect(await seqs({ before: 2, limit: 3 })).toEqual([[1], false]);
      expect(await seqs({ after: 1, limit: 2 })).toEqual([[2, 10], true]);
      expect(await seqs({ after: 2, limit: 2 })).toEqual([[10, 11], false]);
    });

    const counting = (after: number, more: { upTo?: number; maximum?: number; units?: number } = {}) => {
      const { units = 1_000, maximum = 100, upTo = 99 } = more;
      return { after, upTo, maximum, budget: { units } };
    };

    it('keeps the references of a message, and counts the mentions of a user in the same query (IM-REPLY)', async () => {
      const { messages } = ports();
      const [me, peer] = newPair();
      const conversationId = `dm:${me}:${peer}`;
      const said = [
        { mentions: [me, 'zed'] },
        { mentions: 'all' as const, replyTo: 1 },
        { mentions: ['zed'] },
        {},
      ];
      for (const [index, more] of said.entries())
        await messages.putIfAbsent(aMessage({ conversationId, seq: index + 1, from: peer, ...more }));
      const { messages: all } = await messages.page(conversationId, { head: 99, limit: 10 });
      expect(all.map(({ mentions, replyTo }) => [mentions, replyTo])).toEqual([
        [undefined, undefined],
        [['zed'], undefined],
        ['all', 1],
        [[me, 'zed'], undefined],
      ]);
      const found = await messages.countOthers(conversationId, me, counting(0));
      expect(found).toEqual({ count: 4, mentioned: 2, isAtLeast: false });
      const edit = { by: 'z', editId: 'e', contentJson: '1', atMs: NOON };
      const [first, second] = [all[3], all[2]] as [StoredMessage, StoredMessage];
      expect((await messages.edit(first, edit))?.message).not.toHaveProperty('mentions');
      const again = await messages.edit(first, { ...edit, editId: 'f', mentions: ['zed'] });
      expect(again?.message).toMatchObject({ mentions: ['zed'] });
      const recalled = await messages.recall(second, '{"type":"recalled"}', { by: 'z', atMs: NOON });
      expect(recalled?.message).not.toHaveProperty('mentions');
      expect(recalled?.message).not.toHaveProperty('replyTo');
    });

    it("counts others' messages in a range up to a maximum (IM-INV-6)", async () => {
      const { messages } = ports();
      const [me, peer] = newPair();
      const conversationId = `dm:${me}:${peer}`;
      for (const [index, from] of [me, peer, me, peer, peer].entries()) {
        await messages.putIfAbsent(aMessage({ conversationId, seq: index + 1, from }));
      }
      const count = (userId: string, range: ReturnType<typeof counting>) =>
        messages.countOthers(conversationId, userId, range);
      expect(await count(me, counting(0))).toEqual({ count: 3, mentioned: 0, isAtLeast: false });
      expect(await count(me, counting(2))).toEqual({ count: 2, mentioned: 0, isAtLeast: false });
      expect(await count(me, counting(0, { upTo: 4 }))).toEqual({ count: 2, mentioned: 0, isAtLeast: false });
      const few = counting(0, { maximum: 2 });
      expect(await count(me, few)).toEqual({ count: 2, mentioned: 0, isAtLeast: false });
      // One page: it looks no further than to the maximum.
      expect(few.budget.units).toBe(999);
      expect(await count(peer, counting(3))).toEqual({ count: 0, mentioned: 0, isAtLeast: false });
      expect(await count(me, counting(0, { units: 0 }))).toEqual({ count: 0, mentioned: 0, isAtLeast: true });
    });

    it('ends the count after two pages of long own messages, newest first, and reports that there may be more (IM-INV-6)', async () => {
      const { messages } = ports();
      const [me, peer] = newPair();
      const conversationId = `dm:${me}:${peer}`;
      // 15 times the longest content, so that a few messages fill a page.
      const contentJson = JSON.stringify({ type: 'text', text: 'x'.repeat(240_000) });
      const store = async (seq: number, from: string) =>
        messages.putIfAbsent(aMessage({ conversationId, seq, from, contentJson }));
      await store(1, peer);
      for (let seq = 2; seq <= 14; seq += 1) await store(seq, me);
      await store(15, peer);
      const budget = { units: 10_000 };
      const range = { after: 0, upTo: 15, maximum: 100, budget };
      const found = await messages.countOthers(conversationId, me, range);
      expect(found).toEqual({ count: 1, mentioned: 0, isAtLeast: true });
      // Two pages of about 1 MB are 512 units; all messages would be 820.
      expect(10_000 - budget.units).toBeGreaterThan(0);
      expect(10_000 - budget.units).toBeLessThan(700);
      const first = { after: 0, upTo: 3, maximum: 100, budget };
      expect(await messages.countOthers(conversationId, me, first)).toEqual({
        count: 1,
        mentioned: 0,
        isAtLeast: false,
      });
    });

    it('stores content of 16 KB in any script', async () => {
      const { messages } = ports();
      const contentJson = JSON.stringify({ type: 'text', text: '語👍\u0000\n"\\'.repeat(1_100) });
      const message = aMessage({ contentJson });
      await messages.putIfAbsent(message);
      expect(await messages.getMany([message])).toEqual([message]);
    });
  });

  describe('the inbox table', () => {
    it('keeps each entry once, by time, for its user only (IM-HELLO-1, IM-FAULT-4)', async () => {
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

    it('removes exactly the named entries, idempotently (IM-HELLO-2)', async () => {
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

  describe('the time to live', () => {
    it('hides expired inbox entries that are not deleted yet (IM-PUSH-2)', async () => {
      const { inbox } = ports();
      const userId = newUser();
      await inbox.put([{ userId, reference: aReference('E'.padEnd(26, '0')) }]);
      now = NOON + 3_599_000;
      expect((await inbox.first(userId, 1)).references).toHaveLength(1);
      now = NOON + 3_600_000;
      expect((await inbox.first(userId, 1)).references).toEqual([]);
      now = NOON;
    });

    it('skips expired entries and messages, and still fills the page (IM-HELLO-1)', async () => {
      const { inbox } = ports();
      const messages = ports().messagesWithTtl(3_600);
      const [userId, peer] = newPair();
      const conversationId = `dm:${peer}:${userId}`;
      const store = async (seq: number) => {
        const message = aMessage({
          conversationId,
          seq,
          sentAt: now,
          messageId: String(seq).padStart(26, '0'),
        });
        await messages.putIfAbsent(message);
        const { contentJson: _, contentHash: __, ...reference } = message;
        await inbox.put([{ userId, reference: { ...reference, bytes: 200 } }]);
      };
      for (const seq of [1, 2, 3]) await store(seq);
      now = NOON + 1_800_000;
      for (const seq of [4, 5]) await store(seq);
      now = NOON + 3_600_000;
      const seqs = (list: readonly { seq: number }[]) => list.map(({ seq }) => seq);
      for (const limit of [1, 2, 3]) {
        const entries = await inbox.first(userId, limit);
        expect([seqs(entries.references), entries.more]).toEqual([[4, 5].slice(0, limit), limit === 1]);
        const page = await messages.page(conversationId, { head: 99, after: 0, limit });
        expect([seqs(page.messages), page.hasMore]).toEqual([[4, 5].slice(0, limit), limit === 1]);
      }
      const range = { after: 0, upTo: 99, maximum: 9, budget: { units: 9 } };
      expect((await messages.countOthers(conversationId, userId, range)).count).toBe(2);
      now = NOON;
    });

    it('keeps nothing that has expired before it is stored', async () => {
      const { inbox } = ports();
      const userId = newUser();
      const reference = aReference('F'.padEnd(26, '0'));
      now = NOON + 3_600_000;
      expect(await inbox.put([{ userId, reference }])).toEqual([]);
      now = NOON;
      expect((await inbox.first(userId, 1)).references).toEqual([]);
    });

    it('hides expired messages and frees their key (IM-SEND-2)', async () => {
      const messages = ports().messagesWithTtl(86_400);
      const conversationId = `dm:${newPair().join(':')}`;
      const old = aMessage({ conversationId });
      await messages.putIfAbsent(old);
      now = NOON + 86_399_000;
      expect(await messages.putIfAbsent({ ...old, seq: 9 })).toEqual(old);
      now = NOON + 86_400_000;
      expect(await messages.getMany([old])).toEqual([]);
      expect(await messages.page(conversationId, { head: 99, limit: 5 })).toEqual({
        messages: [],
        hasMore: false,
      });
      const range = { after: 0, upTo: 99, maximum: 100, budget: { units: 9 } };
      expect((await messages.countOthers(conversationId, 'bob', range)).count).toBe(0);
      const fresh = { ...old, seq: 2, sentAt: now, contentJson: '"new"' };
      expect(await messages.putIfAbsent(fresh)).toBeUndefined();
      expect(await messages.getMany([fresh])).toEqual([fresh]);
      now = NOON;
    });
  });
});

describe('the route table on DynamoDB', () => {
  it('notes the debt of everybody whose item it reads or replaces (IM-BUDGET-1)', async () => {
    const { routes, accounts, noted } = tables;
    const [userId, other] = newPair();
    const session = aSession({ userId });
    await routes.connect(session);
    const reads = {
      find: () => routes.find(userId, session.deviceId),
      sessionsOf: () => routes.sessionsOf([other, userId]),
      presencesOf: () => routes.presencesOf([userId]),
      noteTyping: () => routes.noteTyping(session, NOON, 0),
      connect: () => routes.connect(session),
    };
    const found: Record<string, number | undefined> = {};
    await accounts.addDebt(userId, 1_000, { nowMs: NOON });
    for (const [name, read] of Object.entries(reads)) {
      noted.clear();
      await read();
      found[name] = noted.get(userId);
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(reads).map((name) => [name, NOON + 1_000])));
    expect(noted.has(other)).toBe(false);
  });
});
