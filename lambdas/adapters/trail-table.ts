import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ConversationTrail } from '../domain/model/task.ts';
import { memberPartition, toMembership } from './conversation-table.ts';
import { departedAtMs, departedFrom, departuresFrom } from './departures.ts';
import { call } from './dynamodb.ts';

/*
 * Every conversation that a user is or was in: the departures and the memberships of the user's partition, which sort one after
 * the other (departures.ts).
 *
 * Access   Call    Units
 * page     Query   1 read per 4 KB ≈ 40 rows, strong: a task must find what was there before it
 */
export function createTrail(documents: DynamoDBDocumentClient, tableName: string): ConversationTrail {
  return {
    async page(userId, after = departuresFrom(0), limit) {
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        ExpressionAttributeValues: { ':pk': memberPartition(userId), ':after': after },
        ConsistentRead: true,
        Limit: limit,
      });
      const { Items = [], LastEvaluatedKey } = await call(() => documents.send(command));
      const entries = Items.map((item) => {
        const [departed, after] = [departedFrom(item), String(item['sk'])];
        return departed === undefined
          ? { conversationId: after, after, membership: toMembership(item) }
          : { conversationId: departed, after, leftAtMs: departedAtMs(item) };
      });
      return { entries, hasMore: LastEvaluatedKey !== undefined };
    },
  };
}
