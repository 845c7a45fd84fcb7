import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { ConversationTable, Head } from '../domain/conversation.ts';
import { batchGet, call, type Item, isConditionFailed } from './dynamodb.ts';
import { messageSortKey, parseMessageSortKey } from './message-key.ts';

/*
 * Conversation table.
 *
 *   pk                 sk                attributes
 *   <conversationId>   'head'            head: the highest seq handed out, tail: sort key of the message that got it
 *   u#<userId>         <conversationId>  readSeq
 *
 * Access                              Call          Units
 * next seq                            UpdateItem    1 write
 * first message of a pair             TransactWrite 6 writes, once
 * head of one, of 100                 GetItem, BatchGet   1 read each, strong
 * a user's conversations, paged       Query         1 read per 4 KB ≈ 40 rows, strong
 *
 * The head never holds content: a recall would have to find it there.
 */

const HEAD = 'head';

export function createConversationTable(
  documents: DynamoDBDocumentClient,
  tableName: string,
): ConversationTable {
  return {
    async nextSeq(conversationId, from, clientMsgId) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { pk: conversationId, sk: HEAD },
        UpdateExpression: 'SET #head = #head + :one, #tail = :tail',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#head': 'head', '#tail': 'tail' },
        ExpressionAttributeValues: { ':one': 1, ':tail': messageSortKey({ from, clientMsgId }) },
        ReturnValues: 'UPDATED_NEW',
      });
      try {
        const { Attributes } = await call(() => documents.send(command));
        return Number(Attributes?.['head']);
      } catch (error) {
        if (isConditionFailed(error)) return undefined;
        throw error;
      }
    },

    async createDirect(conversationId, users) {
      const head = {
        TableName: tableName,
        Item: { pk: conversationId, sk: HEAD, head: 0 },
        ConditionExpression: 'attribute_not_exists(pk)',
      };
      const members = users.map((userId) => ({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        // An Update leaves what is there alone, should the head alone have been lost.
        UpdateExpression: 'SET readSeq = if_not_exists(readSeq, :zero)',
        ExpressionAttributeValues: { ':zero': 0 },
      }));
      const items = [{ Put: head }, ...members.map((Update) => ({ Update }))];
      try {
        await call(() => documents.send(new TransactWriteCommand({ TransactItems: items })));
      } catch (error) {
        if (!isRaceLost(error)) throw error;
      }
    },

    async head(conversationId) {
      const key = { pk: conversationId, sk: HEAD };
      const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true });
      const { Item } = await call(() => documents.send(command));
      return Item === undefined ? { seq: 0 } : toHead(Item);
    },

    async heads(conversationIds) {
      const keys = conversationIds.map((conversationId) => ({ pk: conversationId, sk: HEAD }));
      const items = keys.length === 0 ? [] : await batchGet(documents, tableName, keys);
      return new Map(items.map((item) => [String(item['pk']), toHead(item)]));
    },

    async memberships(userId, { after, limit }) {
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: {
          ':pk': memberPartition(userId),
          ...(after !== undefined && { ':after': after }),
        },
        ConsistentRead: true,
        Limit: limit,
      });
      const { Items } = await call(() => documents.send(command));
      return (Items ?? []).map((item) => ({
        conversationId: String(item['sk']),
        readSeq: Number(item['readSeq']),
      }));
    },
  };
}

function memberPartition(userId: string): string {
  return `u#${userId}`;
}

function memberKey(userId: string, conversationId: string): Item {
  return { pk: memberPartition(userId), sk: conversationId };
}

function toHead(item: Item): Head {
  const tail = item['tail'];
  return { seq: Number(item['head']), ...(typeof tail === 'string' && { tail: parseMessageSortKey(tail) }) };
}

/** Somebody made it first, or is making it right now: both leave one head. */
function isRaceLost(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return false;
  const reasons = 'CancellationReasons' in error ? (error.CancellationReasons as { Code?: string }[]) : [];
  const codes = reasons.map(({ Code }) => Code);
  return codes.every(
    (code) => code === 'None' || code === 'ConditionalCheckFailed' || code === 'TransactionConflict',
  );
}
