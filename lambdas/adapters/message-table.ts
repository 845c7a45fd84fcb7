import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import pLimit from 'p-limit';
import type { Mentions, MessageChange } from '../../protocol/frames.ts';
import {
  type Change,
  type ChangedRange,
  doesMention,
  type MessagePlace,
  type MessageReader,
  type MessageWriter,
  type PinState,
  type ReactionSummary,
  type SeqRange,
  type StoredMessage,
} from '../domain/model/message.ts';
import { volumeOf } from '../domain/model/volume.ts';
import { type Clock, epochSecondsAfter } from '../shared/clock.ts';
import { batchGet, call, type Item, orExisting, updateIf } from './dynamodb.ts';
import { messageItemKey, messageSortKey, parseMessageSortKey, volumeKey } from './message-key.ts';

/*
 * Message table: the history. All other copies of a message are references to it.
 *
 *   pk                    sk                     attributes
 *   <conversationId>#<v>  <from>#<clientMsgId>   seq, messageId, from, clientMsgId, sentAt, content (JSON text),
 *                                                hash (of the content as sent), ttl? (epoch seconds); in a changed
 *                                                message rev, changedAt, change? (map: kind, by, name?, on?);
 *                                                editedAt?, editId?, recalled?; replyTo?,
 *                                                mentions? (list, or 'all'); reactions? (map: what reaction-table.ts
 *                                                counts); pin? (map: what pin-table.ts says); or claim, in the place
 *                                                of a message that must not be stored any more
 *                                                (domain/messages/store.ts)
 *   index bySeq: pk, seq; all attributes
 *   index byChange: pk, changedAt; keys only; sparse, since only changed messages have the attribute
 *
 * v is the volume, computed from the seq (domain/model/volume.ts). The key makes sends idempotent (IM-SEND-2): a repeat finds
 * its original.
 *
 * Access                          Call      Units for messages of ≤ 1 KB
 * store                           PutItem   2 writes (item, index); a repeat 1, and it returns the original without a read
 * claim                           PutItem   1 write; in the first 20 s of a volume
 * edit, recall, reactions, pin    UpdateItem 4 writes the first time (item, bySeq, byChange), then 5: its entry moves
 * changed since, page of 100      Query     one a volume in which something changed; 1 read per 4 KB ≈ 40 keys, strong; then
 *                                           BatchGet, 1 read each, strong
 * page of 50 by seq               Query     1 read per 4 KB, strong
 * by key, ≤ 100                   BatchGet  1 read each, strong
 * unread above a seq              Query     1 read per 4 KB, strong, newest first, up to the 100th message of others; at
 *                                           most two calls of 1 MB each
 *
 * All reads are strong: a reader finds all acknowledged messages (IM-INV-1), no recalled text (IM-FAULT-15), and an exact count
 * (IM-INV-6).
 */

const BY_SEQ = 'bySeq';
const BY_CHANGE = 'byChange';
/** A count that finds fewer than its maximum reads this much further: DynamoDB ends a page at 1 MB, content included. */
const COUNT_FURTHER = 1_000;
/** Volumes whose changes are queried at once. */
const QUERIES_AT_ONCE = 4;
const ABSENT_OR_EXPIRED = 'attribute_not_exists(pk) OR #ttl <= :nowSeconds';
const otherRev = 'NOT (rev = :ifRev OR (attribute_not_exists(rev) AND :ifRev = :zero))';
/** Longer than any send takes to store its message. */
const CLAIM_TTL_SECONDS = 3_600;

export interface MessageReaderProps {
  readonly tableName: string;
  readonly clock: Clock;
}

export interface MessageWriterProps extends MessageReaderProps {
  /** 0: forever. */
  readonly historyTtlSeconds: number;
  /** Whether a changed message says its last change and the author of it, for events (IM-EVENT-2). Up to 200 bytes of an item. */
  readonly keepsChange: boolean;
}

export function createMessageReader(
  documents: DynamoDBDocumentClient,
  { tableName, clock }: MessageReaderProps,
): MessageReader {
  /** DynamoDB deletes expired items days later. */
  const isNotExpired = (item: Item) => item['ttl'] === undefined || Number(item['ttl']) > clock() / 1000;

  async function queryBySeq(pk: string, { lowest, highest, isAscending }: Bounds, more: Item): Promise<Item> {
    const command = new QueryCommand({
      TableName: tableName,
      IndexName: BY_SEQ,
      KeyConditionExpression: 'pk = :pk AND seq BETWEEN :lowest AND :highest',
      ConsistentRead: true,
      ScanIndexForward: isAscending,
      ...more,
      ExpressionAttributeValues: {
        ':pk': pk,
        ':lowest': lowest,
        ':highest': highest,
        ...(more['ExpressionAttributeValues'] as Item | undefined),
      },
    });
    return { ...(await call(() => documents.send(command))) };
  }

  async function queryByChange(
    pk: string,
    { sinceMs, after, limit }: Omit<ChangedRange, 'volumes'>,
  ): Promise<{ readonly keys: readonly ChangeEntry[]; readonly hasMore: boolean }> {
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
    const { Items = [], LastEvaluatedKey } = await call(() => documents.send(command));
    return { keys: Items as ChangeEntry[], hasMore: LastEvaluatedKey !== undefined };
  }

  return {
    async getMany(places) {
      const keys = places.map(messageItemKey);
      const wanted = new Map(keys.map((key) => [`${key.pk}\n${key.sk}`, key]));
      const items = await batchGet(documents, tableName, [...wanted.values()]);
      return items.filter((item) => isNotExpired(item) && !isClaim(item)).map(toStored);
    },

    async page(conversationId, { limit, head, ...range }) {
      const found: Item[] = [];
      const bounds = boundsOf(range);
      for (const volume of volumesOf(bounds, head)) {
        let start: unknown;
        do {
          // One extra row shows whether there is a next page.
          const page = await queryBySeq(volumeKey(conversationId, volume), bounds, {
            Limit: limit + 1 - found.length,
            ...(start !== undefined && { ExclusiveStartKey: start }),
          });
          found.push(...((page['Items'] ?? []) as Item[]).filter(isNotExpired));
          start = page['LastEvaluatedKey'];
        } while (start !== undefined && found.length <= limit);
        if (found.length > limit) break;
      }
      return { messages: found.slice(0, limit).map(toStored), hasMore: found.length > limit };
    },

    async changed(conversationId, { volumes, ...range }) {
      const atOnce = pLimit(QUERIES_AT_ONCE);
      const pages = await Promise.all(
        volumes.map((volume) => atOnce(() => queryByChange(volumeKey(conversationId, volume), range))),
      );
      const all = pages.flatMap(({ keys }) => keys).sort(byChange);
      const keys = all.slice(0, range.limit);
      const last = keys.at(-1);
      const hasMore = all.length > keys.length || pages.some((page) => page.hasMore);
      const found = keys.map(({ pk, sk }) => ({ pk, sk }));
      const items = found.length === 0 ? [] : await batchGet(documents, tableName, found);
      const byKey = new Map(
        items.filter(isNotExpired).map((item) => [`${item['pk']}\n${item['sk']}`, toStored(item)]),
      );
      return {
        messages: keys.flatMap(({ pk, sk }) => byKey.get(`${pk}\n${sk}`) ?? []),
        count: keys.length,
        next:
          last === undefined || !hasMore
            ? undefined
            : { ...parseMessageSortKey(last.sk), changedAtMs: last.changedAt },
      };
    },

    async countOthers(conversationId, userId, { after, upTo, maximum, budget }) {
      const bounds = { lowest: after + 1, highest: upTo, isAscending: false };
      const volumes = volumesOf(bounds, upTo);
      if (volumes.length === 0) return { count: 0, mentioned: 0, isAtLeast: false };
      let count = 0;
      let mentioned = 0;
      let start: unknown;
      for (const Limit of [maximum, ...volumes.map(() => COUNT_FURTHER)]) {
        if (budget.units <= 0) break;
        const page = await queryBySeq(volumeKey(conversationId, volumes[0] ?? 0), bounds, {
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
        if (start === undefined) volumes.shift();
        if (volumes.length === 0 || count >= maximum)
          return { count: Math.min(count, maximum), mentioned, isAtLeast: false };
      }
      return { count, mentioned, isAtLeast: true };
    },
  };
}

export function createMessageWriter(
  documents: DynamoDBDocumentClient,
  { tableName, historyTtlSeconds, keepsChange, clock }: MessageWriterProps,
): MessageWriter {
  return {
    async putIfAbsent(message) {
      const existing = await put(messageItem(message, historyTtlSeconds), ABSENT_OR_EXPIRED);
      if (existing === undefined) return undefined;
      return isClaim(existing) ? 'claimed' : toStored(existing);
    },

    async claim(place) {
      const claim = {
        ...messageItemKey(place),
        claim: true,
        ttl: epochSecondsAfter(clock(), CLAIM_TTL_SECONDS),
      };
      const existing = await put(claim, `${ABSENT_OR_EXPIRED} OR attribute_exists(claim)`);
      return existing && toStored(existing);
    },

    recall: (place, contentJson, { by, atMs }, removedFiles = []) =>
      change(
        place,
        atMs,
        { kind: 'recalled', by },
        {
          set: `content = :content, recalled = :true${removedFiles.length === 0 ? '' : ', removedFiles = :files'}`,
          remove: 'mentions, replyTo, reactions, pin',
          values: {
            ':content': contentJson,
            ':true': true,
            ...(removedFiles.length > 0 && { ':files': removedFiles }),
          },
        },
      ),

    replaceContent: (place, contentJson, ifRev, { by, atMs }) =>
      change(
        place,
        atMs,
        { kind: 'edited', by },
        { set: 'content = :content', unless: otherRev, values: { ':content': contentJson, ':ifRev': ifRev } },
      ),

    edit: (place, { editId, contentJson, mentions, ifRev, by, atMs }) =>
      change(
        place,
        atMs,
        { kind: 'edited', by },
        {
          set: `content = :content, editId = :editId, editedAt = :at${mentions === undefined ? '' : ', mentions = :mentions'}`,
          ...(mentions === undefined && { remove: 'mentions' }),
          unless: `editId = :editId${ifRev === undefined ? '' : ` OR ${otherRev}`}`,
          values: {
            ':content': contentJson,
            ':editId': editId,
            ...(mentions !== undefined && { ':mentions': mentions }),
            ...(ifRev !== undefined && { ':ifRev': ifRev }),
          },
        },
      ),

    showPin: (place, pin, { by, atMs }) =>
      change(
        place,
        atMs,
        { kind: pin.pinned === undefined ? 'unpinned' : 'pinned', by },
        {
          set: 'pin = :pin',
          unless: 'pin.version >= :version',
          values: { ':pin': pin, ':version': pin.version },
        },
      ),

    touch: (place, { atMs, ...reacting }) => change(place, atMs, { kind: 'reacted', ...reacting }, {}),

    showReactions: (place, summary, { atMs, ...reacting }) =>
      change(
        place,
        atMs,
        { kind: 'reacted', ...reacting },
        {
          set: 'reactions = :summary',
          unless: 'reactions.version >= :version',
          values: { ':summary': summary, ':version': summary.version },
        },
      ),
  };

  /** Puts the item unless another one is in its place, which is returned. */
  async function put(Item: Item, ConditionExpression: string): Promise<Item | undefined> {
    const command = new PutCommand({
      TableName: tableName,
      Item,
      ConditionExpression,
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':nowSeconds': Math.floor(clock() / 1000) },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const { output, existing } = await orExisting(() => documents.send(command));
    if (output !== undefined) return undefined;
    // DynamoDB breaks its word: a condition about absence fails only because of an item.
    if (existing === undefined) throw new Error('A refused put names no item.');
    return existing;
  }

  /**
   * Changes a message that was not recalled, and counts the change. Keeps what it was, or else removes what an earlier one was,
   * from when the deployment had events.
   */
  async function change(
    place: MessagePlace,
    atMs: number,
    what: MessageChange,
    { set, remove, unless, values }: Rewrite,
  ): Promise<Change | undefined> {
    const count = 'changedAt = :at, rev = if_not_exists(rev, :zero) + :one';
    const sets = listed(set, count, keepsChange ? '#change = :change' : undefined);
    const removes = listed(remove, keepsChange ? undefined : '#change');
    const { item, isChanged } = await updateIf(documents, tableName, {
      Key: messageItemKey(place),
      UpdateExpression: `SET ${sets}${removes === '' ? '' : ` REMOVE ${removes}`}`,
      ConditionExpression: `attribute_exists(seq) AND attribute_not_exists(recalled)${unless === undefined ? '' : ` AND NOT (${unless})`}`,
      ExpressionAttributeNames: { '#change': 'change' },
      ExpressionAttributeValues: {
        ...values,
        ...{ ':at': atMs, ':zero': 0, ':one': 1 },
        ...(keepsChange && { ':change': what }),
      },
    });
    return item === undefined || isClaim(item) ? undefined : { message: toStored(item), isChanged };
  }
}

function listed(...clauses: readonly (string | undefined)[]): string {
  return clauses.filter((clause) => clause !== undefined).join(', ');
}

interface Rewrite {
  readonly set?: string;
  readonly remove?: string;
  readonly unless?: string;
  readonly values?: Item;
}

/** Inclusive. */
interface Bounds {
  readonly lowest: number;
  readonly highest: number;
  readonly isAscending: boolean;
}

function boundsOf({ after, before, from = 1 }: Omit<SeqRange, 'limit'>): Bounds {
  const highest = (before ?? Number.MAX_SAFE_INTEGER) - 1;
  return { lowest: Math.max(from, (after ?? 0) + 1), highest, isAscending: after !== undefined };
}

/** The volumes of a range of seqs, in its order. Messages above the head are in its volume at the most. */
function volumesOf({ lowest, highest, isAscending }: Bounds, head: number): number[] {
  if (lowest > highest) return [];
  const first = volumeOf(lowest);
  const last = volumeOf(Math.min(highest, head));
  const ascending = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return isAscending ? ascending : ascending.reverse();
}

/** An entry of the index byChange. */
interface ChangeEntry {
  readonly pk: string;
  readonly sk: string;
  readonly changedAt: number;
}

/** In order of last change; as in the index, the sort key decides between equal times. */
function byChange(a: ChangeEntry, b: ChangeEntry): number {
  if (a.changedAt !== b.changedAt) return a.changedAt - b.changedAt;
  return Buffer.compare(Buffer.from(a.sk), Buffer.from(b.sk));
}

function isClaim(item: Item): boolean {
  return item['claim'] === true;
}

/** The item of a message, also for transactions that write more than the message. */
export function messageItem(message: StoredMessage, historyTtlSeconds: number): Item {
  const { from, clientMsgId, seq, messageId, sentAt, contentJson, contentHash } = message;
  return {
    ...messageItemKey(message),
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

/** The message in its item. */
export function toStored(item: Item): StoredMessage {
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
    ...(item['changedAt'] !== undefined && { changedAt: Number(item['changedAt']) }),
    ...(item['change'] !== undefined && { change: item['change'] as MessageChange }),
    ...(item['editedAt'] !== undefined && { editedAt: Number(item['editedAt']) }),
    ...(item['editId'] !== undefined && { editId: String(item['editId']) }),
    ...(item['reactions'] !== undefined && { reactions: item['reactions'] as ReactionSummary }),
    ...(item['removedFiles'] !== undefined && { removedFiles: item['removedFiles'] as string[] }),
    ...(item['pin'] !== undefined && { pin: item['pin'] as PinState }),
  };
}
