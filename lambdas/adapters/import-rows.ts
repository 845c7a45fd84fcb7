import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import pLimit from 'p-limit';
import { LIMITS } from '../../protocol/limits.ts';
import type { ImportTable } from '../domain/model/import.ts';
import type { Clock } from '../shared/clock.ts';
import { settleAll } from '../shared/settle.ts';
import { HEAD, IMPORTING, memberKey } from './conversation-table.ts';
import { departureItem } from './departures.ts';
import { call, orExisting, transact } from './dynamodb.ts';
import { memberRowKey } from './group-table.ts';
import { messageItem, toStored } from './message-table.ts';

const WRITES_AT_ONCE = 8;

export interface ImportTableProps {
  readonly conversationsTable: string;
  readonly messagesTable: string;
  /** 0: forever. */
  readonly historyTtlSeconds: number;
  readonly clock: Clock;
}

/** What an import writes beside the heads of conversations (import-table.ts has the calls). */
export function createImportRows(
  documents: DynamoDBDocumentClient,
  { conversationsTable: TableName, messagesTable, historyTtlSeconds }: ImportTableProps,
): Pick<ImportTable, 'addMembers' | 'noteDeparted' | 'put'> {
  return {
    async addMembers(conversationId, taskId, members, openHistory) {
      const head = {
        TableName,
        Key: { pk: conversationId, sk: HEAD },
        UpdateExpression: 'ADD memberCount :more',
        // The task may have given the group back, and begun its last page again: whom an admin has removed since stays outside.
        ConditionExpression: `${IMPORTING} = :task AND #head = imported AND attribute_not_exists(closed) AND memberCount <= :room`,
        ExpressionAttributeNames: { '#head': 'head' },
        ExpressionAttributeValues: {
          ':more': members.length,
          ':task': taskId,
          ':room': LIMITS.maxGroupMembers - members.length,
        },
      };
      const rows = members.flatMap(({ userId, joinedSeq, readSeq }) => [
        { ...memberRowKey(conversationId, userId), joinedSeq },
        { ...memberKey(userId, conversationId), readSeq, visibleFrom: openHistory ? 1 : joinedSeq },
      ]);
      const puts = rows.map((Item) => ({
        Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' },
      }));
      return transact(documents, [{ Update: head }, ...puts]);
    },

    async noteDeparted(conversationId, userIds, atMs) {
      const atOnce = pLimit(WRITES_AT_ONCE);
      await settleAll(
        userIds.map((userId) =>
          atOnce(() => {
            const Item = departureItem(memberKey(userId, conversationId), atMs, historyTtlSeconds);
            return call(() => documents.send(new PutCommand({ TableName, Item })));
          }),
        ),
      );
    },

    async put({ message, isRecalled }) {
      const { rev = 0, editedAt } = message;
      const command = new PutCommand({
        TableName: messagesTable,
        Item: {
          ...messageItem(message, historyTtlSeconds),
          imported: true,
          ...(isRecalled && { recalled: true }),
          ...(rev > 0 && { rev }),
          ...(editedAt !== undefined && { editedAt }),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const { output, existing } = await orExisting(() => documents.send(command));
      return output !== undefined || existing === undefined ? undefined : toStored(existing);
    },
  };
}
