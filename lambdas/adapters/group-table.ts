import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { GroupChange, GroupReader, GroupWriter, Member } from '../domain/model/group.ts';
import type { StoredMessage } from '../domain/model/message.ts';
import type { Outbox, OutboxEntry } from '../domain/model/outbox.ts';
import type { Clock } from '../shared/clock.ts';
import { HEAD, memberKey } from './conversation-table.ts';
import { departureItem } from './departures.ts';
import {
  batchGet,
  call,
  callDespiteTransactions,
  type Item,
  transact,
  transactOrRefusals,
  unlessRefused,
} from './dynamodb.ts';
import { messageSortKey, parseMessageSortKey } from './message-key.ts';
import { messageItem } from './message-table.ts';

/*
 * Members of groups, in the conversation table (see conversation-table.ts): each member has a row in the group's
 * partition, for fan-out, and one in the user's, for lists and cursors. One transaction writes both rows, the head, and
 * the system message of a change.
 *
 * Access                        Call               Units
 * change n members              TransactWriteItems 2 × (2n + 3) writes
 * set n admins                  TransactWriteItems 2 × (n + 2) writes
 * mark as leaving               TransactWriteItems 8 writes, one of them the departure (departures.ts)
 * members, paged                Query              1 read per 4 KB ≈ 60 members, strong
 * which of 100 are members      BatchGetItem       1 read each
 * outbox                        GetItem            1 read, strong; a change adds its entry to the head, which it writes anyway
 * mark as sent                  UpdateItem         1 write
 *
 * All reads are strong: the read after a message's commit decides which members get it (IM-PUSH-2, IM-FAULT-14). Only the guess
 * before the commit could be eventually consistent; saving half a unit a message is not worth a second kind of read.
 *
 * In the group's partition only member rows sort at or after 'm#'.
 *
 * Seqs are allocated before the transaction, so two changes may commit in a different order than their seqs. The head
 * prevents that where it matters. `removedSeq`: a slow addition at seq 7 can't bring back a member who was removed at 8.
 * `namedSeq`: of two new names, lists of admins, or rules, the one with the higher seq stays, as in the history.
 */

const MEMBER = 'm#';
/** Admins are members: the transaction that marks a member as leaving also removes them from the admins. */
const IS_ADMIN = 'contains(admins, :by)';
const IS_MEMBER = 'attribute_exists(pk) AND attribute_not_exists(#left)';

export interface GroupWriterProps {
  readonly conversationsTable: string;
  readonly messagesTable: string;
  readonly historyTtlSeconds: number;
  readonly clock: Clock;
}

export function createGroupReader(
  documents: DynamoDBDocumentClient,
  conversationsTable: string,
): GroupReader {
  return {
    async members(conversationId, { after = '', limit }) {
      const command = new QueryCommand({
        TableName: conversationsTable,
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        FilterExpression: 'attribute_not_exists(#left)',
        ProjectionExpression: 'sk, joinedSeq',
        ExpressionAttributeNames: { '#left': 'left' },
        ExpressionAttributeValues: { ':pk': conversationId, ':after': MEMBER + after },
        ConsistentRead: true,
      });
      const members: Member[] = [];
      do {
        // One extra row shows whether there is a next page.
        command.input.Limit = limit + 1 - members.length;
        const { Items, LastEvaluatedKey } = await call(() => documents.send(command));
        members.push(...(Items ?? []).map(toMember));
        command.input.ExclusiveStartKey = LastEvaluatedKey;
      } while (command.input.ExclusiveStartKey !== undefined && members.length <= limit);
      return { members: members.slice(0, limit), more: members.length > limit };
    },

    async getMembers(conversationId, userIds) {
      const keys = [...new Set(userIds)].map((userId) => memberRowKey(conversationId, userId));
      const items = await batchGet(documents, conversationsTable, keys);
      const statuses = items.map((item) => ({ ...toMember(item), isLeaving: item['left'] === true }));
      return new Map(statuses.map((status) => [status.userId, status]));
    },
  };
}

export function createGroupWriter(documents: DynamoDBDocumentClient, props: GroupWriterProps): GroupWriter {
  const { conversationsTable } = props;
  const putNew = (item: Item) => ({
    Put: { TableName: conversationsTable, Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
  });
  // A row without `left` is the row of a later membership.
  const removeLeaving = (Key: Item) => ({
    Delete: {
      TableName: conversationsTable,
      Key,
      ConditionExpression: 'attribute_exists(#left)',
      ExpressionAttributeNames: { '#left': 'left' },
    },
  });
  const rowsOf = (
    conversationId: string,
    userId: string,
    joinedSeq: number,
    openHistory: boolean,
  ): Item[] => [
    { ...memberRowKey(conversationId, userId), joinedSeq },
    { ...memberKey(userId, conversationId), readSeq: 0, visibleFrom: openHistory ? 1 : joinedSeq },
  ];

  return {
    async create({ name, admins, openHistory, pins, posting, slowModeSeconds }, members, message) {
      const { conversationId, seq } = message;
      const head = {
        pk: conversationId,
        sk: HEAD,
        head: seq,
        tail: messageSortKey(message),
        at: message.sentAt,
        name,
        admins: new Set(admins),
        memberCount: members.length,
        openHistory,
        ...(pins !== undefined && { pins }),
        ...(posting !== undefined && { posting }),
        ...(slowModeSeconds !== undefined && { slow: slowModeSeconds }),
        outbox: new Set([outboxMark(message)]),
      };
      const rows = members.flatMap((userId) => rowsOf(conversationId, userId, seq, openHistory));
      const items = [putNew(head), ...rows.map(putNew), putMessage(props, message)];
      if (!(await transact(documents, items))) throw new Error('A new group already exists.');
    },

    async apply({ conversationId, message, add = [], remove: removed = [], openHistory, ifAdmin, ...facts }) {
      const rows = add.flatMap((userId) => rowsOf(conversationId, userId, message.seq, openHistory));
      const keys = removed.flatMap((userId) => [
        memberRowKey(conversationId, userId),
        memberKey(userId, conversationId),
      ]);
      const head = updateHead(conversationsTable, message, {
        added: add.length,
        isRemoval: removed.length > 0,
        ifAdmin,
        facts,
      });
      return transact(documents, [
        head,
        ...rows.map(putNew),
        ...keys.map(removeLeaving),
        ...(facts.admins ?? []).map((userId) => checkMember(conversationsTable, conversationId, userId)),
        putMessage(props, message),
      ]);
    },

    async markAsLeaving(conversationId, userId, ifAdmin) {
      // Checked here and not with the removal: two admins who leave at the same time would both see another admin.
      const notTheLastAdmin = 'NOT contains(admins, :user) OR size(admins) > :one OR memberCount = :one';
      const head = {
        Update: {
          TableName: conversationsTable,
          Key: { pk: conversationId, sk: HEAD },
          UpdateExpression: 'DELETE admins :these ADD memberCount :minusOne',
          ConditionExpression:
            ifAdmin === undefined ? notTheLastAdmin : `(${notTheLastAdmin}) AND ${IS_ADMIN}`,
          ExpressionAttributeValues: {
            ':these': new Set([userId]),
            ':user': userId,
            ':one': 1,
            ':minusOne': -1,
            ...(ifAdmin !== undefined && { ':by': ifAdmin }),
          },
        },
      };
      // A failed condition of a row means that the member is already leaving, or was removed meanwhile.
      const refusals = await transactOrRefusals(documents, [head, ...marksOf(props, conversationId, userId)]);
      return !refusals.includes(0);
    },
  };
}

/** The items of a transaction that mark a member as leaving, beside that of the head. */
export function marksOf(props: GroupWriterProps, conversationId: string, userId: string) {
  const { conversationsTable: TableName, historyTtlSeconds, clock } = props;
  const rows = [memberRowKey(conversationId, userId), memberKey(userId, conversationId)].map((Key) => ({
    Update: {
      TableName,
      Key,
      UpdateExpression: 'SET #left = :true',
      ConditionExpression: IS_MEMBER,
      ExpressionAttributeNames: { '#left': 'left' },
      ExpressionAttributeValues: { ':true': true },
    },
  }));
  // Readers miss the member from here on, so the departure is recorded here, and not with the removal.
  const departure = departureItem(memberKey(userId, conversationId), clock(), historyTtlSeconds);
  return [...rows, { Put: { TableName, Item: departure } }];
}

/** Otherwise a member who is leaving could become admin of a group that they are not in. */
export function checkMember(TableName: string, conversationId: string, userId: string) {
  return {
    ConditionCheck: {
      TableName,
      Key: memberRowKey(conversationId, userId),
      ConditionExpression: IS_MEMBER,
      ExpressionAttributeNames: { '#left': 'left' },
    },
  };
}

export function putMessage({ messagesTable, historyTtlSeconds }: GroupWriterProps, message: StoredMessage) {
  return {
    Put: {
      TableName: messagesTable,
      Item: messageItem(message, historyTtlSeconds),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
}

/** The outbox of a group: a set in its head, so that an entry adds no item to the transaction of the change. */
export function createGroupOutbox(documents: DynamoDBDocumentClient, conversationsTable: string): Outbox {
  const headOf = (conversationId: string) => ({
    TableName: conversationsTable,
    Key: { pk: conversationId, sk: HEAD },
  });
  return {
    async pending(conversationId) {
      const command = new GetCommand({
        ...headOf(conversationId),
        ProjectionExpression: 'outbox',
        ConsistentRead: true,
      });
      const { Item } = await call(() => documents.send(command));
      const marks = (Item?.['outbox'] as ReadonlySet<string> | undefined) ?? [];
      return [...marks].map((mark) => toEntry(conversationId, mark)).sort((a, b) => a.seq - b.seq);
    },

    async markAsSent(conversationId, entry) {
      const command = new UpdateCommand({
        ...headOf(conversationId),
        UpdateExpression: 'DELETE outbox :mark',
        // An update would create a head that doesn't exist.
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':mark': new Set([outboxMark(entry)]) },
      });
      await unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
    },
  };
}

/** How the outbox names a message. No part contains a `#`. */
export function outboxMark(entry: OutboxEntry): string {
  return `${entry.seq}#${messageSortKey(entry)}`;
}

function toEntry(conversationId: string, mark: string): OutboxEntry {
  const [seq = ''] = mark.split('#', 1);
  return { conversationId, seq: Number(seq), ...parseMessageSortKey(mark.slice(seq.length + 1)) };
}

interface HeadChange {
  readonly added: number;
  readonly ifAdmin: string | undefined;
  readonly isRemoval: boolean;
  readonly facts: Pick<GroupChange, 'name' | 'admins' | 'pins' | 'posting' | 'slowModeSeconds'>;
}

function updateHead(
  TableName: string,
  message: StoredMessage,
  { added, isRemoval, ifAdmin, facts: { name, admins, pins, posting, slowModeSeconds } }: HeadChange,
) {
  const isNamed = (name ?? admins ?? pins ?? posting ?? slowModeSeconds) !== undefined;
  const sets = [
    ...(isRemoval ? ['removedSeq = :seq'] : []),
    ...(isNamed ? ['namedSeq = :seq'] : []),
    ...(name === undefined ? [] : ['#name = :name']),
    ...(admins === undefined ? [] : ['admins = :admins']),
    ...(pins === undefined ? [] : ['pins = :pins']),
    ...(posting === 'admins' ? ['posting = :posting'] : []),
    ...(slowModeSeconds ? ['slow = :slow'] : []),
  ];
  // The condition of a message costs nothing where the attribute is missing (seq-allocation.ts).
  const removes = [
    ...(posting === 'everyone' ? ['posting'] : []),
    ...(slowModeSeconds === 0 ? ['slow'] : []),
  ];
  const adds = ['outbox :mark', ...(added === 0 ? [] : ['memberCount :added'])];
  const isOrdered = isRemoval || added > 0;
  const conditions = [
    'attribute_exists(pk)',
    ...(isOrdered ? ['(attribute_not_exists(removedSeq) OR removedSeq < :seq)'] : []),
    ...(isNamed ? ['(attribute_not_exists(namedSeq) OR namedSeq < :seq)'] : []),
    ...(ifAdmin === undefined ? [] : [IS_ADMIN]),
  ];
  const Update = {
    TableName,
    Key: { pk: message.conversationId, sk: HEAD },
    UpdateExpression: [
      ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
      ...(removes.length === 0 ? [] : [`REMOVE ${removes.join(', ')}`]),
      `ADD ${adds.join(', ')}`,
    ].join(' '),
    ConditionExpression: conditions.join(' AND '),
    ...(name !== undefined && { ExpressionAttributeNames: { '#name': 'name' } }),
    ExpressionAttributeValues: {
      ':mark': new Set([outboxMark(message)]),
      ...((isOrdered || isNamed) && { ':seq': message.seq }),
      ...(added > 0 && { ':added': added }),
      ...(ifAdmin !== undefined && { ':by': ifAdmin }),
      ...(name !== undefined && { ':name': name }),
      ...(pins !== undefined && { ':pins': pins }),
      ...(posting === 'admins' && { ':posting': posting }),
      ...(slowModeSeconds && { ':slow': slowModeSeconds }),
      ...(admins !== undefined && { ':admins': new Set(admins) }),
    },
  };
  return { Update };
}

/** The member's row in the conversation's partition, for fan-out. */
export function memberRowKey(conversationId: string, userId: string): Item {
  return { pk: conversationId, sk: MEMBER + userId };
}

function toMember(item: Item): Member {
  return { userId: String(item['sk']).slice(MEMBER.length), joinedSeq: Number(item['joinedSeq']) };
}
