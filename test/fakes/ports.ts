import type { Connections, PostOutcome } from '../../lambdas/domain/connection.ts';
import type { ConversationTable, Head } from '../../lambdas/domain/conversation.ts';
import type { InboxEntry, InboxTable } from '../../lambdas/domain/inbox.ts';
import type { MessageTable, StoredMessage } from '../../lambdas/domain/message.ts';
import type { DelayedJob, OfflineQueue } from '../../lambdas/domain/offline.ts';
import type { RouteTable, Session } from '../../lambdas/domain/session.ts';

/**
 * The ports in memory, for tests of the domain. The tables pass the same contract suite as the DynamoDB adapters
 * (`test/emulator/adapters`).
 */
export function fakeRoutes(): RouteTable {
  const users = new Map<string, Map<string, Session>>();
  const devicesOf = (userId: string) => users.get(userId) ?? new Map<string, Session>();
  function put(session: Session): readonly Session[] {
    const devices = devicesOf(session.userId);
    const before = [...devices.values()];
    users.set(session.userId, devices.set(session.deviceId, session));
    return before;
  }
  return {
    connect: async (session) => put(session),
    async claim(session, former) {
      const holder = devicesOf(session.userId).get(session.deviceId);
      return holder?.connectionId === former ? put(session) : undefined;
    },
    async disconnect({ userId, deviceId, connectionId }) {
      const devices = devicesOf(userId);
      if (devices.get(deviceId)?.connectionId === connectionId) devices.delete(deviceId);
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

export function fakeConversations(): ConversationTable {
  const heads = new Map<string, Head>();
  const members = new Map<string, Set<string>>();
  return {
    async nextSeq(conversationId, from, clientMsgId) {
      const head = heads.get(conversationId);
      if (head === undefined) return undefined;
      heads.set(conversationId, { seq: head.seq + 1, tail: { from, clientMsgId } });
      return head.seq + 1;
    },
    async createDirect(conversationId, users) {
      if (!heads.has(conversationId)) heads.set(conversationId, { seq: 0 });
      for (const user of users) members.set(user, (members.get(user) ?? new Set()).add(conversationId));
    },
    head: async (conversationId) => heads.get(conversationId) ?? { seq: 0 },
    async heads(conversationIds) {
      return new Map(
        conversationIds.flatMap((id) => (heads.has(id) ? [[id, heads.get(id) as Head] as const] : [])),
      );
    },
    async memberships(userId, { after = '', limit }) {
      const ids = [...(members.get(userId) ?? [])].sort().filter((id) => id > after);
      return ids.slice(0, limit).map((conversationId) => ({ conversationId, readSeq: 0 }));
    },
  };
}

export function fakeMessages(): MessageTable {
  const stored = new Map<string, StoredMessage>();
  const keyOf = ({ conversationId, from, clientMsgId }: Parameters<MessageTable['getMany']>[0][number]) =>
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
    getMany: async (keys) => [...new Set(keys.map(keyOf))].flatMap((key) => stored.get(key) ?? []),
    async page(conversationId, { after, before, limit }) {
      const all = inConversation(conversationId);
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

export function fakeInbox(): InboxTable {
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
  readonly jobs: DelayedJob[];
}

export function fakeQueue(): FakeQueue {
  const jobs: DelayedJob[] = [];
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
