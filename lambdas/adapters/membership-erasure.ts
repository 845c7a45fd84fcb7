import { DeleteCommand, type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { parseConversationId } from '../../protocol/ids.ts';
import type { DeskErasure, MembershipErasure } from '../domain/model/membership-erasure.ts';
import { HEAD, memberKey } from './conversation-table.ts';
import { agentKey, servingKey } from './desk-keys.ts';
import { callDespiteTransactions, transact, unlessRefused } from './dynamodb.ts';
import { memberRowKey } from './group-table.ts';

/*
 * The last rows of a user who is erased, in the conversation table and the desk's.
 *
 * Access                                  Call                 Units
 * forget a membership                     DeleteItem           1 write; 2 in a support chat
 * forget a chat's topic, an agent's name  UpdateItem           1 write
 * remove an agent                         TransactWriteItems   2 writes, and 2 per queue
 *
 * A closed chat has no other writer but a rating, so its `chat` can lose an attribute without a new seq.
 */

export function createMembershipErasure(
  documents: DynamoDBDocumentClient,
  tableName: string,
): MembershipErasure {
  return {
    async forget(userId, conversationId) {
      const isSupport = parseConversationId(conversationId)?.kind === 'support';
      // The user's row last: a task that died finds it by this one.
      const keys = [
        ...(isSupport ? [memberRowKey(conversationId, userId)] : []),
        memberKey(userId, conversationId),
      ];
      for (const Key of keys)
        await callDespiteTransactions(() => documents.send(new DeleteCommand({ TableName: tableName, Key })));
    },
  };
}

export interface DeskErasureProps {
  readonly conversationsTable: string;
  readonly deskTable: string;
}

export function createDeskErasure(
  documents: DynamoDBDocumentClient,
  { conversationsTable, deskTable }: DeskErasureProps,
): DeskErasure {
  async function remove(conversationId: string, ...path: readonly string[]) {
    const names = path.map((name) => `#${name}`);
    const attribute = names.join('.');
    const command = new UpdateCommand({
      TableName: conversationsTable,
      Key: { pk: conversationId, sk: HEAD },
      UpdateExpression: `REMOVE ${attribute}`,
      ConditionExpression: `closed = :closed AND attribute_exists(${attribute})`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [name, path[at] ?? ''])),
      ExpressionAttributeValues: { ':closed': true },
    });
    await unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
  }

  return {
    forgetTopic: (conversationId) => remove(conversationId, 'chat', 'topic'),

    forgetAgentName: (conversationId) => remove(conversationId, 'chat', 'agent', 'name'),

    removeAgent: ({ userId, queues, revision }) =>
      transact(documents, [
        {
          Delete: {
            TableName: deskTable,
            Key: agentKey(userId),
            ConditionExpression: 'revision = :read AND #status = :offline',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: { ':read': revision, ':offline': 'offline' },
          },
        },
        ...queues.map((queue) => ({ Delete: { TableName: deskTable, Key: servingKey(queue, userId) } })),
      ]),
  };
}
