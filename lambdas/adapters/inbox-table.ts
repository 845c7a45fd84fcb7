import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Inbox, InboxEntry, InboxWriter } from '../domain/model/inbox.ts';
import type { Reference } from '../domain/model/reference.ts';
import { chunk } from '../shared/chunk.ts';
import { type Clock, epochSecondsAfter } from '../shared/clock.ts';
import { UnavailableError } from '../shared/errors.ts';
import { batchWrite, call, type Item, type WriteRequest } from './dynamodb.ts';

/*
 * Inbox table: references to messages that no session took, or that one that polls, or was silent for too long, still has to
 * read.
 *
 *   userId (PK)   messageId (SK)   attributes
 *   'bob'         ULID             conversationId, from, clientMsgId, seq, sentAt, bytes, ttl (epoch seconds)
 *
 * The ULID's time is sentAt, so the sort key alone orders entries by time, stores a repeat once, and keeps the `batch` of
 * 50 keys short.
 *
 * Access                Call                  Units
 * store, ≤ 25 at once   BatchWriteItem        1 write each
 * first 50              Query                 1 read per 4 KB ≈ 16 entries, strong
 * remove                BatchWriteItem        1 write each
 *
 * Strong: the worker stores a message here and then reads the routes, so a session that is in none of its reads must find
 * the message (IM-PUSH-2).
 */

const BATCH_WRITE = 25;

export interface InboxProps {
  readonly tableName: string;
  readonly clock: Clock;
}

export interface InboxWriterProps extends InboxProps {
  readonly inboxTtlSeconds: number;
}

export function createInbox(documents: DynamoDBDocumentClient, { tableName, clock }: InboxProps): Inbox {
  return {
    async first(userId, limit) {
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'userId = :userId',
        // DynamoDB deletes expired items days later.
        FilterExpression: '#ttl > :nowSeconds',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':userId': userId, ':nowSeconds': Math.floor(clock() / 1000) },
        ConsistentRead: true,
      });
      const references: Reference[] = [];
      let start: Item | undefined;
      do {
        command.input.Limit = limit + 1 - references.length;
        command.input.ExclusiveStartKey = start;
        const page = await call(() => documents.send(command));
        references.push(...(page.Items ?? []).map(toReference));
        start = page.LastEvaluatedKey;
      } while (start !== undefined && references.length <= limit);
      return { references: references.slice(0, limit), more: references.length > limit };
    },

    async remove(userId, messageIds) {
      const left = await write(
        documents,
        tableName,
        messageIds.map((messageId) => ({ DeleteRequest: { Key: { userId, messageId } } })),
      );
      if (left.length > 0) throw new UnavailableError();
    },
  };
}

export function createInboxWriter(
  documents: DynamoDBDocumentClient,
  { tableName, inboxTtlSeconds, clock }: InboxWriterProps,
): InboxWriter {
  return {
    async put(entries) {
      const items = new Map(entries.map((entry) => [keyOf(entry), toItem(entry, inboxTtlSeconds)]));
      const fresh = [...items.values()].filter(({ ttl }) => ttl > clock() / 1000);
      const left = await write(
        documents,
        tableName,
        fresh.map((Item) => ({ PutRequest: { Item } })),
      );
      const leftKeys = new Set(
        left.flatMap((request) => ('PutRequest' in request ? [itemKey(request.PutRequest.Item)] : [])),
      );
      return entries.filter((entry) => leftKeys.has(keyOf(entry)));
    },
  };
}

async function write(
  documents: DynamoDBDocumentClient,
  tableName: string,
  requests: readonly WriteRequest[],
): Promise<readonly WriteRequest[]> {
  const left = await Promise.all(
    chunk(requests, BATCH_WRITE).map((part) => batchWrite(documents, tableName, part)),
  );
  return left.flat();
}

function keyOf({ userId, reference }: InboxEntry): string {
  return `${userId}\n${reference.messageId}`;
}

function itemKey(item: Item): string {
  return `${item['userId']}\n${item['messageId']}`;
}

function toItem({ userId, reference }: InboxEntry, inboxTtlSeconds: number) {
  return { userId, ...reference, ttl: epochSecondsAfter(reference.sentAt, inboxTtlSeconds) };
}

function toReference(item: Item): Reference {
  return {
    conversationId: String(item['conversationId']),
    from: String(item['from']),
    clientMsgId: String(item['clientMsgId']),
    seq: Number(item['seq']),
    messageId: String(item['messageId']),
    sentAt: Number(item['sentAt']),
    bytes: Number(item['bytes']),
  };
}
