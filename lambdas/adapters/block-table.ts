import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { directConversationId } from '../../protocol/ids.ts';
import type { BlockReader, BlockWriter } from '../domain/model/block.ts';
import { BLOCKED_BY, HEAD } from './conversation-table.ts';
import { batchGet, transact, transactOrRefusals } from './dynamodb.ts';
import { userList } from './user-list.ts';

/*
 * Blocks: a list of users (user-list.ts). The transaction that changes it also changes the head of the direct conversation,
 * where each send finds the block without a read (docs/adr/0040-a-block-is-a-condition-of-the-head.md).
 *
 *   pk                 sk               attributes
 *   u#<userId>         #block#<peer>    at
 *   <conversationId>   'head'           blockedBy (set), …   (conversation-table.ts)
 *
 * Access               Call             Units
 * block, unblock       TransactWrite    6 writes
 * of ≤ 100 pairs       BatchGet         1 read each, strong: who has blocked somebody is not told of them any more
 */

export function createBlockReader(documents: DynamoDBDocumentClient, tableName: string): BlockReader {
  const list = userList(documents, tableName, 'block');
  return {
    async blocks(userId, range) {
      const rows = await list.rows(userId, range);
      return rows.map((row) => ({ userId: list.userIn(row), at: Number(row['at']) }));
    },

    async blocked(pairs) {
      const keys = pairs.map(({ userId, peer }) => list.keyOf(userId, peer));
      const rows = await batchGet(documents, tableName, keys);
      return rows.map((row) => ({ userId: list.ownerOf(row), peer: list.userIn(row) }));
    },
  };
}

export function createBlockWriter(documents: DynamoDBDocumentClient, TableName: string): BlockWriter {
  const list = userList(documents, TableName, 'block');

  /** The change of the head. */
  const changeOfHead = (userId: string, peer: string, change: 'ADD' | 'DELETE') => ({
    Update: {
      TableName,
      Key: { pk: directConversationId(userId, peer), sk: HEAD },
      UpdateExpression: `${change} #blockedBy :user`,
      ExpressionAttributeNames: { '#blockedBy': BLOCKED_BY },
      ExpressionAttributeValues: { ':user': new Set([userId]) },
    },
  });

  return {
    async block(userId, { userId: peer, at }, maximum) {
      const refusals = await transactOrRefusals(documents, [
        ...list.adding(userId, peer, { at }, maximum),
        changeOfHead(userId, peer, 'ADD'),
      ]);
      // The first: there is such a block already.
      return refusals.length === 0 || refusals.includes(0);
    },

    async unblock(userId, peer) {
      await transact(documents, [...list.removing(userId, peer), changeOfHead(userId, peer, 'DELETE')]);
    },
  };
}
