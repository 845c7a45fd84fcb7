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
    put({ type, userId, at, untilMs, reason }) {
      const facts = { type, userId, at, until: untilMs, reason };
      return putOnce(documents, tableName, { of: userId, sk: `${type}#${at}#${untilMs ?? ''}`, facts });
    },
  };
}

export function createAdminCallWriter(documents: DynamoDBDocumentClient, tableName: string): AdminCallWriter {
  return {
    put: ({ requestId, ...call }) =>
      putOnce(documents, tableName, {
        of: requestId,
        sk: ADMIN_CALLED,
        facts: { type: ADMIN_CALLED, ...call },
      }),
  };
}

export function createGroupEventWriter(
  documents: DynamoDBDocumentClient,
  tableName: string,
): GroupEventWriter {
  return {
    put: ({ conversationId, at }) =>
      putOnce(documents, tableName, {
        of: conversationId,
        sk: GROUP_DELETED,
        facts: { type: GROUP_DELETED, at },
      }),
  };
}

interface EventRow {
  readonly of: string;
  readonly sk: string;
  readonly facts: { readonly at: number; readonly [name: string]: unknown };
}

/** A repeat changes nothing, so it is no second event. */
async function putOnce(
  documents: DynamoDBDocumentClient,
  TableName: string,
  { of, sk, facts }: EventRow,
): Promise<void> {
  const command = new PutCommand({
    TableName,
    Item: { pk: EVENT_ROWS.event + of, sk, ...facts, ttl: epochSecondsAfter(facts.at, TTL_SECONDS) },
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await unlessRefused(() => documents.send(command));
}
