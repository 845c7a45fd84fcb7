import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type {
  PushDevice,
  PushDeviceReader,
  PushDeviceWriter,
  PushTarget,
} from '../domain/model/push-registration.ts';
import { UnavailableError } from '../shared/errors.ts';
import { sha256 } from '../shared/json.ts';
import { memberPartition } from './conversation-table.ts';
import { batchGet, call, type Item, transact, unlessRefused } from './dynamodb.ts';

/*
 * Devices that get notifications, in the conversation table (docs/adr/0057-notifications-beside-the-offline-queue.md).
 *
 *   pk                sk          attributes
 *   u#<userId>        '#devices'  v: grows with each change; a map for each device:
 *                                 d#<deviceId>  { p: provider, t: endpoint or token, h: its hash, k?, a?: a browser's keys, at, arn? }
 *   push#<hash>       '#devices'  userId, deviceId: whose it is
 *
 * Access                      Call                       Units (item of up to 2 devices ≈ 1 KB)
 * devices of ≤ 100 users      BatchGet                   1 read per 4 KB, strong: a log-out counts at once
 * register, as it is already  BatchGet                   2 reads
 * register                    BatchGet → TransactWrite   2 reads, 4 writes; 6 to 8 if it replaces or moves one; 2 more for each KB
 * unregister                  GetItem → TransactWrite    1 read, 2 writes and 2 a device; 2 more for each KB
 * forget                      TransactWrite              4 writes
 * keep an endpoint            UpdateItem                 1 write per KB
 *
 * Both kinds of rows change in one transaction: while a target's row names a device, that device has the target, and no other device has.
 */

/** Before departures and memberships, which are read as one range (departures.ts). */
const SORT_KEY = '#devices';
const DEVICE = 'd#';
const ATTEMPTS = 5;
/** Of an item with as many devices as a user may have, and the longest endpoints. */
const LARGEST_ITEM_KB = 26;

interface StoredDevice {
  readonly p: PushTarget['provider'];
  readonly t: string;
  readonly h: string;
  readonly k?: string;
  readonly a?: string;
  readonly at: number;
  readonly arn?: string;
}

type Devices = ReadonlyMap<string, StoredDevice>;

interface Kept {
  readonly version: number;
  readonly devices: Devices;
}

export function createPushDeviceReader(
  documents: DynamoDBDocumentClient,
  tableName: string,
): PushDeviceReader {
  return {
    async devicesOf(userIds) {
      const items = await batchGet(documents, tableName, userIds.map(pushDevicesKey));
      return new Map(
        items
          .map((item) => [userIn(item), [...devicesIn(item)].map(toDevice)] as const)
          .filter(([, devices]) => devices.length > 0),
      );
    },
  };
}

export interface PushDeviceWriterProps {
  readonly tableName: string;
  readonly clock: () => number;
}

export function createPushDeviceWriter(
  documents: DynamoDBDocumentClient,
  { tableName: TableName, clock }: PushDeviceWriterProps,
): PushDeviceWriter {
  const deleteOwner = ({ h }: Pick<StoredDevice, 'h'>) => ({ Delete: { TableName, Key: ownerKey(h) } });

  return {
    async register(userId, deviceId, target, maximum) {
      const added = toStored(target, clock());
      let writtenKb = 0;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const [item, owner] = await readBoth(userId, added.h);
        const { version, devices } = keptIn(item);
        const isOwn = owner?.['userId'] === userId;
        const before = devices.get(deviceId);
        if (isOwn && owner['deviceId'] === deviceId && isSame(before, added)) return writtenKb;
        const moved = isOwn && owner['deviceId'] !== deviceId ? [String(owner['deviceId'])] : [];
        const left = [...devices.keys()].filter((id) => id !== deviceId && !moved.includes(id));
        const replaced = left.length < maximum ? [] : [oldest(devices, left)];
        // Another device's row is only updated: its owner's row is part of the transaction, so it still has the target.
        const former =
          owner !== undefined && !isOwn
            ? [{ Update: without(String(owner['userId']), [String(owner['deviceId'])]) }]
            : [];
        const gone = [before, ...replaced.map((id) => devices.get(id))].filter(
          (device) => device !== undefined && device.h !== added.h,
        );
        const after = new Map(devices);
        for (const id of [...moved, ...replaced]) after.delete(id);
        after.set(deviceId, added);
        // Nobody has read the other user's item.
        writtenKb += kbOf(devices, after) + 1 + gone.length + (former.length > 0 ? LARGEST_ITEM_KB : 0);
        const isDone = await transact(documents, [
          { Update: changed(userId, version, { [deviceId]: added }, [...moved, ...replaced]) },
          { Put: owning(added.h, { userId, deviceId }, owner) },
          ...former,
          ...gone.map((device) => deleteOwner(device as StoredDevice)),
        ]);
        if (isDone) return writtenKb;
      }
      throw new UnavailableError();
    },

    async unregister(userId, deviceId) {
      let writtenKb = 0;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const command = new GetCommand({ TableName, Key: pushDevicesKey(userId), ConsistentRead: true });
        const { Item } = await call(() => documents.send(command));
        const { version, devices } = keptIn(Item);
        const ids = [...devices.keys()].filter((id) => deviceId === undefined || id === deviceId);
        if (ids.length === 0) return writtenKb;
        const owners = ids.flatMap((id) => devices.get(id) ?? []).map(deleteOwner);
        writtenKb += kbOf(devices) + owners.length;
        const isDone = await transact(documents, [{ Update: changed(userId, version, {}, ids) }, ...owners]);
        if (isDone) return writtenKb;
      }
      throw new UnavailableError();
    },

    async forget(userId, { deviceId, hash }) {
      await transact(documents, [
        {
          Update: {
            ...without(userId, [deviceId]),
            ConditionExpression: '#d0.#h = :hash',
            ExpressionAttributeNames: { '#d0': DEVICE + deviceId, '#h': 'h' },
            ExpressionAttributeValues: { ':one': 1, ':hash': hash },
          },
        },
        deleteOwner({ h: hash }),
      ]);
    },

    async keepEndpoint(userId, { deviceId, hash }, endpointArn) {
      const command = new UpdateCommand({
        TableName,
        Key: pushDevicesKey(userId),
        UpdateExpression: 'SET #device.#arn = :arn',
        ConditionExpression: '#device.#h = :hash',
        ExpressionAttributeNames: { '#device': DEVICE + deviceId, '#arn': 'arn', '#h': 'h' },
        ExpressionAttributeValues: { ':arn': endpointArn, ':hash': hash },
      });
      await unlessRefused(() => documents.send(command));
    },
  };

  async function readBoth(
    userId: string,
    hash: string,
  ): Promise<readonly [Item | undefined, Item | undefined]> {
    const keys = [pushDevicesKey(userId), ownerKey(hash)];
    const items = await batchGet(documents, TableName, keys);
    const [own, owner] = keys.map(({ pk }) => items.find((item) => item['pk'] === pk));
    return [own, owner];
  }

  function without(userId: string, deviceIds: readonly string[]) {
    const names = deviceIds.map((id, index) => [`#d${index}`, DEVICE + id] as const);
    return {
      TableName,
      Key: pushDevicesKey(userId),
      UpdateExpression: `REMOVE ${names.map(([name]) => name).join(', ')} ADD v :one`,
      ExpressionAttributeNames: Object.fromEntries(names),
      ExpressionAttributeValues: { ':one': 1 } as Item,
    };
  }

  /** Changes the devices of a user on condition that nothing else has. */
  function changed(
    userId: string,
    version: number,
    added: Readonly<Record<string, StoredDevice>>,
    removed: readonly string[],
  ) {
    const sets = Object.entries(added).map(([id, device], index) => ({ id, device, name: `#s${index}` }));
    const removal = removed.map((id, index) => [`#d${index}`, DEVICE + id] as const);
    const parts = [
      sets.length > 0 && `SET ${sets.map(({ name }, index) => `${name} = :s${index}`).join(', ')}`,
      removal.length > 0 && `REMOVE ${removal.map(([name]) => name).join(', ')}`,
      'ADD v :one',
    ];
    return {
      TableName,
      Key: pushDevicesKey(userId),
      UpdateExpression: parts.filter(Boolean).join(' '),
      ConditionExpression: version === 0 ? 'attribute_not_exists(v)' : 'v = :version',
      ExpressionAttributeNames: {
        ...Object.fromEntries(removal),
        ...Object.fromEntries(sets.map(({ id, name }) => [name, DEVICE + id])),
      },
      ExpressionAttributeValues: {
        ':one': 1,
        ...(version > 0 && { ':version': version }),
        ...Object.fromEntries(sets.map(({ device }, index) => [`:s${index}`, device])),
      },
    };
  }

  /** Makes the device the owner of a target on condition that its owner is the one that was read. */
  function owning(
    hash: string,
    of: { readonly userId: string; readonly deviceId: string },
    before: Item | undefined,
  ) {
    return {
      TableName,
      Item: { ...ownerKey(hash), ...of },
      ...(before === undefined
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'userId = :userId AND deviceId = :deviceId',
            ExpressionAttributeValues: { ':userId': before['userId'], ':deviceId': before['deviceId'] },
          }),
    };
  }
}

export function pushDevicesKey(userId: string): Item {
  return { pk: memberPartition(userId), sk: SORT_KEY };
}

function userIn({ pk }: Item): string {
  return String(pk).slice(memberPartition('').length);
}

function ownerKey(hash: string): Item {
  return { pk: `push#${hash}`, sk: SORT_KEY };
}

function keptIn(item: Item | undefined): Kept {
  return { version: Number(item?.['v'] ?? 0), devices: devicesIn(item) };
}

function devicesIn(item: Item | undefined): Devices {
  return new Map(
    Object.entries(item ?? {}).flatMap(([name, value]) =>
      name.startsWith(DEVICE) ? [[name.slice(DEVICE.length), value as StoredDevice] as const] : [],
    ),
  );
}

/** What a change of the item from one of these to the other is billed for: the larger one (a little more: the braces). */
function kbOf(...items: readonly Devices[]): number {
  const bytes = items.map((devices) => Buffer.byteLength(JSON.stringify([...devices])));
  return Math.ceil(Math.max(...bytes) / 1024);
}

function oldest(devices: Devices, among: readonly string[]): string {
  const at = (id: string) => devices.get(id)?.at ?? 0;
  return among.reduce((first, id) => (at(id) < at(first) ? id : first));
}

/** A browser's keys may change with the same endpoint. */
function isSame(before: StoredDevice | undefined, { h, k, a }: StoredDevice): boolean {
  return before?.h === h && before.k === k && before.a === a;
}

function toStored(target: PushTarget, at: number): StoredDevice {
  const t = target.provider === 'webpush' ? target.endpoint : target.token;
  const h = sha256(`${target.provider} ${t}`);
  const keys = target.provider === 'webpush' ? { k: target.keys.p256dh, a: target.keys.auth } : {};
  return { p: target.provider, t, h, ...keys, at };
}

function toDevice([deviceId, { p, t, h, k = '', a = '', at, arn }]: readonly [
  string,
  StoredDevice,
]): PushDevice {
  const target: PushTarget =
    p === 'webpush'
      ? { provider: p, endpoint: t, keys: { p256dh: k, auth: a } }
      : { provider: p, token: t, ...(arn !== undefined && { endpointArn: arn }) };
  return { deviceId, target, hash: h, registeredAtMs: at };
}
