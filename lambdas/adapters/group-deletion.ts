import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { allObjectsOf } from '../domain/model/attachment.ts';
import type { GroupDeletion, HistoryItem } from '../domain/model/group-deletion.ts';
import { chunk } from '../shared/chunk.ts';
import { UnavailableError } from '../shared/errors.ts';
import { HEAD, memberKey } from './conversation-table.ts';
import { departureItem } from './departures.ts';
import { batchWrite, call, callDespiteTransactions, type Item, transact, unlessRefused } from './dynamodb.ts';
import { type GroupWriterProps, memberRowKey, outboxMark, putMessage } from './group-table.ts';
import { messageSortKey, volumeKey } from './message-key.ts';
import { toStored } from './message-table.ts';

/*
 * Deletes groups, in the conversation and the message table (group-table.ts and message-table.ts have the rows).
 *
 * Access                 Call                 Units
 * close                  UpdateItem           1 write
 * members                Query                1 read per 4 KB ≈ 60 members
 * remove n members       TransactWriteItems   2 × (3n + 3) writes; an item has room for 30: two rows, and a departure, each
 * history                Query                1 read per 4 KB
 * delete 25 items        BatchWriteItem       1 write a KB, and its entries in the indexes
 * delete rows            Query, BatchWrite    1 write each
 *
 * A removal takes the head's next seq in its own transaction, as changes of support chats do (docs/adr/0006-a-chats-change-takes-its-seq.md):
 * a closed head gives none to anybody else.
 */

const MEMBER = 'm#';
const PER_BATCH = 25;

export function createGroupDeletion(
  documents: DynamoDBDocumentClient,
  props: GroupWriterProps,
): GroupDeletion {
  const { conversationsTable, messagesTable, historyTtlSeconds, clock } = props;

  async function deleteAll(table: string, keys: readonly Item[]): Promise<void> {
    for (const part of chunk(keys, PER_BATCH)) {
      const requests = part.map((Key) => ({ DeleteRequest: { Key } }));
      if ((await batchWrite(documents, table, requests)).length > 0) throw new UnavailableError();
    }
  }

  async function query(table: string, pk: string, from: string, limit: number) {
    const command = new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk >= :from',
      ExpressionAttributeValues: { ':pk': pk, ':from': from },
      ConsistentRead: true,
      Limit: limit,
    });
    const { Items = [], LastEvaluatedKey } = await call(() => documents.send(command));
    return { items: Items as readonly Item[], hasMore: LastEvaluatedKey !== undefined };
  }

  return {
    async close(conversationId) {
      const command = new UpdateCommand({
        TableName: conversationsTable,
        Key: { pk: conversationId, sk: HEAD },
        UpdateExpression: 'SET closed = :closed',
        ConditionExpression: 'attribute_exists(memberCount)',
        ExpressionAttributeValues: { ':closed': true },
      });
      return (
        (await unlessRefused(() => callDespiteTransactions(() => documents.send(command)))) !== undefined
      );
    },

    async anyMembers(conversationId, limit) {
      const { items } = await query(conversationsTable, conversationId, MEMBER, limit);
      return items.map((item) => String(item['sk']).slice(MEMBER.length));
    },

    remove(message, members) {
      const { conversationId, seq } = message;
      const remove = (Key: Item) => ({ Delete: { TableName: conversationsTable, Key } });
      const head = {
        Update: {
          TableName: conversationsTable,
          Key: { pk: conversationId, sk: HEAD },
          UpdateExpression:
            'SET #head = :seq, #tail = :tail, #at = :at, removedSeq = :seq ADD memberCount :less, outbox :mark',
          ConditionExpression: '#head = :read AND closed = :closed',
          ExpressionAttributeNames: { '#head': 'head', '#tail': 'tail', '#at': 'at' },
          ExpressionAttributeValues: {
            ':seq': seq,
            ':read': seq - 1,
            ':tail': messageSortKey(message),
            ':at': message.sentAt,
            ':less': -members.length,
            ':mark': new Set([outboxMark(message)]),
            ':closed': true,
          },
        },
      };
      const rows = members.flatMap((userId) => {
        const key = memberKey(userId, conversationId);
        const Item = departureItem(key, clock(), historyTtlSeconds);
        return [
          remove(memberRowKey(conversationId, userId)),
          remove(key),
          { Put: { TableName: conversationsTable, Item } },
        ];
      });
      return transact(documents, [head, ...rows, putMessage(props, message)]);
    },

    async history(conversationId, volume, limit) {
      // Every sort key is greater than a blank.
      const { items, hasMore } = await query(messagesTable, volumeKey(conversationId, volume), ' ', limit);
      return { items: items.map(toHistoryItem), hasMore };
    },

    deleteItems: (conversationId, volume, items) =>
      deleteAll(
        messagesTable,
        items.map(({ sortKey }) => ({ pk: volumeKey(conversationId, volume), sk: sortKey })),
      ),

    async deleteRows(conversationId) {
      for (let hasMore = true; hasMore; ) {
        const page = await query(conversationsTable, conversationId, ' ', PER_BATCH);
        const others = page.items.filter(({ sk }) => sk !== HEAD);
        await deleteAll(conversationsTable, others.map(keyOf));
        hasMore = page.hasMore;
      }
      // A task that died finds what is left by the head.
      await deleteAll(conversationsTable, [{ pk: conversationId, sk: HEAD }]);
    },
  };
}

function keyOf({ pk, sk }: Item): Item {
  return { pk, sk };
}

function toHistoryItem(item: Item): HistoryItem {
  const kilobytes = Math.ceil(Buffer.byteLength(JSON.stringify(item)) / 1_024);
  const hasSeq = item['seq'] !== undefined;
  return {
    sortKey: String(item['sk']),
    units: hasSeq ? 2 * kilobytes + (item['changedAt'] === undefined ? 0 : 1) : kilobytes,
    ...(item['reactions'] !== undefined && { reactedTo: toStored(item) }),
    ...(hasSeq && { objects: allObjectsOf(toStored(item)) }),
  };
}
