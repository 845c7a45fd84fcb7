import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Mode, RouteTable, Session, Speaker } from '../domain/session.ts';
import { batchGet, call, type Item, isConditionFailed } from './dynamodb.ts';

/*
 * Route table: one item a user, one attribute a device.
 *
 *   userId (PK)   'alice'
 *   d#<deviceId>  { c: connectionId, m: mode, a: connectedAtMs, e: expiresAtMs, l: leaseUntilMs }
 *
 * Access                         Call        Units (strong, item of up to 10 devices ≈ 2 KB)
 * connect, claim a device         UpdateItem  1 write per KB; returns the former sessions for nothing
 * move a session's end, its lease UpdateItem  1 write per KB
 * disconnect, heal a 410         UpdateItem  1 write per KB; also when the condition fails
 * one speaker                    GetItem     1 read
 * all devices of ≤ 100 users     BatchGet    1 read a user
 *
 * A device's attribute changes only on condition of its connectionId: a late `$disconnect` or a stale 410 can never
 * take a newer session away (IM-CONN-5, fault 9).
 */

interface StoredSession {
  readonly c: string;
  readonly m: Mode;
  readonly a: number;
  readonly e: number;
  readonly l: number;
}

const DEVICE = 'd#';
const STILL_HOLDS_DEVICE = '#device.#c = :connectionId';
const NOBODY_HOLDS_DEVICE = 'attribute_not_exists(#device)';

export function createRouteTable(documents: DynamoDBDocumentClient, tableName: string): RouteTable {
  /** Returns whether the connection still held its device. */
  async function updateOwn(speaker: Speaker, expression: string, values: Item = {}): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { userId: speaker.userId },
      UpdateExpression: expression,
      ConditionExpression: STILL_HOLDS_DEVICE,
      ExpressionAttributeNames: { '#device': DEVICE + speaker.deviceId, '#c': 'c', ...names(expression) },
      ExpressionAttributeValues: { ':connectionId': speaker.connectionId, ...values },
    });
    try {
      await call(() => documents.send(command));
      return true;
    } catch (error) {
      if (isConditionFailed(error)) return false;
      throw error;
    }
  }

  /** Returns what was there before, or `undefined` if the condition failed. */
  async function put(session: Session, condition?: string, former?: string): Promise<Session[] | undefined> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { userId: session.userId },
      UpdateExpression: 'SET #device = :session',
      ...(condition !== undefined && { ConditionExpression: condition }),
      ExpressionAttributeNames: {
        '#device': DEVICE + session.deviceId,
        ...(condition === STILL_HOLDS_DEVICE && { '#c': 'c' }),
      },
      ExpressionAttributeValues: {
        ':session': toStored(session),
        ...(former !== undefined && { ':connectionId': former }),
      },
      ReturnValues: 'ALL_OLD',
    });
    try {
      const { Attributes } = await call(() => documents.send(command));
      return sessionsIn(Attributes);
    } catch (error) {
      if (isConditionFailed(error)) return undefined;
      throw error;
    }
  }

  return {
    connect: async (session) => (await put(session)) ?? [],

    claim: (session, former) =>
      former === undefined ? put(session, NOBODY_HOLDS_DEVICE) : put(session, STILL_HOLDS_DEVICE, former),

    async disconnect(speaker) {
      await updateOwn(speaker, 'REMOVE #device');
    },

    async find(userId, deviceId) {
      const command = new GetCommand({ TableName: tableName, Key: { userId }, ConsistentRead: true });
      const { Item } = await call(() => documents.send(command));
      return sessionsIn(Item).find((session) => session.deviceId === deviceId);
    },

    async sessionsOf(userIds) {
      const users = [...new Set(userIds)];
      if (users.length === 0) return new Map();
      const items = await batchGet(
        documents,
        tableName,
        users.map((userId) => ({ userId })),
      );
      const found = new Map(items.map((item) => [String(item['userId']), sessionsIn(item)]));
      return new Map(users.map((userId) => [userId, found.get(userId) ?? []]));
    },

    setExpiry: (speaker, expiresAtMs) => updateOwn(speaker, 'SET #device.#e = :at', { ':at': expiresAtMs }),

    async extendLease(speaker, leaseUntilMs) {
      await updateOwn(speaker, 'SET #device.#l = :until', { ':until': leaseUntilMs });
    },
  };
}

/** DynamoDB refuses names that the expressions don't use. */
function names(expression: string): Record<string, string> {
  return Object.fromEntries(
    ['e', 'l'].filter((name) => expression.includes(`#${name} `)).map((name) => [`#${name}`, name]),
  );
}

function toStored({ connectionId, mode, connectedAtMs, expiresAtMs, leaseUntilMs }: Session): StoredSession {
  return { c: connectionId, m: mode, a: connectedAtMs, e: expiresAtMs, l: leaseUntilMs };
}

function sessionsIn(item: Item | undefined): Session[] {
  const userId = String(item?.['userId']);
  return Object.entries(item ?? {}).flatMap(([name, value]) => {
    if (!name.startsWith(DEVICE)) return [];
    const { c, m, a, e, l } = value as StoredSession;
    const deviceId = name.slice(DEVICE.length);
    return [
      { userId, deviceId, connectionId: c, mode: m, connectedAtMs: a, expiresAtMs: e, leaseUntilMs: l },
    ];
  });
}
