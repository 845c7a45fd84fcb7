import type { ChatChange } from '../../lambdas/domain/model/chat.ts';
import type { Connections, PostOutcome } from '../../lambdas/domain/model/connections.ts';
import type {
  ConversationReader,
  ConversationWriter,
  GroupFacts,
  Head,
} from '../../lambdas/domain/model/conversation.ts';
import type { FanOutJob, FanOutQueue } from '../../lambdas/domain/model/fan-out-job.ts';
import type { GroupReader, GroupWriter } from '../../lambdas/domain/model/group.ts';
import type { Inbox, InboxEntry, InboxWriter } from '../../lambdas/domain/model/inbox.ts';
import type {
  MessageKey,
  MessageReader,
  MessageWriter,
  StoredMessage,
} from '../../lambdas/domain/model/message.ts';
import type { DelayedOfflineJob, OfflineQueue } from '../../lambdas/domain/model/offline-job.ts';
import { isPolling, type RouteTable, type Session } from '../../lambdas/domain/model/session.ts';
import type { Clock } from '../../lambdas/shared/clock.ts';

/**
 * The ports in memory, for tests of the domain. The tables pass the same contract suite as the DynamoDB adapters
 * (`test/emulator/adapters`).
 */
export function fakeRoutes(): RouteTable {
  const users = new Map<string, Map<string, Session>>();
  const seen = new Map<string, number>();
  const typed = new Map<string, number>();
  const devicesOf = (userId: string) => users.get(userId) ?? new Map<string, Session>();
  function put(session: Session): readonly Session[] {
    const devices = devicesOf(session.userId);
    const before = [...devices.values()];
    users.set(session.userId, devices.set(session.deviceId, session));
    return before;
  }
  const isOvertaken = (session: Session): boolean => {
    const holder = devicesOf(session.userId).get(session.deviceId);
    if (holder === undefined || isPolling(session) || isPolling(holder)) return false;
    return holder.connectedAtMs > session.connectedAtMs;
  };
  return {
    connect: async (session) => (isOvertaken(session) ? undefined : put(session)),
    async claim(session, former) {
      const holder = devicesOf(session.userId).get(session.deviceId);
      return holder?.connectionId === former ? put(session) : undefined;
    },
    async disconnect({ userId, deviceId, connectionId }, seenAtMs) {
      const devices = devicesOf(userId);
      if (devices.get(deviceId)?.connectionId !== connectionId) return;
      devices.delete(deviceId);
      if (seenAtMs !== undefined) seen.set(userId, seenAtMs);
    },
    async presencesOf(userIds) {
      return new Map(
        userIds.map((userId) => [
          userId,
          { sessions: [...devicesOf(userId).values()], seenAtMs: seen.get(userId) },
        ]),
      );
    },
    async noteTyping({ userId, deviceId, connectionId }, nowMs, intervalMs) {
      const session = devicesOf(userId).get(deviceId);
      const before = typed.get(connectionId) ?? Number.NEGATIVE_INFINITY;
      const isAlive = session?.connectionId === connectionId && session.expiresAtMs > nowMs;
      if (!isAlive || before > nowMs - intervalMs) return { noted: false, session };
      typed.set(connectionId, nowMs);
      return { noted: true, session };
    },
    find: async (userId, deviceId) => devicesOf(userId).get(deviceId),
    sessionsOf: async (userIds) =>
      new Map(userIds.map((userId) => [userId, [...devicesOf(userId).values()]])),
    async setExpiry({ userId, deviceId, connectionId }, expiresAtMs) {
      const session = devicesOf(userId).get(deviceId);
      if (session?.connectionId !== connectionId) return false;
      devicesOf(userId).set(deviceId, { ...session, expiresAtMs });
      return true;
    },
    async extendLease({ userId, deviceId, connectionId }, leaseUntilMs) {
      const session = devicesOf(userId).get(deviceId);
      if (session?.connectionId === connectionId)
        devicesOf(userId).set(deviceId, { ...session, leaseUntilMs });
    },
  };
}

interface FakeGroup {
  facts: GroupFacts;
  readonly members: Map<string, { joinedSeq: number; left: boolean }>;
  removedSeq: number;
}

export interface FakeConversations extends ConversationReader, ConversationWriter, GroupReader, GroupWriter {
  /** What a change of a support chat does here; false: the head is no longer where the change saw it. */
  applyChat(change: ChatChange): Promise<boolean>;
  rateChat(conversationId: string, rating: number): boolean;
}

/** Conversations, groups, and support chats share their rows, as they share a table. */
export function fakeConversations(messages: MessageWriter, clock: Clock): FakeConversations {
  const heads = new Map<string, Omit<Head, 'group'>>();
  const groups = new Map<string, FakeGroup>();
  const rows = new Map<string, Map<string, { readSeq: number; visibleFrom: number }>>();
  const rowsOf = (userId: string) => {
    const own = rows.get(userId) ?? new Map();
    rows.set(userId, own);
    return own;
  };
  const hasLeft = (id: string, userId: string) => groups.get(id)?.members.get(userId)?.left === true;
  const headOf = (id: string): Head | undefined => {
    const head = heads.get(id);
    const group = head?.chat === undefined ? groups.get(id)?.facts : undefined;
    return head && { ...head, ...(group && { group }) };
  };
  const join = (id: string, userId: string, joinedSeq: number) => {
    const group = groups.get(id);
    group?.members.set(userId, { joinedSeq, left: false });
    rowsOf(userId).set(id, { readSeq: 0, visibleFrom: group?.facts.openHistory ? 1 : joinedSeq });
  };
  return {
    async nextSeq(conversationId, from, clientMsgId) {
      const head = heads.get(conversationId);
      if (head === undefined || head.chat?.state === 'closed') return undefined;
      heads.set(conversationId, { ...head, seq: head.seq + 1, tail: { from, clientMsgId }, atMs: clock() });
      const agent = head.chat?.agent?.userId;
      const memberCount = head.chat ? 2 : (groups.get(conversationId)?.facts.memberCount ?? 2);
      return { seq: head.seq + 1, memberCount, ...(agent !== undefined && { agent }) };
    },
    async createDirect(conversationId, users) {
      if (!heads.has(conversationId)) heads.set(conversationId, { seq: 0, atMs: 0 });
      for (const user of users) rowsOf(user).set(conversationId, { readSeq: 0, visibleFrom: 1 });
    },
    head: async (conversationId) => headOf(conversationId) ?? { seq: 0, atMs: 0 },
    async heads(conversationIds) {
      return new Map(
        conversationIds.flatMap((id) => (heads.has(id) ? [[id, headOf(id) as Head] as const] : [])),
      );
    },
    async membership(userId, conversationId) {
      const row = rowsOf(userId).get(conversationId);
      return row && !hasLeft(conversationId, userId) ? { conversationId, ...row } : undefined;
    },
    async membershipsIn(userId, conversationIds) {
      return conversationIds.flatMap((conversationId) => {
        const row = rowsOf(userId).get(conversationId);
        return row && !hasLeft(conversationId, userId) ? [{ conversationId, ...row }] : [];
      });
    },
    async memberships(userId, { after = '', limit }) {
      const ids = [...rowsOf(userId).keys()].sort().filter((id) => id > after && !hasLeft(id, userId));
      return ids.slice(0, limit).map((conversationId) => ({
        conversationId,
        ...(rowsOf(userId).get(conversationId) ?? { readSeq: 0, visibleFrom: 1 }),
      }));
    },
    async readSeqs(keys) {
      return keys.flatMap(({ userId, conversationId }) => {
        const row = rowsOf(userId).get(conversationId);
        return row ? [{ userId, conversationId, readSeq: row.readSeq }] : [];
      });
    },
    async advanceRead(userId, conversationId, seq) {
      const row = rowsOf(userId).get(conversationId);
      if (row === undefined || row.readSeq >= seq) return false;
      rowsOf(userId).set(conversationId, { ...row, readSeq: seq });
      return true;
    },
    async applyChat({ before, after, message }) {
      const { conversationId, seq, from, clientMsgId, sentAt } = message;
      if ((heads.get(conversationId)?.seq ?? 0) !== seq - 1) return false;
      if ((before === undefined) !== !heads.has(conversationId)) return false;
      heads.set(conversationId, { seq, tail: { from, clientMsgId }, atMs: sentAt, chat: after });
      const group = groups.get(conversationId) ?? {
        facts: { name: '', admins: [], memberCount: 2, openHistory: true },
        members: new Map(),
        removedSeq: 0,
      };
      groups.set(conversationId, group);
      const members = [after.customer, ...(after.agent === undefined ? [] : [after.agent.userId])];
      for (const userId of group.members.keys()) {
        if (members.includes(userId)) continue;
        group.members.delete(userId);
        rowsOf(userId).delete(conversationId);
      }
      for (const userId of members) if (!group.members.has(userId)) join(conversationId, userId, 1);
      await messages.putIfAbsent(message);
      return true;
    },
    rateChat(conversationId, rating) {
      const head = heads.get(conversationId);
      if (head?.chat?.state !== 'closed' || head.chat.rating !== undefined) return false;
      heads.set(conversationId, { ...head, chat: { ...head.chat, rating } });
      return true;
    },
    async create(facts, members, message) {
      const { conversationId, seq, from, clientMsgId, sentAt } = message;
      heads.set(conversationId, { seq, tail: { from, clientMsgId }, atMs: sentAt });
      groups.set(conversationId, {
        facts: { ...facts, memberCount: members.length },
        members: new Map(),
        removedSeq: 0,
      });
      for (const userId of members) join(conversationId, userId, seq);
      await messages.putIfAbsent(message);
    },
    async apply({ conversationId, message, add = [], addedBy, remove = [], name, admins }) {
      const group = groups.get(conversationId);
      if (group === undefined) return false;
      const isLater = group.removedSeq < message.seq || add.length + remove.length === 0;
      const isPossible =
        (addedBy === undefined || group.facts.admins.includes(addedBy)) &&
        add.every((id) => !group.members.has(id)) &&
        remove.every((id) => group.members.get(id)?.left) &&
        (admins ?? []).every((id) => group.members.get(id)?.left === false);
      if (!isLater || !isPossible) return false;
      if (remove.length > 0) group.removedSeq = message.seq;
      for (const userId of add) join(conversationId, userId, message.seq);
      for (const userId of remove) {
        group.members.delete(userId);
        rowsOf(userId).delete(conversationId);
      }
      group.facts = {
        ...group.facts,
        memberCount: group.facts.memberCount + add.length,
        admins: admins ?? group.facts.admins,
        ...(name !== undefined && { name }),
      };
      await messages.putIfAbsent(message);
      return true;
    },
    async markAsLeaving(conversationId, userId) {
      const group = groups.get(conversationId);
      if (group === undefined) return true;
      const { admins, memberCount } = group.facts;
      if (admins.includes(userId) && admins.length === 1 && memberCount > 1) return false;
      const member = group.members.get(userId);
      if (member === undefined || member.left) return true;
      member.left = true;
      const others = admins.filter((admin) => admin !== userId);
      group.facts = { ...group.facts, admins: others, memberCount: memberCount - 1 };
      return true;
    },
    async members(conversationId, { after = '', limit }) {
      const all = [...(groups.get(conversationId)?.members ?? [])]
        .filter(([userId, { left }]) => userId > after && !left)
        .map(([userId, { joinedSeq }]) => ({ userId, joinedSeq }))
        .sort((a, b) => (a.userId < b.userId ? -1 : 1));
      return { members: all.slice(0, limit), more: all.length > limit };
    },
    async getMembers(conversationId, userIds) {
      return new Map(
        userIds.flatMap((userId) => {
          const member = groups.get(conversationId)?.members.get(userId);
          if (member === undefined) return [];
          const { joinedSeq, left } = member;
          return [[userId, { userId, joinedSeq, isLeaving: left }] as const];
        }),
      );
    },
  };
}

export function fakeMessages(): MessageReader & MessageWriter {
  const stored = new Map<string, StoredMessage>();
  const keyOf = ({ conversationId, from, clientMsgId }: MessageKey) =>
    [conversationId, from, clientMsgId].join('#');
  const inConversation = (conversationId: string) =>
    [...stored.values()]
      .filter((message) => message.conversationId === conversationId)
      .sort((a, b) => a.seq - b.seq);
  return {
    async putIfAbsent(message) {
      const existing = stored.get(keyOf(message));
      if (existing === undefined) stored.set(keyOf(message), message);
      return existing;
    },
    async redact(key, contentJson) {
      const message = stored.get(keyOf(key));
      if (message !== undefined) stored.set(keyOf(key), { ...message, contentJson });
    },
    getMany: async (keys) => [...new Set(keys.map(keyOf))].flatMap((key) => stored.get(key) ?? []),
    async page(conversationId, { after, before, from = 1, limit }) {
      const all = inConversation(conversationId).filter(({ seq }) => seq >= from);
      const range =
        after === undefined
          ? all.filter(({ seq }) => seq < (before ?? Infinity)).reverse()
          : all.filter(({ seq }) => seq > after);
      return { messages: range.slice(0, limit), hasMore: range.length > limit };
    },
    async countOthersAbove(conversationId, userId, seq, maximum) {
      const others = inConversation(conversationId).filter(
        (message) => message.from !== userId && message.seq > seq,
      );
      return Math.min(others.length, maximum);
    },
  };
}

export function fakeInbox(): Inbox & InboxWriter {
  const entries = new Map<string, InboxEntry>();
  const keyOf = (userId: string, messageId: string) => `${userId}#${messageId}`;
  return {
    async put(added) {
      for (const entry of added) entries.set(keyOf(entry.userId, entry.reference.messageId), entry);
      return [];
    },
    async first(userId, limit) {
      const own = [...entries.values()]
        .filter((entry) => entry.userId === userId)
        .map(({ reference }) => reference);
      own.sort((a, b) => (a.messageId < b.messageId ? -1 : 1));
      return { references: own.slice(0, limit), more: own.length > limit };
    },
    async remove(userId, messageIds) {
      for (const messageId of messageIds) entries.delete(keyOf(userId, messageId));
    },
  };
}

export interface FakeQueue extends OfflineQueue {
  readonly jobs: DelayedOfflineJob[];
}

export function fakeQueue(): FakeQueue {
  const jobs: DelayedOfflineJob[] = [];
  return { jobs, enqueue: async (added) => void jobs.push(...added) };
}

export interface FakeFanOut extends FanOutQueue {
  readonly jobs: FanOutJob[];
}

export function fakeFanOut(): FakeFanOut {
  const jobs: FanOutJob[] = [];
  return { jobs, enqueue: async (added) => void jobs.push(...added) };
}

export interface FakeConnections extends Connections {
  readonly posts: { readonly connectionId: string; readonly frame: unknown }[];
  readonly closed: string[];
  /** What a post to this connection and a probe of it answer; `took` unless it is set. */
  readonly outcomes: Map<string, PostOutcome>;
}

export function fakeConnections(): FakeConnections {
  const posts: FakeConnections['posts'] = [];
  const closed: string[] = [];
  const outcomes = new Map<string, PostOutcome>();
  return {
    posts,
    closed,
    outcomes,
    async post(connectionId, text) {
      posts.push({ connectionId, frame: JSON.parse(text) });
      return outcomes.get(connectionId) ?? 'took';
    },
    probe: async (connectionId) => outcomes.get(connectionId) ?? 'took',
    close: async (connectionId) => void closed.push(connectionId),
  };
}
