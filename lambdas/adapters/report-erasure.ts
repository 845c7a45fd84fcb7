import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import pLimit from 'p-limit';
import type { Message } from '../../protocol/frames.ts';
import { erasedMessage } from '../domain/model/erasure.ts';
import type { ReportErasure } from '../domain/model/person-erasure.ts';
import { UnavailableError } from '../shared/errors.ts';
import { settleAll } from '../shared/settle.ts';
import { batchWrite, call, type Item, unlessRefused } from './dynamodb.ts';
import { reportedKey, reportKey, reportsOfDay } from './report-table.ts';

/*
 * What an erasure does to reports (report-table.ts).
 *
 * Access           Call                      Units
 * forget, ≤ 12     Query → BatchWriteItem    1 read per 4 KB, strong, and 2 writes a report
 * erase about      Query → UpdateItem        1 read per 4 KB of the day's reports, strong, and 1 write per KB of those about the user
 */

const AT_ONCE = 12;
const WRITES_AT_ONCE = 4;

export function createReportErasure(documents: DynamoDBDocumentClient, tableName: string): ReportErasure {
  async function remove(keys: readonly Item[]): Promise<void> {
    const requests = keys.map((Key) => ({ DeleteRequest: { Key } }));
    const left = requests.length === 0 ? [] : await batchWrite(documents, tableName, requests);
    if (left.length > 0) throw new UnavailableError();
  }

  return {
    async forgetMadeBy(userId, limit) {
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': reportedKey(userId, '').pk },
        ConsistentRead: true,
        Limit: Math.min(limit, AT_ONCE),
      });
      const { Items = [] } = await call(() => documents.send(command));
      // The rows that say where the reports are go last: a task that died finds the reports by them.
      await remove(Items.map((item) => reportKey(userId, String(item['sk']), Number(item['at']))));
      await remove(Items.map(({ pk, sk }) => ({ pk, sk })));
      return Items.length;
    },

    async eraseAbout(userId, day, after, limit) {
      const pk = reportsOfDay(day);
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        FilterExpression: '#from = :userId',
        ExpressionAttributeNames: { '#from': 'from' },
        ExpressionAttributeValues: { ':pk': pk, ':userId': userId },
        ConsistentRead: true,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
      });
      const { Items = [], LastEvaluatedKey } = await call(() => documents.send(command));
      const copies = Items.map(({ sk, message }) => ({
        sk,
        message,
        erased: JSON.stringify(erasedMessage(JSON.parse(String(message)) as Message)),
      }));
      const left = copies.filter(({ message, erased }) => message !== erased);
      const replace = ({ sk, erased }: (typeof left)[number]) => {
        const update = new UpdateCommand({
          TableName: tableName,
          Key: { pk, sk },
          UpdateExpression: 'SET message = :erased',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':erased': erased },
        });
        return unlessRefused(() => documents.send(update));
      };
      const atOnce = pLimit(WRITES_AT_ONCE);
      await settleAll(left.map((copy) => atOnce(() => replace(copy))));
      return { erased: left.length, next: LastEvaluatedKey?.['sk'] as string | undefined };
    },
  };
}
