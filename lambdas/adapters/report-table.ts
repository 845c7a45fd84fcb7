import { type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '../../protocol/limits.ts';
import { toMessage } from '../domain/model/message.ts';
import type { ReportWriter } from '../domain/model/report.ts';
import { epochSecondsAfter } from '../shared/clock.ts';
import { call, unlessRefused } from './dynamodb.ts';

/*
 * Reports, in the conversation table. An operator queries a day (docs/operations.md); no function reads them.
 *
 *   pk                       sk                                   attributes
 *   report#<yyyy-mm-dd>      <conversationId>#<seq>#<reporter>    reporter, conversationId, seq, from, reason, at,
 *                                                                 message (JSON, as clients see it), ttl
 *   reported#<reporter>      <conversationId>#<seq>               at: of the first report, ttl
 *
 * The second row says under which day the report is, so a repeat on a later day is no second one. It is written first, and a
 * repeat writes the report if the function died in between.
 *
 * Access    Call                      Units
 * keep      UpdateItem → PutItem      1 write, and 1 per KB of the message
 */

const DAY_SECONDS = 86_400;

export function createReportWriter(documents: DynamoDBDocumentClient, tableName: string): ReportWriter {
  return {
    async keep({ reporter, message, reason, atMs }) {
      const { conversationId, seq, from } = message;
      const of = `${conversationId}#${seq}`;
      const first = new UpdateCommand({
        TableName: tableName,
        Key: reportedKey(reporter, of),
        UpdateExpression: 'SET #at = if_not_exists(#at, :now), #ttl = if_not_exists(#ttl, :ttl)',
        ExpressionAttributeNames: { '#at': 'at', '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':now': atMs, ':ttl': expiryOf(atMs) },
        ReturnValues: 'ALL_NEW',
      });
      const { Attributes } = await call(() => documents.send(first));
      const at = Number(Attributes?.['at']);
      const copy = new PutCommand({
        TableName: tableName,
        Item: {
          ...reportKey(reporter, of, at),
          ...{ reporter, conversationId, seq, from, reason, at },
          message: JSON.stringify(toMessage(message)),
          ttl: expiryOf(at),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      await unlessRefused(() => documents.send(copy));
      return dayOf(at);
    },
  };
}

/** @param of conversationId and seq, as the sort key has them */
export function reportedKey(reporter: string, of: string) {
  return { pk: `reported#${reporter}`, sk: of };
}

/** @param atMs when the user first reported it */
export function reportKey(reporter: string, of: string, atMs: number) {
  return { pk: reportsOfDay(dayOf(atMs)), sk: `${of}#${reporter}` };
}

/** @param day yyyy-mm-dd */
export function reportsOfDay(day: string): string {
  return `report#${day}`;
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

function expiryOf(atMs: number) {
  return epochSecondsAfter(atMs, LIMITS.reportDays * DAY_SECONDS);
}
