import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { OwnReports } from '../domain/model/own-reports.ts';
import { batchGet, call } from './dynamodb.ts';
import { reportedKey, reportKey } from './report-table.ts';

/*
 * The reports that a user made (report-table.ts).
 *
 * Access    Call                Units
 * made by   Query → BatchGet    1 read per 4 KB ≈ 40 rows, and 1 per 4 KB of each report, with its copy of the message; strong
 */
export function createOwnReports(documents: DynamoDBDocumentClient, tableName: string): OwnReports {
  return {
    async madeBy(userId, after, limit) {
      const { pk } = reportedKey(userId, '');
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
      });
      const { Items = [], LastEvaluatedKey } = await call(() => documents.send(command));
      const keys = Items.map((item) => reportKey(userId, String(item['sk']), Number(item['at'])));
      const only = ['conversationId', 'seq', 'reason', 'at'];
      const rows = keys.length === 0 ? [] : await batchGet(documents, tableName, keys, { only });
      const reports = rows.map((row) => ({
        conversationId: String(row['conversationId']),
        seq: Number(row['seq']),
        reason: String(row['reason']),
        at: Number(row['at']),
      }));
      const next = LastEvaluatedKey?.['sk'] as string | undefined;
      return { reports: reports.sort((a, b) => a.at - b.at), next };
    },
  };
}
