import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { parseConversationId, peerOf } from '../../protocol/ids.ts';
import type { Chat } from '../domain/model/chat.ts';
import type {
  ConversationReader,
  ConversationWriter,
  GroupFacts,
  Head,
  Membership,
  SeqAllocator,
} from '../domain/model/conversation.ts';
import type { StoredSettings } from '../domain/model/settings.ts';
import { type VolumeStart, volumeOf } from '../domain/model/volume.ts';
import { AFTER_DEPARTURES, departedFrom, departuresFrom } from './departures.ts';
import {
  batchGet,
  call,
  callDespiteTransactions,
  type Item,
  orExisting,
  transact,
  unlessRefused,
} from './dynamodb.ts';
import { parseMessageSortKey } from './message-key.ts';

/*
 * Conversation table.
 *
 *   pk                 sk                attributes
 *   <conversationId>   'head'            head: the highest allocated seq, tail: sort key of the message that got it,
 *                                        at: when; changedAt?: when a message of volume 0 last changed,
 *                                        changedAt#<v>? of others; volume?, starts?: the latest volume with a known start,
 *                                        and the starts of the last 24 h (list of volume, atMs);
 *                                        imported?, importing?, importWaits? (import-table.ts);
 *                                        in a direct conversation also l#<userId>: the last seq of this user, blockedBy?
 *                                        (set): who has blocked the other one; before the first message only that;
 *                                        in a group also name, admins (set), memberCount, openHistory, pins?,
 *                                        posting?, slow? (seconds), removedSeq?, outbox? (set: group-table.ts);
 *                                        in a support chat also chat (map), closed?
 *   <conversationId>   '#pins'           (pinned messages: pin-table.ts)
 *   u#<userId>         <conversationId>  readSeq, settings? (map: model/settings.ts); in a group also
 *                                        visibleFrom, left?, turn? (seq-allocation.ts)
 *   u#<userId>         #left#…           (departures: departures.ts)
 *   u#<userId>         #block#…, #contact#…, #count#…   (blocks and contacts: user-list.ts)
 *   p#<userId>         profile           (profile-table.ts)
 *   g:<ULID>, cs:…     m#<userId>        joinedSeq, left?   (members: group-table.ts, desk-transaction.ts)
 *
 * Access                              Call          Units
 * next seq                            (seq-allocation.ts)
 * mark of a changed message            UpdateItem    1 write
 * create a direct conversation        TransactWrite 6 writes, once
 * head of one, of 100                 GetItem, BatchGet   1 read each, strong
 * membership, cursor; 100 of them     GetItem, BatchGet   1 read each, strong
 * read cursor, settings               UpdateItem    1 write
 * a user's conversations, paged,      Query         1 read per 4 KB ≈ 40 rows, 25 with settings; strong
 *   and first the departures since
 *
 * All reads are strong: a client that compares heads must find all acknowledged messages (IM-HELLO-3), a new member may read
 * at once, and a removed one may not (IM-INV-5). A client that missed the push of a peer's read cursor gets the cursor here.
 *
 * The head never contains message content: a recall would have to redact it here, too.
 */

export const HEAD = 'head';
/** More are no longer cheaper than the whole list. */
const MAX_DEPARTED = 100;
export const LAST = 'l#';
export const BLOCKED_BY = 'blockedBy';
/** The task that imports the conversation (import-table.ts). */
export const IMPORTING = 'importing';

export function createConversationReader(
  documents: DynamoDBDocumentClient,
  tableName: string,
): ConversationReader {
  return {
    async head(conversationId) {
      const key = { pk: conversationId, sk: HEAD };
      const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true });
      const { Item } = await call(() => documents.send(command));
      return Item === undefined ? { seq: 0, atMs: 0 } : toHead(Item);
    },

    async heads(conversationIds) {
      const keys = conversationIds.map((conversationId) => ({ pk: conversationId, sk: HEAD }));
      const items = await batchGet(documents, tableName, keys);
      return new Map(items.map((item) => [String(item['pk']), toHead(item)]));
    },

    async membership(userId, conversationId) {
      const command = new GetCommand({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        ConsistentRead: true,
      });
      const { Item } = await call(() => documents.send(command));
      return Item === undefined || Item['left'] === true ? undefined : toMembership(Item);
    },

    async membershipsIn(userId, conversationIds) {
      const keys = conversationIds.map((conversationId) => memberKey(userId, conversationId));
      const items = await batchGet(documents, tableName, keys);
      return items.filter((item) => item['left'] !== true).map(toMembership);
    },

    async memberships(userId, { after = AFTER_DEPARTURES, limit, departedSinceMs }) {
      const pk = memberPartition(userId);
      const command = new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND sk > :after',
        // Rarely filters anything: rows have `left` only between the two steps of a removal.
        FilterExpression: 'attribute_not_exists(#left)',
        ExpressionAttributeNames: { '#left': 'left' },
        ExpressionAttributeValues: {
          ':pk': pk,
          ':after': departedSinceMs === undefined ? after : departuresFrom(departedSinceMs),
        },
        ConsistentRead: true,
        Limit: limit,
      });
      const memberships: Membership[] = [];
      const departed: string[] = [];
      do {
        const { Items = [], LastEvaluatedKey: last } = await call(() => documents.send(command));
        for (const item of Items) {
          const left = departedFrom(item);
          if (left === undefined) memberships.push(toMembership(item));
          else departed.push(left);
        }
        const hasMoreDeparted = last !== undefined && departedFrom(last) !== undefined;
        const readsThem = hasMoreDeparted && departed.length <= MAX_DEPARTED;
        command.input.ExclusiveStartKey = hasMoreDeparted && !readsThem ? { pk, sk: AFTER_DEPARTURES } : last;
        // With a small page, each query would read only a few departures.
        command.input.Limit = Math.max(readsThem ? MAX_DEPARTED : 1, limit - memberships.length);
      } while (command.input.ExclusiveStartKey !== undefined && memberships.length < limit);
      const hasAll = departedSinceMs !== undefined && departed.length <= MAX_DEPARTED;
      return {
        memberships: memberships.slice(0, limit),
        ...(hasAll && { departed: [...new Set(departed)] }),
      };
    },

    async membershipsOf(members) {
      const keys = members.map(({ userId, conversationId }) => memberKey(userId, conversationId));
      const items = await batchGet(documents, tableName, keys);
      return items
        .filter((item) => item['left'] !== true)
        .map((item) => ({ userId: String(item['pk']).slice(MEMBER.length), ...toMembership(item) }));
    },

    async readSeqs(memberships) {
      const keys = memberships.map(({ userId, conversationId }) => memberKey(userId, conversationId));
      const items = await batchGet(documents, tableName, keys);
      return items.map((item) => {
        const { conversationId, readSeq } = toMembership(item);
        return { userId: String(item['pk']).slice(MEMBER.length), conversationId, readSeq };
      });
    },
  };
}

export function createConversationWriter(
  documents: DynamoDBDocumentClient,
  tableName: string,
): Omit<ConversationWriter, keyof SeqAllocator> {
  return {
    async markChanged({ conversationId, seq }, atMs, by) {
      const peer = by === undefined ? undefined : peerIn(conversationId, by);
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { pk: conversationId, sk: HEAD },
        UpdateExpression: 'SET #changedAt = :at',
        // The highest time counts: a slow mark must not hide a later one.
        ConditionExpression: `attribute_exists(pk) AND (attribute_not_exists(#changedAt) OR #changedAt < :at)${peer === undefined ? '' : ` AND ${NOT_BLOCKED}`}`,
        ExpressionAttributeNames: {
          '#changedAt': changedAtIn(volumeOf(seq)),
          ...(peer !== undefined && { '#blockedBy': BLOCKED_BY }),
        },
        ExpressionAttributeValues: { ':at': atMs, ...(peer !== undefined && { ':peer': peer }) },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const { existing } = await orExisting(() => callDespiteTransactions(() => documents.send(command)));
      return peer === undefined || !blockersIn(existing).includes(peer);
    },

    async createDirect(conversationId, users) {
      const head = {
        TableName: tableName,
        Key: { pk: conversationId, sk: HEAD },
        // An Update, which keeps `blockedBy`.
        UpdateExpression: 'SET #head = :zero, #at = :zero, #last0 = :zero, #last1 = :zero',
        ConditionExpression: 'attribute_not_exists(#head)',
        ExpressionAttributeNames: {
          '#head': 'head',
          '#at': 'at',
          '#last0': LAST + users[0],
          '#last1': LAST + users[1],
        },
        ExpressionAttributeValues: { ':zero': 0 },
      };
      const members = users.map((userId) => ({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        // An Update, which keeps the read cursor if the row exists.
        UpdateExpression: 'SET readSeq = if_not_exists(readSeq, :zero)',
        ExpressionAttributeValues: { ':zero': 0 },
      }));
      // If the condition fails, someone else has created the conversation.
      await transact(
        documents,
        [head, ...members].map((Update) => ({ Update })),
      );
    },

    async advanceRead(userId, conversationId, seq) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        UpdateExpression: 'SET readSeq = :seq',
        ConditionExpression: 'readSeq < :seq',
        ExpressionAttributeValues: { ':seq': seq },
      });
      // The row takes part in the transaction that removes its member.
      const output = await unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
      return output !== undefined;
    },

    async setSettings(userId, conversationId, settings) {
      const isFirst = settings.version === 1;
      const command = new UpdateCommand({
        TableName: tableName,
        Key: memberKey(userId, conversationId),
        UpdateExpression: 'SET settings = :settings',
        // The row ends with the membership, and takes the settings with it.
        ConditionExpression: `attribute_exists(pk) AND attribute_not_exists(#left) AND ${
          isFirst ? 'attribute_not_exists(settings)' : 'settings.version = :before'
        }`,
        ExpressionAttributeNames: { '#left': 'left' },
        ExpressionAttributeValues: {
          ':settings': settings,
          ...(!isFirst && { ':before': settings.version - 1 }),
        },
      });
      const output = await unlessRefused(() => callDespiteTransactions(() => documents.send(command)));
      return output !== undefined;
    },
  };
}

/** The peer has not blocked the user. For a direct conversation only. */
export const NOT_BLOCKED = '(attribute_not_exists(#blockedBy) OR NOT contains(#blockedBy, :peer))';

/** The other user of a direct conversation; `undefined` in a group or a support chat. */
export function peerIn(conversationId: string, userId: string): string | undefined {
  const conversation = parseConversationId(conversationId);
  return conversation && peerOf(conversation, userId);
}

export function blockersIn(head: Item | undefined): readonly string[] {
  return [...((head?.[BLOCKED_BY] as Set<string> | undefined) ?? [])];
}

const CHANGED_AT = 'changedAt';

export function changedAtIn(volume: number): string {
  return volume === 0 ? CHANGED_AT : `${CHANGED_AT}#${volume}`;
}

const MEMBER = 'u#';

export function memberPartition(userId: string): string {
  return MEMBER + userId;
}

export function memberKey(userId: string, conversationId: string): Item {
  return { pk: memberPartition(userId), sk: conversationId };
}

/** The membership in its row. */
export function toMembership(item: Item): Membership {
  const turn = item['turn'] as { readonly at: number; readonly s: number; readonly id: string } | undefined;
  return {
    conversationId: String(item['sk']),
    readSeq: Number(item['readSeq'] ?? 0),
    visibleFrom: Number(item['visibleFrom'] ?? 1),
    ...(item['settings'] !== undefined && { settings: item['settings'] as StoredSettings }),
    ...(turn !== undefined && { turn: { atMs: turn.at, seconds: turn.s, clientMsgId: turn.id } }),
  };
}

function toHead(item: Item): Head {
  const tail = item['tail'];
  const group = toGroup(item);
  const blockedBy = blockersIn(item);
  const lastSeqs = Object.entries(item).flatMap(([name, seq]) =>
    name.startsWith(LAST) ? [[name.slice(LAST.length), Number(seq)] as const] : [],
  );
  const changes = Object.entries(item).flatMap(([name, atMs]) =>
    name.startsWith(CHANGED_AT) ? [[Number(name.slice(CHANGED_AT.length + 1)), Number(atMs)] as const] : [],
  );
  return {
    seq: Number(item['head'] ?? 0),
    atMs: Number(item['at'] ?? 0),
    ...(changes.length > 0 && { changes: new Map(changes) }),
    ...(item['starts'] !== undefined && { starts: item['starts'] as VolumeStart[] }),
    ...(typeof tail === 'string' && { tail: parseMessageSortKey(tail) }),
    ...(lastSeqs.length > 0 && { lastSeqs: new Map(lastSeqs) }),
    ...(blockedBy.length > 0 && { blockedBy }),
    ...(item[IMPORTING] !== undefined && { isBeingImported: true }),
    ...(group !== undefined && { group }),
    ...(item['chat'] !== undefined && {
      chat: { conversationId: String(item['pk']), ...(item['chat'] as Omit<Chat, 'conversationId'>) },
    }),
  };
}

function toGroup(item: Item): GroupFacts | undefined {
  if (item['memberCount'] === undefined) return undefined;
  return {
    name: String(item['name']),
    admins: [...((item['admins'] as Set<string> | undefined) ?? [])].sort(),
    memberCount: Number(item['memberCount']),
    openHistory: item['openHistory'] === true,
    ...(item['pins'] === 'members' && { pins: 'members' }),
    ...(item['posting'] === 'admins' && { posting: 'admins' }),
    ...(item['slow'] !== undefined && { slowModeSeconds: Number(item['slow']) }),
  };
}
