import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AdminCallWriter, GroupEventWriter, UserEventWriter } from '../domain/model/event.ts';
import { epochSecondsAfter } from '../shared/clock.ts';
import { EVENT_ROWS } from '../shared/event-rows.ts';
import { unlessRefused } from './dynamodb.ts';

/*
 * Events that have no other row, in the conversation table: its stream tells the worker of them. Nothing reads them.
 *
 *   pk                sk                    attributes
 *   event#<userId>    <type>#<at>#<until>   type, userId, at, until?, reason?, ttl
 *   event#<group>     group.deleted         type, at, ttl
 *   event#<request>   admin.called          type, caller?, action, target? (map), outcome, at, ttl
 *
 * Access    Call       Units
 * put       PutItem    1 write; a repeat, too
 */

/** Longer than a ban may be told again (domain/sessions/ban.ts), so that a repeat is no second event. */
const TTL_SECONDS = 15 * 86_400;
const ADMIN_CALLED = 'admin.called';
const GROUP_DELETED = 'group.deleted';

export function createUserEventWriter(documents: DynamoDBDocumentClient, tableName: string): UserEventWriter {
  return {
    async put({ type, userId, at, untilMs, reason }) {
      const command = new PutCommand({
        TableName: tableName,
        Item: {
          pk: EVENT_ROWS.event + userId,
          sk: `${type}#${at}#${untilMs ?? ''}`,
          ...{ type, userId, at },
          ...(untilMs !== undefined && { until: untilMs }),
          ...(reason !== undefined && { reason }),
          ttl: epochSecondsAfter(at, TTL_SECONDS),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      await unlessRefused(() => documents.send(command));
    },
  };
}

export function createAdminCallWriter(documents: DynamoDBDocumentClient, tableName: string): AdminCallWriter {
  return {
    async put({ requestId, ...call }) {
      const command = new PutCommand({
        TableName: tableName,
        Item: {
          pk: EVENT_ROWS.event + requestId,
          sk: ADMIN_CALLED,
          type: ADMIN_CALLED,
          ...call,
          ttl: epochSecondsAfter(call.at, TTL_SECONDS),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      await unlessRefused(() => documents.send(command));
    },
  };
}

export function createGroupEventWriter(
  documents: DynamoDBDocumentClient,
  tableName: string,
): GroupEventWriter {
  return {
    async put({ conversationId, at }) {
      const command = new PutCommand({
        TableName: tableName,
        Item: {
          pk: EVENT_ROWS.event + conversationId,
          sk: GROUP_DELETED,
          type: GROUP_DELETED,
          at,
          ttl: epochSecondsAfter(at, TTL_SECONDS),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      await unlessRefused(() => documents.send(command));
    },
  };
}
