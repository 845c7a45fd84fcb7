import type { Block, BlockReader, BlockWriter } from '../../../lambdas/domain/model/block.ts';
import type { Chat, ChatChange } from '../../../lambdas/domain/model/chat.ts';
import type {
  ConversationReader,
  ConversationWriter,
  GroupFacts,
  Head,
  Membership,
} from '../../../lambdas/domain/model/conversation.ts';
import type { GroupReader, GroupWriter, Succession } from '../../../lambdas/domain/model/group.ts';
import type { GroupDeletion } from '../../../lambdas/domain/model/group-deletion.ts';
import type { DeskErasure, MembershipErasure } from '../../../lambdas/domain/model/membership-erasure.ts';
import type { MessageReader, MessageWriter, StoredMessage } from '../../../lambdas/domain/model/message.ts';
import type { Outbox, OutboxEntry } from '../../../lambdas/domain/model/outbox.ts';
import type { ConversationTrail } from '../../../lambdas/domain/model/task.ts';
import { recentStarts, type VolumeStart, volumeOf } from '../../../lambdas/domain/model/volume.ts';
import type { Clock } from '../../../lambdas/shared/clock.ts';
import { directConversationId, parseConversationId, peerOf } from '../../../protocol/ids.ts';

interface Group {
  facts: GroupFacts;
  readonly members: Map<string, { joinedSeq: number; left: boolean }>;
  removedSeq: number;
  namedSeq: number;
  outbox: readonly OutboxEntry[];
}

export interface InMemoryConversations
  extends ConversationReader,
    ConversationWriter,
    GroupReader,
    GroupWriter,
    Succession,
    MembershipErasure,
    Omit<GroupDeletion, 'history' | 'deleteItems'>,
    Omit<DeskErasure, 'removeAgent'>,
    Outbox,
    BlockReader,
    BlockWriter,
    ConversationTrail {
  /** The part of a support chat's change in this table; false if the head has moved since it was read. */
  applyChat(change: ChatChange): Promise<boolean>;
  rateChat(conversationId: string, rating: number): boolean;
}

type Row = Omit<Membership, 'conversationId'>;

/** Conversations, groups, and support chats share their rows, as they share a table. */
export function inMemoryConversations(
  messages: MessageReader & MessageWriter,
  clock: Clock,
): InMemoryConversations {
  const heads = new Map<string, Omit<Head, 'group'>>();
  const groups = new Map<string, Group>();
  const closed = new Set<string>();
  const rows = new Map<string, Map<string, Row>>();
  const departures: { readonly userId: string; readonly conversationId: string; readonly atMs: number }[] =
    [];
  const rowsOf = (userId: string) => {
    const own = rows.get(userId) ?? new Map<string, Row>();
    rows.set(userId, own);
    return own;
  };
  const changeClosed = (id: string, change: (chat: Chat) => Chat) => {
    const head = heads.get(id);
    if (head?.chat?.state === 'closed') heads.set(id, { ...head, chat: change(head.chat) });
  };
  const isStored = async (message: StoredMessage) => (await messages.getMany([message])).length > 0;
  const hasLeft = (id: string, userId: string) => groups.get(id)?.members.get(userId)?.left === true;
  const headOf = (id: string): Head | undefined => {
    const head = heads.get(id);
    const group = head?.chat === undefined ? groups.get(id)?.facts : undefined;
    return head && { ...head, ...(group && { group: { ...group, admins: group.admins.toSorted() } }) };
  };
  const join = (id: string, userId: string, joinedSeq: number) => {
    const group = groups.get(id);
    group?.members.set(userId, { joinedSeq, left: false });
    rowsOf(userId).set(id, { readSeq: 0, visibleFrom: group?.facts.openHistory ? 1 : joinedSeq });
  };
  const startsOf = (conversationId: string, volume: number): readonly VolumeStart[] => {
    const head = heads.get(conversationId);
    if (head === undefined || volume === 0) return [];
    const known = head.starts ?? [];
    const isNoted = known[0]?.volume === volume;
    const all = isNoted ? known : [{ volume, atMs: clock() }, ...known];
    const starts = recentStarts(all, clock());
    heads.set(conversationId, { ...head, starts: isNoted ? known : starts });
    return starts;
  };
  const blocks = new Map<string, Map<string, Block>>();
  const blocksOf = (userId: string) => {
    const own = blocks.get(userId) ?? new Map();
    blocks.set(userId, own);
    return own;
  };
  const setBlockedBy = (userId: string, peer: string, isOn: boolean) => {
    const id = directConversationId(userId, peer);
    const { blockedBy = [], ...head } = heads.get(id) ?? { seq: 0, atMs: 0 };
    const others = blockedBy.filter((one) => one !== userId);
    const now = isOn ? [...others, userId] : others;
    heads.set(id, { ...head, ...(now.length > 0 && { blockedBy: now }) });
  };
  const isBlocked = (conversationId: string, userId: string) => {
    const conversation = parseConversationId(conversationId);
    const peer = conversation && peerOf(conversation, userId);
    return peer !== undefined && heads.get(conversationId)?.blockedBy?.includes(peer) === true;
  };
  return {
    async page(userId, after = '', limit) {
      const left = departures
        .filter((one) => one.userId === userId)
        .map(({ conversationId, atMs }) => ({
          conversationId,
          after: `#left#${String(atMs).padStart(15, '0')}#${conversationId}`,
          leftAtMs: atMs,
        }));
      const member = [...rowsOf(userId)].map(([id, row]) => ({
        conversationId: id,
        after: id,
        membership: { conversationId: id, ...row },
      }));
      const entries = [...left, ...member]
        .filter((one) => one.after > after)
        .sort((a, b) => (a.after < b.after ? -1 : 1));
      return { entries: entries.slice(0, limit), hasMore: entries.length > limit };
    },
    async blocked(pairs) {
      return pairs.filter(({ userId, peer }) => blocksOf(userId).has(peer));
    },
    async blocks(userId, { after = '', limit }) {
      const all = [...blocksOf(userId).values()].filter((one) => one.userId > after);
      return all.sort((a, b) => (a.userId < b.userId ? -1 : 1)).slice(0, limit);
    },
    async block(userId, block, maximum) {
      const own = blocksOf(userId);
      if (own.has(block.userId)) return true;
      if (own.size >= maximum) return false;
      own.set(block.userId, block);
      setBlockedBy(userId, block.userId, true);
      return true;
    },
    async unblock(userId, peer) {
      if (blocksOf(userId).delete(peer)) setBlockedBy(userId, peer, false);
    },
    async nextSeq(conversationId, from, clientMsgId, limits) {
      if (isBlocked(conversationId, from)) return { refused: 'blocked' };
      const head = heads.get(conversationId);
      if (head === undefined || isStub(head)) return { refused: 'missing' };
      if (head.chat?.state === 'closed' || closed.has(conversationId)) return { refused: 'closed' };
      const { facts } = groups.get(conversationId) ?? {};
      if (facts !== undefined && head.chat === undefined && limits !== undefined) {
        const isAdmin = facts.admins.includes(from);
        const { posting, slowModeSeconds, memberCount } = facts;
        if (posting === 'admins' && !isAdmin) return { refused: 'posting' };
        if (slowModeSeconds && !isAdmin && !limits.hasTurn) return { refused: 'slow', slowModeSeconds };
        if (memberCount > (limits.maxMembers ?? memberCount)) return { refused: 'large', memberCount };
      }
      const seq = head.seq + 1;
      const lastSeqs = head.lastSeqs && { lastSeqs: new Map(head.lastSeqs).set(from, seq) };
      heads.set(conversationId, { ...head, seq, tail: { from, clientMsgId }, atMs: clock(), ...lastSeqs });
      const agent = head.chat?.agent?.userId;
      const memberCount = head.chat ? 2 : (groups.get(conversationId)?.facts.memberCount ?? 2);
      const starts = startsOf(conversationId, volumeOf(seq));
      return {
        seq,
        memberCount,
        ...(agent !== undefined && { agent }),
        ...(facts?.slowModeSeconds && { slowModeSeconds: facts.slowModeSeconds }),
        ...(starts.length > 0 && { starts }),
      };
    },
    async takeTurn(userId, conversationId, { seconds, clientMsgId }) {
      const row = rowsOf(userId).get(conversationId);
      if (row === undefined) return 1;
      const waitMs = (row.turn?.atMs ?? Number.NEGATIVE_INFINITY) + seconds * 1_000 - clock();
      const isOwn = row.turn?.clientMsgId === clientMsgId;
      if (waitMs > 0 && !isOwn && (row.turn?.atMs ?? 0) <= clock()) return waitMs;
      rowsOf(userId).set(conversationId, { ...row, turn: { atMs: clock(), seconds, clientMsgId } });
      return 0;
    },
    async changeTurn(userId, conversationId, seconds) {
      const row = rowsOf(userId).get(conversationId);
      if (row?.turn === undefined) return;
      const { turn, ...rest } = row;
      const changed = seconds === undefined ? {} : { turn: { ...turn, seconds } };
      rowsOf(userId).set(conversationId, { ...rest, ...changed });
    },
    async markChanged({ conversationId, seq }, atMs, by) {
      if (by !== undefined && isBlocked(conversationId, by)) return false;
      const head = heads.get(conversationId);
      if (head === undefined) return true;
      const volume = volumeOf(seq);
      const latest = Math.max(head.changes?.get(volume) ?? 0, atMs);
      heads.set(conversationId, { ...head, changes: new Map(head.changes).set(volume, latest) });
      return true;
    },
    async createDirect(conversationId, users) {
      const head = heads.get(conversationId);
      if (head !== undefined && !isStub(head)) return;
      const lastSeqs = new Map(users.map((user) => [user, 0]));
      heads.set(conversationId, { seq: 0, atMs: 0, ...head, lastSeqs });
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
    async memberships(userId, { after = '', limit, departedSinceMs }) {
      const ids = [...rowsOf(userId).keys()].sort().filter((id) => id > after && !hasLeft(id, userId));
      const memberships = ids.slice(0, limit).map((conversationId) => ({
        conversationId,
        ...(rowsOf(userId).get(conversationId) ?? { readSeq: 0, visibleFrom: 1 }),
      }));
      if (departedSinceMs === undefined) return { memberships };
      const left = departures.filter((one) => one.userId === userId && one.atMs >= departedSinceMs);
      if (left.length > 100) return { memberships };
      return { memberships, departed: [...new Set(left.map(({ conversationId }) => conversationId))] };
    },
    async membershipsOf(keys) {
      return keys.flatMap(({ userId, conversationId }) => {
        const row = rowsOf(userId).get(conversationId);
        return row && !hasLeft(conversationId, userId) ? [{ userId, conversationId, ...row }] : [];
      });
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
    async setSettings(userId, conversationId, settings) {
      const row = rowsOf(userId).get(conversationId);
      if (row === undefined || hasLeft(conversationId, userId)) return false;
      if ((row.settings?.version ?? 0) !== settings.version - 1) return false;
      rowsOf(userId).set(conversationId, { ...row, settings });
      return true;
    },
    async applyChat({ before, after, message }) {
      if (await isStored(message)) return false;
      const { conversationId, seq, from, clientMsgId, sentAt } = message;
      if ((heads.get(conversationId)?.seq ?? 0) !== seq - 1) return false;
      if ((before === undefined) !== !heads.has(conversationId)) return false;
      const head = heads.get(conversationId);
      heads.set(conversationId, { ...head, seq, tail: { from, clientMsgId }, atMs: sentAt, chat: after });
      const group = groups.get(conversationId) ?? {
        facts: { name: '', admins: [], memberCount: 2, openHistory: true },
        members: new Map(),
        removedSeq: 0,
        namedSeq: 0,
        outbox: [],
      };
      groups.set(conversationId, group);
      const members = [after.customer, ...(after.agent === undefined ? [] : [after.agent.userId])];
      for (const userId of group.members.keys()) {
        if (members.includes(userId)) continue;
        group.members.delete(userId);
        rowsOf(userId).delete(conversationId);
        departures.push({ userId, conversationId, atMs: sentAt });
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
    async forget(userId, conversationId) {
      rowsOf(userId).delete(conversationId);
      if (heads.get(conversationId)?.chat !== undefined) groups.get(conversationId)?.members.delete(userId);
    },
    async forgetTopic(conversationId) {
      changeClosed(conversationId, ({ topic: _, ...chat }) => chat);
    },
    async forgetAgentName(conversationId) {
      changeClosed(conversationId, ({ agent, ...chat }) =>
        agent === undefined ? chat : { ...chat, agent: { userId: agent.userId } },
      );
    },
    async create(facts, members, message) {
      const { conversationId, seq, from, clientMsgId, sentAt } = message;
      if (heads.has(conversationId)) throw new Error('A new group already exists.');
      heads.set(conversationId, { seq, tail: { from, clientMsgId }, atMs: sentAt });
      groups.set(conversationId, {
        facts: { ...facts, memberCount: members.length },
        members: new Map(),
        removedSeq: 0,
        namedSeq: 0,
        outbox: [entryOf(message)],
      });
      for (const userId of members) join(conversationId, userId, seq);
      await messages.putIfAbsent(message);
    },
    async apply({ conversationId, message, add = [], remove = [], ifAdmin, openHistory: _, ...change }) {
      const { name, admins, pins, posting, slowModeSeconds } = change;
      if (await isStored(message)) return false;
      const group = groups.get(conversationId);
      if (group === undefined) return false;
      const isNamed = (name ?? admins ?? pins ?? posting ?? slowModeSeconds) !== undefined;
      const isLater =
        (group.removedSeq < message.seq || add.length + remove.length === 0) &&
        (group.namedSeq < message.seq || !isNamed);
      const isPossible =
        (ifAdmin === undefined || group.facts.admins.includes(ifAdmin)) &&
        add.every((id) => !group.members.has(id)) &&
        remove.every((id) => group.members.get(id)?.left) &&
        (admins ?? []).every((id) => group.members.get(id)?.left === false);
      if (!isLater || !isPossible) return false;
      if (remove.length > 0) group.removedSeq = message.seq;
      if (isNamed) group.namedSeq = message.seq;
      for (const userId of add) join(conversationId, userId, message.seq);
      for (const userId of remove) {
        group.members.delete(userId);
        rowsOf(userId).delete(conversationId);
      }
      const { posting: oldPosting, slowModeSeconds: oldSlow, ...facts } = group.facts;
      const isForAdmins = posting === undefined ? oldPosting !== undefined : posting === 'admins';
      const slow = slowModeSeconds ?? oldSlow;
      group.facts = {
        ...facts,
        ...(isForAdmins && { posting: 'admins' }),
        ...(slow && { slowModeSeconds: slow }),
        memberCount: group.facts.memberCount + add.length,
        admins: admins ?? group.facts.admins,
        ...(name !== undefined && { name }),
        ...(pins !== undefined && { pins }),
      };
      group.outbox = [...group.outbox, entryOf(message)].sort((a, b) => a.seq - b.seq);
      await messages.putIfAbsent(message);
      return true;
    },
    pending: async (conversationId) => groups.get(conversationId)?.outbox ?? [],
    async markAsSent(conversationId, { seq }) {
      const group = groups.get(conversationId);
      if (group) group.outbox = group.outbox.filter((entry) => entry.seq !== seq);
    },
    async markAsLeaving(conversationId, userId, ifAdmin) {
      const group = groups.get(conversationId);
      if (group === undefined) return true;
      const { admins, memberCount } = group.facts;
      if (admins.includes(userId) && admins.length === 1 && memberCount > 1) return false;
      if (ifAdmin !== undefined && !admins.includes(ifAdmin)) return false;
      const member = group.members.get(userId);
      if (member === undefined || member.left) return true;
      member.left = true;
      departures.push({ userId, conversationId, atMs: clock() });
      const others = admins.filter((admin) => admin !== userId);
      group.facts = { ...group.facts, admins: others, memberCount: memberCount - 1 };
      return true;
    },
    async passOn({ message, admin, heir }) {
      const { conversationId, seq } = message;
      const group = groups.get(conversationId);
      const [leaving, next] = [admin, heir].map((userId) => group?.members.get(userId));
      if (group === undefined || group.namedSeq >= seq || (await isStored(message))) return false;
      if (leaving?.left !== false || next?.left !== false) return false;
      if (group.facts.admins.length !== 1 || group.facts.admins[0] !== admin) return false;
      leaving.left = true;
      departures.push({ userId: admin, conversationId, atMs: clock() });
      group.namedSeq = seq;
      group.facts = { ...group.facts, admins: [heir], memberCount: group.facts.memberCount - 1 };
      group.outbox = [...group.outbox, entryOf(message)].sort((a, b) => a.seq - b.seq);
      await messages.putIfAbsent(message);
      return true;
    },
    async close(conversationId) {
      if (!groups.has(conversationId)) return false;
      closed.add(conversationId);
      return true;
    },
    async anyMembers(conversationId, limit) {
      return [...(groups.get(conversationId)?.members.keys() ?? [])].sort().slice(0, limit);
    },
    async remove(message, users) {
      const { conversationId, seq, from, clientMsgId, sentAt } = message;
      const [group, head] = [groups.get(conversationId), heads.get(conversationId)];
      if (group === undefined || head?.seq !== seq - 1 || !closed.has(conversationId)) return false;
      heads.set(conversationId, { ...head, seq, tail: { from, clientMsgId }, atMs: sentAt });
      for (const userId of users) {
        group.members.delete(userId);
        rowsOf(userId).delete(conversationId);
        departures.push({ userId, conversationId, atMs: clock() });
      }
      group.facts = { ...group.facts, memberCount: group.facts.memberCount - users.length };
      group.outbox = [...group.outbox, entryOf(message)];
      await messages.putIfAbsent(message);
      return true;
    },
    async deleteRows(conversationId) {
      heads.delete(conversationId);
      groups.delete(conversationId);
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

/** Whether a block made the head, before the first message. */
function isStub(head: Head): boolean {
  return head.lastSeqs === undefined && head.chat === undefined && head.seq === 0;
}

function entryOf({ conversationId, from, clientMsgId, seq }: StoredMessage): OutboxEntry {
  return { conversationId, from, clientMsgId, seq };
}
