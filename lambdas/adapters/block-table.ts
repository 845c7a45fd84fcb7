import {
  type DynamoDBDocumentClient,
  QueryCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { directConversationId } from '../../protocol/ids.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Block, BlockReader, BlockWriter } from '../domain/model/block.ts';
import { BLOCKED_BY, HEAD, memberPartition } from './conversation-table.ts';
import { call, type Item, transactOrRefusals } from './dynamodb.ts';

/*
 * Blocks, in the conversation table. The transaction that writes the row also changes the head of the direct conversation,
 * where each send finds the block without a read (docs/adr/0040-a-block-is-a-condition-of-the-head.md).
 *
 *   pk                 sk               attributes
 *   u#<userId>         #block#<peer>    at
 *   u#<userId>         #count#blocks    size
 *   <conversationId>   'head'           blockedBy (set), …   (conversation-table.ts)
 *
 * The rows sort before the departures, where the query that lists a user's conversations starts at the earliest.
 *
 * Access                      Call             Units
 * block, unblock              TransactWrite    6 writes
 * a user's blocks, paged      Query            1 read per 4 KB ≈ 40 rows, strong
 */

export interface BlockOptions {
  readonly tableName: string;
  /** @default `LIMITS.maxBlocks` */
  readonly maxBlocks?: number;
}

const BLOCK = '#block#';
const COUNT = '#count#blocks';

export function createBlockReader(documents: DynamoDBDocumentClient, tableName: string): BlockReader {
  return {
    async blocks(userId, { after, limit }) {
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :block)',
        ExpressionAttributeValues: { ':pk': memberPartition(userId), ':block': BLOCK },
        ...(after !== undefined && { ExclusiveStartKey: blockKey(userId, after) }),
        ConsistentRead: true,
        Limit: limit + 1,
      });
      const { Items = [] } = await call(() => documents.send(command));
      return { blocks: Items.slice(0, limit).map(toBlock), more: Items.length > limit };
    },
  };
}

export function createBlockWriter(
  documents: DynamoDBDocumentClient,
  { tableName: TableName, maxBlocks = LIMITS.maxBlocks }: BlockOptions,
): BlockWriter {
  /** The change of the head and of the counter. */
  function withBlock(userId: string, peer: string, isOn: boolean) {
    const head = {
      TableName,
      Key: { pk: directConversationId(userId, peer), sk: HEAD },
      UpdateExpression: `${isOn ? 'ADD' : 'DELETE'} #blockedBy :user`,
      ExpressionAttributeNames: { '#blockedBy': BLOCKED_BY },
      ExpressionAttributeValues: { ':user': new Set([userId]) },
    };
    const count = {
      TableName,
      Key: { pk: memberPartition(userId), sk: COUNT },
      UpdateExpression: 'ADD #size :change',
      ...(isOn && { ConditionExpression: 'attribute_not_exists(#size) OR #size < :most' }),
      ExpressionAttributeNames: { '#size': 'size' },
      ExpressionAttributeValues: { ':change': isOn ? 1 : -1, ...(isOn && { ':most': maxBlocks }) },
    };
    return [{ Update: head }, { Update: count }] satisfies TransactWriteCommandInput['TransactItems'];
  }

  return {
    async block(userId, peer, atMs) {
      const row = {
        TableName,
        Item: { ...blockKey(userId, peer), at: atMs },
        ConditionExpression: 'attribute_not_exists(pk)',
      };
      const refusals = await transactOrRefusals(documents, [{ Put: row }, ...withBlock(userId, peer, true)]);
      return refusals.length === 0 || refusals.includes(0);
    },

    async unblock(userId, peer) {
      const row = {
        TableName,
        Key: blockKey(userId, peer),
        ConditionExpression: 'attribute_exists(pk)',
      };
      await transactOrRefusals(documents, [{ Delete: row }, ...withBlock(userId, peer, false)]);
    },
  };
}

function blockKey(userId: string, peer: string): Item {
  return { pk: memberPartition(userId), sk: BLOCK + peer };
}

function toBlock({ sk, at }: Item): Block {
  return { userId: String(sk).slice(BLOCK.length), at: Number(at) };
}
