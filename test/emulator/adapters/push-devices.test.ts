import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationReader } from '../../../lambdas/domain/model/conversation.ts';
import type {
  PushDeviceReader,
  PushDeviceWriter,
  PushTarget,
} from '../../../lambdas/domain/model/push-registration.ts';
import type { ConversationTrail } from '../../../lambdas/domain/model/task.ts';
import { createWorld, NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

interface Ports {
  readonly pushDevices: PushDeviceReader;
  readonly pushDeviceWriter: PushDeviceWriter;
  readonly conversations: Pick<ConversationReader, 'memberships'>;
  readonly trail: ConversationTrail;
  /** Lets a second pass. */
  readonly wait: () => void;
}

let nowMs = NOON;
const memory = createWorld();
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(() => nowMs);
});
afterAll(() => tables?.stop());

const newUser = () => newName('user');
const aToken = (token = newName('token')): PushTarget => ({ provider: 'fcm', token });
const aBrowser = (p256dh = 'key'): PushTarget => ({
  provider: 'webpush',
  endpoint: `https://push.example/${newName('endpoint')}`,
  keys: { p256dh, auth: 'auth' },
});

describe.each([
  ['memory', (): Ports => ({ ...memory, wait: () => memory.advance(1_000) })],
  ['DynamoDB', (): Ports => ({ ...tables, wait: () => (nowMs += 1_000) })],
])('on %s, a device that gets notifications', (_, ports) => {
  const devicesOf = async (userId: string) =>
    (await ports().pushDevices.devicesOf([userId])).get(userId) ?? [];
  const targetsOf = async (userId: string) =>
    Object.fromEntries((await devicesOf(userId)).map(({ deviceId, target }) => [deviceId, target]));
  const register = (userId: string, deviceId: string, target: PushTarget, maximum = 20) =>
    ports().pushDeviceWriter.register(userId, deviceId, target, maximum);

  it('is found with those of 99 other users; users without one are left out (IM-NOTIFY-1)', async () => {
    const users = Array.from({ length: 100 }, newUser);
    const [first = '', second = ''] = users;
    const [token, browser] = [aToken(), aBrowser()];
    await register(first, 'phone', token);
    await register(second, 'a.b-c_d', browser);
    await register(second, 'phone', aToken());
    const found = await ports().pushDevices.devicesOf(users);
    expect([...found.keys()].sort()).toEqual([first, second].sort());
    expect(await targetsOf(first)).toEqual({ phone: token });
    expect(await targetsOf(second)).toMatchObject({ 'a.b-c_d': browser });
    expect(await devicesOf(first)).toMatchObject([
      { registeredAtMs: expect.any(Number), hash: expect.any(String) },
    ]);
  });

  it('is neither a conversation of the user nor a former one (IM-CHANGE-3)', async () => {
    const userId = newUser();
    await register(userId, 'phone', aToken());
    const range = { limit: 10, departedSinceMs: 0 };
    expect(await ports().conversations.memberships(userId, range)).toEqual({ memberships: [], departed: [] });
    expect((await ports().trail.page(userId, undefined, 10)).entries).toEqual([]);
  });

  it('has one registration: the next one replaces it, and frees its token for others (IM-NOTIFY-1)', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const [old, next] = [aToken(), aBrowser()];
    await register(alice, 'phone', old);
    await register(alice, 'phone', next);
    expect(await targetsOf(alice)).toEqual({ phone: next });
    await register(bob, 'phone', old);
    expect([await targetsOf(alice), await targetsOf(bob)]).toEqual([{ phone: next }, { phone: old }]);
  });

  it("takes a token from another user, or from another device of the user's (IM-NOTIFY-1)", async () => {
    const [alice, bob] = [newUser(), newUser()];
    const token = aToken();
    await register(alice, 'phone', token);
    await register(alice, 'laptop', aToken());
    await register(bob, 'tablet', token);
    expect(Object.keys(await targetsOf(alice))).toEqual(['laptop']);
    expect(await targetsOf(bob)).toEqual({ tablet: token });
    await register(bob, 'phone', token);
    expect(await targetsOf(bob)).toEqual({ phone: token });
  });

  it('keeps the same endpoint with new keys', async () => {
    const alice = newUser();
    const browser = aBrowser();
    await register(alice, 'laptop', browser);
    const renewed = { ...browser, keys: { p256dh: 'other', auth: 'auth' } } as PushTarget;
    await register(alice, 'laptop', renewed);
    expect(await targetsOf(alice)).toEqual({ laptop: renewed });
  });

  it('replaces the one that registered first if there are too many (IM-NOTIFY-1)', async () => {
    const alice = newUser();
    const first = aToken();
    for (const [deviceId, target] of [
      ['b', first],
      ['a', aToken()],
      ['c', aToken()],
    ] as const) {
      await register(alice, deviceId, target, 3);
      ports().wait();
    }
    await register(alice, 'd', aToken(), 3);
    expect(Object.keys(await targetsOf(alice)).sort()).toEqual(['a', 'c', 'd']);
    // Its token belongs to nobody.
    const bob = newUser();
    await register(bob, 'phone', first);
    expect(Object.keys(await targetsOf(alice))).toHaveLength(3);
  });

  it('is removed alone or with the others, again and again (IM-NOTIFY-1)', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const token = aToken();
    await register(alice, 'phone', token);
    await register(alice, 'laptop', aToken());
    const { pushDeviceWriter: writer } = ports();
    for (const deviceId of ['phone', 'phone', 'other']) await writer.unregister(alice, deviceId);
    expect(Object.keys(await targetsOf(alice))).toEqual(['laptop']);
    await register(bob, 'phone', token);
    await writer.unregister(bob);
    await writer.unregister(bob);
    expect(await targetsOf(bob)).toEqual({});
  });

  it('tells what it wrote, which is more with each device of a long endpoint, and nothing if it is there (IM-BUDGET-1)', async () => {
    const alice = newUser();
    const long = () => aToken(newName('t'.repeat(1_000)));
    const { pushDeviceWriter: writer } = ports();
    const first = long();
    expect(await register(alice, 'd0', first)).toBeLessThan(5);
    expect(await register(alice, 'd0', first)).toBe(0);
    for (let n = 1; n < 19; n += 1) await register(alice, `d${n}`, long());
    const last = await register(alice, 'd19', long());
    expect(last).toBeGreaterThan(20);
    expect(await writer.unregister(alice, 'd19')).toBe(last);
    expect(await writer.unregister(alice, 'd19')).toBe(0);
  });

  it('is forgotten when its target is gone, unless it has registered anew (IM-NOTIFY-3)', async () => {
    const alice = newUser();
    await register(alice, 'phone', aToken());
    const [before] = await devicesOf(alice);
    if (before === undefined) throw new Error('not registered');
    const next = aToken();
    await register(alice, 'phone', next);
    await ports().pushDeviceWriter.forget(alice, before);
    expect(await targetsOf(alice)).toEqual({ phone: next });
    const [now = before] = await devicesOf(alice);
    await ports().pushDeviceWriter.forget(alice, now);
    await ports().pushDeviceWriter.forget(alice, now);
    expect(await targetsOf(alice)).toEqual({});
  });

  it('keeps the endpoint of its platform until it registers another token', async () => {
    const alice = newUser();
    const target = aToken();
    await register(alice, 'phone', target);
    const [device] = await devicesOf(alice);
    if (device === undefined) throw new Error('not registered');
    await ports().pushDeviceWriter.keepEndpoint(alice, device, 'arn:1');
    await register(alice, 'phone', target);
    expect(await targetsOf(alice)).toEqual({ phone: { ...target, endpointArn: 'arn:1' } });
    const next = aToken();
    await register(alice, 'phone', next);
    await ports().pushDeviceWriter.keepEndpoint(alice, device, 'arn:2');
    expect(await targetsOf(alice)).toEqual({ phone: next });
  });
});

describe('registrations at the same time', () => {
  it('leave a token with one device, which is the one that its row names (IM-NOTIFY-1)', async () => {
    const users = Array.from({ length: 6 }, newUser);
    const target = aToken();
    const { pushDevices, pushDeviceWriter: writer } = tables;
    await Promise.allSettled(users.map((userId) => writer.register(userId, 'phone', target, 20)));
    await writer.register(users[0] ?? '', 'phone', target, 20);
    const found = await pushDevices.devicesOf(users);
    expect([...found.keys()]).toEqual([users[0]]);
    const hash = found.get(users[0] ?? '')?.[0]?.hash;
    const owners = await tables.itemsAt('Conversations', `push#${hash}`);
    expect(owners).toMatchObject([{ userId: users[0], deviceId: 'phone' }]);
  });
});
