import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Ban, requireNotBanned } from '../domain/model/ban.ts';
import {
  type Caller,
  isPolling,
  type Mode,
  type Presence,
  type RouteTable,
  type Session,
} from '../domain/model/session.ts';
import { BAN, bannedUntilMsIn, paidAtMsIn } from './account-table.ts';
import { type BatchGetOptions, batchGet, call, type Item, orExisting, unlessRefused } from './dynamodb.ts';

/*
 * Route table: one item per user, one attribute per device.
 *
 *   userId (PK)   'alice'
 *   d#<deviceId>  { c: connectionId, m: mode, a: connectedAtMs, e: expiresAtMs, l: leaseUntilMs, t?: typedAtMs,
 *                   i?: idleTimeoutMs, p?: frames are Protobuf, b?: in the background }
 *   seen          time of the last disconnect, epoch milliseconds
 *   paid, met     (what the user may still spend: account-table.ts)
 *   ban           (account-table.ts)
 *
 * Access                         Call        Units (strong, item of up to 10 devices ≈ 2 KB)
 * connect, claim a device        UpdateItem  1 write per KB; returns the former sessions without a read
 * ban                            UpdateItem  1 write per KB; returns the sessions without a read
 * set expiry, extend the lease,  UpdateItem  1 write per KB
 *   to the front or background
 * disconnect, remove after a 410 UpdateItem  1 write per KB; also if the condition fails
 * one caller                     GetItem     1 read
 * all devices of ≤ 100 users     BatchGet    1 read per user
 * presence of ≤ 100 users        BatchGet    half a read per user, eventually consistent
 *
 * The other reads are strong: a session that has just opened must get its messages (IM-PUSH-2), and one that has ended
 * may do nothing more (IM-REFUSE-7). Presence is as old as a lease anyway.
 *
 * Removing and renewing a device's attribute has a condition on its connectionId: a late `$disconnect` or an outdated 410
 * can never remove a newer session (IM-CONN-5, IM-FAULT-9). Connecting has one on the time of the connect, and one on the ban:
 * it costs nothing, and a ban and a connect have an order (docs/adr/0040-a-block-is-a-condition-of-the-head.md).
 */

interface StoredSession {
  readonly c: string;
  readonly m: Mode;
  readonly a: number;
  readonly e: number;
  readonly l: number;
  readonly i?: number;
  readonly p?: true;
  readonly b?: true;
}

const DEVICE = 'd#';
const STILL_HOLDS_DEVICE = '#device.#c = :connectionId';
const DEVICE_HAS_NO_SESSION = 'attribute_not_exists(#device)';
/** The ban ended before the socket was opened. */
const NOT_BANNED = '(attribute_not_exists(#ban) OR #ban.#until <= :opened)';
/** No other socket was opened later. A socket always replaces a poll, whatever the times. */
const IS_LATEST = `${DEVICE_HAS_NO_SESSION} OR #device.#a <= :connectedAtMs OR #device.#m = :polling`;

interface Condition {
  /** @default - none */
  readonly text?: string;
  readonly names?: Record<string, string>;
  readonly values?: Item;
}

function isLatest({ connectedAtMs }: Session): Condition {
  const values = { ':connectedAtMs': connectedAtMs, ':polling': 'polling' satisfies Mode };
  return { text: IS_LATEST, names: { '#a': 'a', '#m': 'm' }, values };
}

function isHeldBy(connectionId: string): Condition {
  return { text: STILL_HOLDS_DEVICE, names: { '#c': 'c' }, values: { ':connectionId': connectionId } };
}

/**
 * @param note is told the debt of every user whose item is read or replaced. @default - nobody
 */
export function createRouteTable(
  documents: DynamoDBDocumentClient,
  tableName: string,
  note: (userId: string, paidAtMs: number) => void = () => {},
): RouteTable {
  /** Debts of other users, too: they may be the next that this instance serves. */
  function noted(item: Item | undefined): Item | undefined {
    const paidAtMs = paidAtMsIn(item);
    if (paidAtMs > 0) note(String(item?.['userId']), paidAtMs);
    return item;
  }

  /** Updates a session if the device still has this connection. Returns whether it does. */
  async function updateOwn(caller: Caller, expression: string, values: Item = {}): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { userId: caller.userId },
      UpdateExpression: expression,
      ConditionExpression: STILL_HOLDS_DEVICE,
      ExpressionAttributeNames: { '#device': DEVICE + caller.deviceId, '#c': 'c', ...usedNames(expression) },
      ExpressionAttributeValues: { ':connectionId': caller.connectionId, ...values },
    });
    return (await unlessRefused(() => documents.send(command))) !== undefined;
  }

  /**
   * Returns all sessions of the user before the write, or `undefined` if the condition failed.
   * @throws {BannedError}
   */
  async function put(session: Session, condition: Condition): Promise<Session[] | undefined> {
    const { userId, deviceId, connectedAtMs } = session;
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { userId },
      UpdateExpression: 'SET #device = :session',
      ConditionExpression:
        condition.text === undefined ? NOT_BANNED : `(${condition.text}) AND ${NOT_BANNED}`,
      ExpressionAttributeNames: {
        ...{ '#device': DEVICE + deviceId, '#ban': BAN, '#until': 'until' },
        ...condition.names,
      },
      ExpressionAttributeValues: {
        ...{ ':session': toStored(session), ':opened': connectedAtMs },
        ...condition.values,
      },
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const { output, existing } = await orExisting(() => documents.send(command));
    if (output !== undefined) return sessionsIn(noted(output.Attributes));
    requireNotBanned(bannedUntilMsIn(existing), connectedAtMs);
    return undefined;
  }

  async function itemsOf(
    userIds: readonly string[],
    options?: BatchGetOptions,
  ): Promise<ReadonlyMap<string, Item | undefined>> {
    const users = [...new Set(userIds)];
    const keys = users.map((userId) => ({ userId }));
    const items = await batchGet(documents, tableName, keys, options);
    const found = new Map(items.map((item) => [String(item['userId']), noted(item)]));
    return new Map(users.map((userId) => [userId, found.get(userId)]));
  }

  return {
    connect: (session) => put(session, isPolling(session) ? {} : isLatest(session)),

    claim: (session, former) =>
      put(session, former === undefined ? { text: DEVICE_HAS_NO_SESSION } : isHeldBy(former)),

    async disconnect(caller, seenAtMs) {
      if (seenAtMs === undefined) await updateOwn(caller, 'REMOVE #device');
      else await updateOwn(caller, 'SET seen = :seen REMOVE #device', { ':seen': seenAtMs });
    },

    async find(userId, deviceId) {
      const command = new GetCommand({ TableName: tableName, Key: { userId }, ConsistentRead: true });
      const { Item } = await call(() => documents.send(command));
      return sessionOf(noted(Item), deviceId);
    },

    async sessionsOf(userIds) {
      const found = await itemsOf(userIds);
      return new Map([...found].map(([userId, item]) => [userId, sessionsIn(item)]));
    },

    async presencesOf(userIds, options) {
      const found = await itemsOf(userIds, options);
      return new Map([...found].map(([userId, item]) => [userId, presenceIn(item)]));
    },

    async noteTyping(caller, nowMs, intervalMs) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { userId: caller.userId },
        UpdateExpression: 'SET #device.#t = :now',
        ConditionExpression: `${STILL_HOLDS_DEVICE} AND #device.#e > :now AND (attribute_not_exists(#device.#t) OR #device.#t <= :before)`,
        ExpressionAttributeNames: { '#device': DEVICE + caller.deviceId, '#c': 'c', '#e': 'e', '#t': 't' },
        ExpressionAttributeValues: {
          ':connectionId': caller.connectionId,
          ':now': nowMs,
          ':before': nowMs - intervalMs,
        },
        ReturnValues: 'ALL_OLD',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const { output, existing } = await orExisting(() => documents.send(command));
      const item = output === undefined ? existing : output.Attributes;
      return { noted: output !== undefined, session: sessionOf(noted(item), caller.deviceId) };
    },

    async ban(userId, { atMs, untilMs, reason }) {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: { userId },
        UpdateExpression: 'SET #ban = :ban',
        ConditionExpression: 'attribute_not_exists(#ban) OR #ban.#at <= :at',
        ExpressionAttributeNames: { '#ban': BAN, '#at': 'at' },
        ExpressionAttributeValues: { ':ban': { at: atMs, until: untilMs, reason }, ':at': atMs },
        ReturnValues: 'ALL_OLD',
      });
      const output = await unlessRefused(() => documents.send(command));
      return output && { sessions: sessionsIn(output.Attributes), before: banIn(output.Attributes) };
    },

    setExpiry: (caller, expiresAtMs) => updateOwn(caller, 'SET #device.#e = :at', { ':at': expiresAtMs }),

    setActive: (caller, isActive) =>
      isActive
        ? updateOwn(caller, 'REMOVE #device.#b')
        : updateOwn(caller, 'SET #device.#b = :true', { ':true': true }),

    async extendLease(caller, leaseUntilMs) {
      await updateOwn(caller, 'SET #device.#l = :until', { ':until': leaseUntilMs });
    },
  };
}

/** Returns the attribute names that the expression uses: DynamoDB rejects unused ones. */
function usedNames(expression: string): Record<string, string> {
  return Object.fromEntries(
    ['b', 'e', 'l'].filter((name) => expression.includes(`.#${name}`)).map((name) => [`#${name}`, name]),
  );
}

function toStored(session: Session): StoredSession {
  const { connectionId, mode, connectedAtMs, expiresAtMs, leaseUntilMs, idleTimeoutMs, encoding } = session;
  const stored = { c: connectionId, m: mode, a: connectedAtMs, e: expiresAtMs, l: leaseUntilMs };
  return {
    ...stored,
    ...(idleTimeoutMs !== undefined && { i: idleTimeoutMs }),
    ...(encoding === 'protobuf' && { p: true }),
  };
}

function banIn(item: Item | undefined): Ban | undefined {
  const ban = item?.[BAN] as { at: number; until: number; reason?: string } | undefined;
  return ban && { atMs: ban.at, untilMs: ban.until, ...(ban.reason !== undefined && { reason: ban.reason }) };
}

function presenceIn(item: Item | undefined): Presence {
  const seen = item?.['seen'];
  const seenAtMs = typeof seen === 'number' ? seen : undefined;
  const ban = banIn(item);
  return {
    sessions: sessionsIn(item),
    seenAtMs,
    ...(ban !== undefined && { ban, bannedUntilMs: ban.untilMs }),
  };
}

function sessionOf(item: Item | undefined, deviceId: string): Session | undefined {
  return sessionsIn(item).find((session) => session.deviceId === deviceId);
}

function sessionsIn(item: Item | undefined): Session[] {
  const userId = String(item?.['userId']);
  return Object.entries(item ?? {}).flatMap(([name, value]) => {
    if (!name.startsWith(DEVICE)) return [];
    const { c, m, a, e, l, i, p, b } = value as StoredSession;
    const deviceId = name.slice(DEVICE.length);
    const times = { connectedAtMs: a, expiresAtMs: e, leaseUntilMs: l };
    const options = {
      ...(i !== undefined && { idleTimeoutMs: i }),
      ...(p && { encoding: 'protobuf' as const }),
      ...(b && { isInBackground: b }),
    };
    return [{ userId, deviceId, connectionId: c, mode: m, ...times, ...options }];
  });
}
