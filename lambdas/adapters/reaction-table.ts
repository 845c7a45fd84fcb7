import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '../../protocol/limits.ts';
import type { ReactionSummary } from '../domain/model/message.ts';
import {
  listOf,
  type Reactable,
  type ReactionOutcome,
  type ReactionReader,
  type ReactionRequest,
  type ReactionsByUser,
  type ReactionWriter,
} from '../domain/model/reaction.ts';
import { epochSecondsAfter } from '../shared/clock.ts';
import { UnavailableError } from '../shared/errors.ts';
import { sha256 } from '../shared/json.ts';
import { batchGet, batchWrite, type Item, updateIf } from './dynamodb.ts';
import { besideKey } from './message-key.ts';

/*
 * The users who reacted to each message, in the message table. Each message has a partition of its own for them,
 * <conversationId>#<messageId>, since their number is unbounded, and many may react at once. The items have no `seq` and no
 * `changedAt`, so they are in neither index.
 *
 *   sk                     attributes
 *   #r#<messageId>         version; names (list, in order of first use); u#<userId> (set of the user's names); ttl?;
 *                          shards? : then the users are in the items of the next line
 *   #r#<messageId>#<n>     version; u#<userId>; ttl?       n follows from the user
 *
 * In conversations of up to 100 members one item holds all. A first reaction in a larger one makes 16 shards: a write costs
 * a unit for each KB of its item, and an item of a thousand users has 30 KB. The number of shards never changes later.
 *
 * Access                             Call           Units
 * react, remove                      UpdateItem     1 write per KB; the answer has all that the summary is computed from
 * … in a large group                 UpdateItem     1 write per KB, and 1 more for a name that is new to the message;
 *                                    BatchGet       then 1 read for each of 16 items and each 4 KB of them, strong
 * a user's, of ≤ 100 messages        BatchGet       1 read per 4 KB each, strong
 * forget                             BatchWrite     1 write for each item
 *
 * Each write is one update, idempotent by its own condition. Transactions on one item would conflict; updates don't.
 */

const ROOT = '#r#';
const USER = 'u#';
const SHARDS = 16;
/** Each refused attempt returns the item, so the next knows it. Two suffice, unless names come and go at the same time. */
const ATTEMPTS = 8;

export function createReactionReader(documents: DynamoDBDocumentClient, tableName: string): ReactionReader {
  return {
    async ofUser(userId, messages) {
      const byKey = new Map(messages.map((message) => [placeOf(message, userId), message]));
      const keys = [...byKey].map(([sk, message]) => ({ pk: besideKey(message), sk }));
      const items = await batchGet(documents, tableName, keys, { only: ['sk', USER + userId] });
      const found = new Map(items.map((item) => [item['sk'], namesOf(item, userId)]));
      return new Map([...byKey].map(([sk, { messageId }]) => [messageId, found.get(sk) ?? new Set()]));
    },
  };
}

export interface ReactionWriterProps {
  readonly tableName: string;
  /** 0: forever. */
  readonly historyTtlSeconds: number;
}

export function createReactionWriter(
  documents: DynamoDBDocumentClient,
  { tableName, historyTtlSeconds }: ReactionWriterProps,
): ReactionWriter {
  return {
    react: (message, request) => (request.on ? add(message, request) : takeBack(message, request)),

    async forget(message) {
      const pk = besideKey(message);
      const requests = placesOf(message.messageId, message.reactions).map((sk) => ({
        DeleteRequest: { Key: { pk, sk } },
      }));
      // Leftovers are harmless: nothing reads the reactions of a recalled message.
      await batchWrite(documents, tableName, requests);
    },
  };

  async function add(message: Reactable, request: ReactionRequest): Promise<ReactionOutcome> {
    let root = guessRoot(message, request);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (root.isSharded && root.names.includes(request.name)) return changeShard(message, request);
      const naming = await namingOf(message, root, request.name);
      if (naming === undefined) return 'full';
      const ofUser = root.isSharded ? SHARDING : both(NOT_SHARDED, adding(request));
      const { item, isChanged } = await update(message, ROOT + message.messageId, both(naming, ofUser));
      const now = toRoot(item);
      if (!now.isSharded) {
        const isThere = namesOf(item, request.userId).has(request.name);
        if (isChanged || isThere) return toOutcome(message, isChanged, [item]);
        if (namesOf(item, request.userId).size >= LIMITS.reactionsPerUser) return 'full';
      }
      root = now;
    }
    throw new UnavailableError();
  }

  async function takeBack(message: Reactable, request: ReactionRequest): Promise<ReactionOutcome> {
    if (isSharded(message)) return changeShard(message, request);
    const clauses = both(NOT_SHARDED, removing(request));
    const { item, isChanged } = await update(message, ROOT + message.messageId, clauses);
    return toRoot(item).isSharded ? changeShard(message, request) : toOutcome(message, isChanged, [item]);
  }

  async function changeShard(message: Reactable, request: ReactionRequest): Promise<ReactionOutcome> {
    const sk = shardOf(message.messageId, request.userId);
    const { item, isChanged } = await update(message, sk, request.on ? adding(request) : removing(request));
    const names = namesOf(item, request.userId);
    if (request.on && !names.has(request.name)) return 'full';
    return toOutcome(message, isChanged, await readAll(message));
  }

  /** How the root gets the name, or `undefined` if it has no room. */
  async function namingOf(message: Reactable, root: Root, name: string): Promise<Clauses | undefined> {
    const most = LIMITS.reactionsPerMessage;
    if (root.names.includes(name))
      return {
        conditions: ['contains(#names, :name)'],
        names: { '#names': 'names' },
        values: { ':name': name },
      };
    if (root.names.length < most) {
      return {
        sets: ['#names = list_append(if_not_exists(#names, :none), :new)'],
        conditions: [
          '(attribute_not_exists(#names) OR (NOT contains(#names, :name) AND size(#names) < :mostNames))',
        ],
        names: { '#names': 'names' },
        values: { ':name': name, ':none': [], ':new': [name], ':mostNames': most },
      };
    }
    // Names without a user make room.
    const byUser = usersIn(root.isSharded ? await readAll(message) : [root.item]);
    const used = listOf(root.names, byUser, undefined).map((reaction) => reaction.name);
    if (used.length >= most) return undefined;
    return {
      sets: ['#names = :names'],
      conditions: ['version = :version'],
      names: { '#names': 'names' },
      values: { ':names': [...used, name], ':version': root.version },
    };
  }

  async function readAll(message: Reactable): Promise<Item[]> {
    const pk = besideKey(message);
    return batchGet(
      documents,
      tableName,
      placesOf(message.messageId, { shards: SHARDS }).map((sk) => ({ pk, sk })),
    );
  }

  async function update(
    message: Reactable,
    sk: string,
    { sets = [], adds = [], deletes = [], conditions, names, values }: Clauses,
  ): Promise<{ readonly item: Item; readonly isChanged: boolean }> {
    const expires = historyTtlSeconds > 0;
    const actions = {
      SET: [...sets, ...(expires ? ['#ttl = :ttl'] : [])],
      ADD: ['version :one', ...adds],
      DELETE: deletes,
    };
    const { item = {}, isChanged } = await updateIf(documents, tableName, {
      Key: { pk: besideKey(message), sk },
      UpdateExpression: Object.entries(actions)
        .filter(([, clauses]) => clauses.length > 0)
        .map(([verb, clauses]) => `${verb} ${clauses.join(', ')}`)
        .join(' '),
      ConditionExpression: conditions.join(' AND '),
      ExpressionAttributeNames: { ...names, ...(expires && { '#ttl': 'ttl' }) },
      ExpressionAttributeValues: {
        ...values,
        ':one': 1,
        ...(expires && { ':ttl': epochSecondsAfter(message.sentAt, historyTtlSeconds) }),
      },
    });
    return { item, isChanged };
  }
}

/** Parts of one update. */
interface Clauses {
  readonly sets?: readonly string[];
  readonly adds?: readonly string[];
  readonly deletes?: readonly string[];
  readonly conditions: readonly string[];
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
}

function both(a: Clauses, b: Clauses): Clauses {
  return {
    sets: [...(a.sets ?? []), ...(b.sets ?? [])],
    adds: [...(a.adds ?? []), ...(b.adds ?? [])],
    deletes: [...(a.deletes ?? []), ...(b.deletes ?? [])],
    conditions: [...a.conditions, ...b.conditions],
    names: { ...a.names, ...b.names },
    values: { ...a.values, ...b.values },
  };
}

const NOT_SHARDED: Clauses = { conditions: ['attribute_not_exists(shards)'] };
/** Only an item without users becomes the root of shards. */
const SHARDING: Clauses = {
  sets: ['shards = :shards'],
  conditions: ['(attribute_not_exists(version) OR attribute_exists(shards))'],
  values: { ':shards': SHARDS },
};

function adding({ userId, name }: ReactionRequest): Clauses {
  return {
    adds: ['#user :these'],
    conditions: ['(attribute_not_exists(#user) OR (NOT contains(#user, :name) AND size(#user) < :most))'],
    names: { '#user': USER + userId },
    values: { ':these': new Set([name]), ':name': name, ':most': LIMITS.reactionsPerUser },
  };
}

function removing({ userId, name }: ReactionRequest): Clauses {
  return {
    deletes: ['#user :these'],
    conditions: ['contains(#user, :name)'],
    names: { '#user': USER + userId },
    values: { ':these': new Set([name]), ':name': name },
  };
}

/** The item that holds the names, and the users unless there are shards. */
interface Root {
  readonly names: readonly string[];
  readonly isSharded: boolean;
  readonly version: number;
  readonly item: Item;
}

function toRoot(item: Item): Root {
  return {
    names: (item['names'] as string[] | undefined) ?? [],
    isSharded: item['shards'] !== undefined,
    version: Number(item['version'] ?? 0),
    item,
  };
}

/** Guesses the root item from the message. The update's condition detects a wrong guess. */
function guessRoot(message: Reactable, { name, isLarge }: ReactionRequest): Root {
  const { reactions } = message;
  const names = reactions?.list.some((shown) => shown.name === name) ? [name] : [];
  return { ...toRoot({}), names, isSharded: reactions === undefined ? isLarge : isSharded(message) };
}

function isSharded({ reactions }: Reactable): boolean {
  return reactions !== undefined && reactions.shards > 1;
}

function toOutcome({ reactions }: Reactable, isChanged: boolean, items: readonly Item[]): ReactionOutcome {
  const roots = items.map(toRoot);
  const list = listOf(
    roots.flatMap(({ names }) => names),
    usersIn(items),
    reactions,
  );
  const version = roots.reduce((sum, root) => sum + root.version, 0);
  return { isChanged, summary: { version, shards: roots.some((root) => root.isSharded) ? SHARDS : 1, list } };
}

function usersIn(items: readonly Item[]): ReactionsByUser {
  const users = items.flatMap((item) =>
    Object.keys(item)
      .filter((key) => key.startsWith(USER))
      .map((key) => [key.slice(USER.length), item[key] as Set<string>] as const),
  );
  return new Map(users);
}

function namesOf(item: Item, userId: string): ReadonlySet<string> {
  return (item[USER + userId] as Set<string> | undefined) ?? new Set();
}

function placeOf(message: Reactable, userId: string): string {
  return isSharded(message) ? shardOf(message.messageId, userId) : ROOT + message.messageId;
}

function shardOf(messageId: string, userId: string): string {
  return `${ROOT}${messageId}#${Buffer.from(sha256(userId), 'base64').readUInt8() % SHARDS}`;
}

function placesOf(
  messageId: string,
  { shards = 1 }: Partial<Pick<ReactionSummary, 'shards'>> = {},
): string[] {
  const root = ROOT + messageId;
  return shards === 1 ? [root] : [root, ...Array.from({ length: shards }, (_, shard) => `${root}#${shard}`)];
}
