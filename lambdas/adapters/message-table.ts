import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Mentions } from '../../protocol/frames.ts';
import {
  type Change,
  doesMention,
  type MessageKey,
  type MessageReader,
  type MessageWriter,
  type ReactionSummary,
  type SeqRange,
  type StoredMessage,
} from '../domain/model/message.ts';
import { type Clock, epochSecondsAfter } from '../shared/clock.ts';
import { batchGet, call, type Item } from './dynamodb.ts';
import { messageSortKey, parseMessageSortKey } from './message-key.ts';

/*
 * Message table: the history. All other copies of a message are references to it.
 *
 *   pk                    sk                     attributes
 *   <conversationId>#0    <from>#<clientMsgId>   seq, messageId, from, clientMsgId, sentAt, content (JSON text),
 *                                                hash (of the content as sent), ttl? (epoch seconds); in a changed
 *                                                message rev, changedAt; editedAt?, editId?, recalled?; replyTo?,
 *                                                mentions? (list, or 'all'); reactions? (map: what reaction-table.ts
 *                                                counts)
 *   index bySeq: pk, seq; all attributes
 *   index byChange: pk, changedAt; keys only; sparse, since only changed messages have the attribute
 *
 * The key makes sends idempotent (IM-SEND-2): a repeat finds its original. #0 is an epoch: a local index limits an item
 * collection to 10 GB, and a conversation near that limit would start the next epoch.
 *
 * Access                          Call      Units for messages of ≤ 1 KB
 * store                           PutItem   2 writes (item, index); a repeat 1, and it returns the original without a read
 * edit, recall, shown reactions   UpdateItem 4 writes the first time (item, bySeq, byChange), then 5: its entry moves
 * changed since, page of 100      Query     1 read per 4 KB ≈ 40 keys, strong; then BatchGet, 1 read each, strong
 * page of 50 by seq               Query     1 read per 4 KB, strong
 * by key, ≤ 100                   BatchGet  1 read each, strong
 * unread above a seq              Query     1 read per 4 KB, strong, newest first, up to the 100th message of others; at
 *                                           most two calls of 1 MB each
 *
 * Strong, since a reader finds what was acknowledged (IM-INV-1), no text that was recalled (IM-FAULT-15), and an exact
 * count (IM-INV-6).
 */

const EPOCH = 0;
const BY_SEQ = 'bySeq';
const BY_CHANGE = 'byChange';
/** A count that finds fewer than its maximum reads this much further: DynamoDB ends a page at 1 MB, content included. */
const COUNT_FURTHER = 1_000;
const ABSENT_OR_EXPIRED = 'attribute_not_exists(pk) OR #ttl <= :nowSeconds';

export interface MessageReaderProps {
  readonly tableName: string;
  readonly clock: Clock;
}

export interface MessageWriterProps extends MessageReaderProps {
  /** 0: forever. */
  readonly historyTtlSeconds: number;
}

export function createMessageReader(
  documents: DynamoDBDocumentClient,
  { tableName, clock }: MessageReaderProps,
): MessageReader {
  /** DynamoDB deletes expired items days later. */
  const isNotExpired = (item: Item) => item['ttl'] === undefined || Number(item['ttl']) > clock() / 1000;

  async function queryBySeq(
    conversationId: string,
    { after, before, from = 1 }: Omit<SeqRange, 'limit'>,
    more: Item,
  ): Promise<Item> {
    const lowest = Math.max(from, (after ?? 0) + 1);
    const highest = (before ?? Number.MAX_SAFE_INTEGER) - 1;
    if (lowest > highest) return {};
    const command = new QueryCommand({
      TableName: tableName,
      IndexName: BY_SEQ,
      KeyConditionExpression: 'pk = :pk AND seq BETWEEN :lowest AND :highest',
      ConsistentRead: true,
      ScanIndexForward: after !== undefined,
      ...more,
      ExpressionAttributeValues: {
        ':pk': partition(conversationId),
        ':lowest': lowest,
        ':highest': highest,
        ...(more['ExpressionAttributeValues'] as Item | undefined),
      },
    });
    return { ...(await call(() => documents.send(command))) };
  }

  return {
    async getMany(keys) {
      const wanted = new Map(keys.map((key) => [`${key.conversationId}\n${messageSortKey(key)}`, key]));
      const items = await batchGet(
        documents,
        tableName,
        [...wanted.values()].map((key) => ({ pk: partition(key.conversationId), sk: messageSortKey(key) })),
      );
      return items.filter(isNotExpired).map(toStored);
    },

    async page(conversationId, { limit, ...range }) {
      const found: Item[] = [];
      let start: unknown;
      do {
        // One extra row shows whether there is a next page.
        const page = await queryBySeq(conversationId, range, {
          Limit: limit + 1 - found.length,
          ...(start !== undefined && { ExclusiveStartKey: start }),
        });
        found.push(...((page['Items'] ?? []) as Item[]).filter(isNotExpired));
        start = page['LastEvaluatedKey'];
      } while (start !== undefined && found.length <= limit);
      return { messages: found.slice(0, limit).map(toStored), hasMore: found.length > limit };
    },

    async changed(conversationId, { sinceMs, after, limit }) {
      const pk = partition(conversationId);
      const command = new QueryCommand({
        TableName: tableName,
        IndexName: BY_CHANGE,
        KeyConditionExpression: 'pk = :pk AND changedAt >= :since',
        ExpressionAttributeValues: { ':pk': pk, ':since': sinceMs },
        ConsistentRead: true,
        Limit: limit,
        ...(after !== undefined && {
          ExclusiveStartKey: { pk, sk: messageSortKey(after), changedAt: after.changedAtMs },
        }),
      });
      const { Items: keys = [], LastEvaluatedKey } = await call(() => documents.send(command));
      const items =
        keys.length === 0
          ? []
          : await batchGet(
              documents,
              tableName,
              keys.map(({ sk }) => ({ pk, sk })),
            );
      const bySortKey = new Map(items.filter(isNotExpired).map((item) => [item['sk'], toStored(item)]));
      return {
        messages: keys.flatMap(({ sk }) => bySortKey.get(sk) ?? []),
        count: keys.length,
        next: LastEvaluatedKey && {
          ...parseMessageSortKey(String(LastEvaluatedKey['sk'])),
          changedAtMs: Number(LastEvaluatedKey['changedAt']),
        },
      };
    },

    async countOthers(conversationId, userId, { after, upTo, maximum, budget }) {
      const range = { from: after + 1, ...(upTo !== undefined && { before: upTo + 1 }) };
      let count = 0;
      let mentioned = 0;
      let start: unknown;
      for (const Limit of [maximum, COUNT_FURTHER]) {
        if (budget.units <= 0) break;
        const page = await queryBySeq(conversationId, range, {
          // The units are those of the whole messages, as for a mere count.
          ProjectionExpression: 'mentions',
          FilterExpression: '#from <> :userId AND (attribute_not_exists(#ttl) OR #ttl > :nowSeconds)',
          ExpressionAttributeNames: { '#from': 'from', '#ttl': 'ttl' },
          ExpressionAttributeValues: { ':userId': userId, ':nowSeconds': Math.floor(clock() / 1000) },
          ReturnConsumedCapacity: 'TOTAL',
          Limit,
          ...(start !== undefined && { ExclusiveStartKey: start }),
        });
        budget.units -= Number((page['ConsumedCapacity'] as Item | undefined)?.['CapacityUnits'] ?? 0);
        const items = (page['Items'] ?? []) as Pick<StoredMessage, 'mentions'>[];
        count += items.length;
        mentioned += items.filter((item) => doesMention(item, userId)).length;
        start = page['LastEvaluatedKey'];
        if (start === undefined || count >= maximum)
          return { count: Math.min(count, maximum), mentioned, isAtLeast: false };
      }
      return { count, mentioned, isAtLeast: true };
    },
  };
}

export function createMessageWriter(
  documents: DynamoDBDocumentClient,
  { tableName, historyTtlSeconds, clock }: MessageWriterProps,
): MessageWriter {
  return {
    async putIfAbsent(message) {
      const command = new PutCommand({
        TableName: tableName,
        Item: messageItem(message, historyTtlSeconds),
        ConditionExpression: ABSENT_OR_EXPIRED,
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':nowSeconds': Math.floor(clock() / 1000) },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      try {
        await call(() => documents.send(command));
        return undefined;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
        return toStored(unmarshall(error.Item));
      }
    },

    recall: (key, contentJson, atMs) =>
      change(key, atMs, {
        set: 'content = :content, recalled = :true',
        remove: 'mentions, replyTo, reactions',
        values: { ':content': contentJson, ':true': true },
      }),

    edit: (key, { editId, contentJson, mentions, ifRev, atMs }) =>
      change(key, atMs, {
        set: `content = :content, editId = :editId, editedAt = :at${mentions === undefined ? '' : ', mentions = :mentions'}`,
        ...(mentions === undefined && { remove: 'mentions' }),
        unless: `editId = :editId${ifRev === undefined ? '' : ' OR NOT (rev = :ifRev OR (attribute_not_exists(rev) AND :ifRev = :zero))'}`,
        values: {
          ':content': contentJson,
          ':editId': editId,
          ...(mentions !== undefined && { ':mentions': mentions }),
          ...(ifRev !== undefined && { ':ifRev': ifRev }),
        },
      }),

    showReactions: (key, summary, atMs) =>
      change(key, atMs, {
        set: 'reactions = :summary',
        unless: 'reactions.version >= :version',
        values: { ':summary': summary, ':version': summary.version },
      }),
  };

  /** Changes a message that was not recalled, and counts the change. */
  async function change(
    key: MessageKey,
    atMs: number,
    { set, remove, unless, values }: Rewrite,
  ): Promise<Change | undefined> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { pk: partition(key.conversationId), sk: messageSortKey(key) },
      UpdateExpression: `SET ${set}, changedAt = :at, rev = if_not_exists(rev, :zero) + :one${remove === undefined ? '' : ` REMOVE ${remove}`}`,
      ConditionExpression: `attribute_exists(pk) AND attribute_not_exists(recalled)${unless === undefined ? '' : ` AND NOT (${unless})`}`,
      ExpressionAttributeValues: { ...values, ':at': atMs, ':zero': 0, ':one': 1 },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes = {} } = await call(() => documents.send(command));
      return { message: toStored(Attributes), isChanged: true };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item === undefined
        ? undefined
        : { message: toStored(unmarshall(error.Item)), isChanged: false };
    }
  }
}

interface Rewrite {
  readonly set: string;
  readonly remove?: string;
  readonly unless?: string;
  readonly values: Item;
}

/** Of a message, and of what belongs to it. */
export function partition(conversationId: string): string {
  return `${conversationId}#${EPOCH}`;
}

/** The item of a message, also for transactions that write more than the message. */
export function messageItem(message: StoredMessage, historyTtlSeconds: number): Item {
  const { conversationId, from, clientMsgId, seq, messageId, sentAt, contentJson, contentHash } = message;
  return {
    pk: partition(conversationId),
    sk: messageSortKey(message),
    from,
    clientMsgId,
    seq,
    messageId,
    sentAt,
    content: contentJson,
    hash: contentHash,
    ...(message.replyTo !== undefined && { replyTo: message.replyTo }),
    ...(message.mentions !== undefined && { mentions: message.mentions }),
    ...(historyTtlSeconds > 0 && { ttl: epochSecondsAfter(sentAt, historyTtlSeconds) }),
  };
}

function toStored(item: Item): StoredMessage {
  const pk = String(item['pk']);
  return {
    conversationId: pk.slice(0, pk.lastIndexOf('#')),
    from: String(item['from']),
    clientMsgId: String(item['clientMsgId']),
    seq: Number(item['seq']),
    messageId: String(item['messageId']),
    sentAt: Number(item['sentAt']),
    contentJson: String(item['content']),
    contentHash: String(item['hash']),
    ...(item['replyTo'] !== undefined && { replyTo: Number(item['replyTo']) }),
    ...(item['mentions'] !== undefined && { mentions: item['mentions'] as Mentions }),
    ...(item['rev'] !== undefined && { rev: Number(item['rev']) }),
    ...(item['editedAt'] !== undefined && { editedAt: Number(item['editedAt']) }),
    ...(item['editId'] !== undefined && { editId: String(item['editId']) }),
    ...(item['reactions'] !== undefined && { reactions: item['reactions'] as ReactionSummary }),
  };
}
