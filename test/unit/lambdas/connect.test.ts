import { beforeEach, describe, expect, it } from 'vitest';
import { deviceOf } from '../../../lambdas/domain/model/session.ts';
import { type ConnectRequest, connect } from '../../../lambdas/domain/sessions/connect.ts';
import { logOut } from '../../../lambdas/domain/sessions/log-out.ts';
import { poll } from '../../../lambdas/domain/sessions/poll.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

let world: World;

beforeEach(() => {
  world = createWorld();
});

const request = (overrides: Partial<ConnectRequest> = {}): ConnectRequest => ({
  userId: 'bob',
  deviceId: 'phone',
  connectionId: 'new',
  mode: 'managed',
  replaces: undefined,
  connectedAtMs: NOON,
  tokenExpiresAtMs: NOON + 3_600_000,
  ...overrides,
});
const closedWith = (code: string) => ({ frame: { type: 'session.closed', code, reconnect: false } });

describe('connect', () => {
  it('stores the session with its expiry and lease (IM-CONN-3)', async () => {
    await connect(world, request());
    expect(await world.routes.find('bob', 'phone')).toEqual({
      userId: 'bob',
      deviceId: 'phone',
      connectionId: 'new',
      mode: 'managed',
      connectedAtMs: NOON,
      expiresAtMs: NOON + 3_600_000,
      leaseUntilMs: NOON + world.leaseMs,
    });
    expect(world.connections.posts).toEqual([]);
  });

  it('replaces the session of the same device and leaves the others alone (IM-CONN-4)', async () => {
    await world.routes.connect(aSession());
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    await connect(world, request());
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-phone', ...closedWith('replaced') }]);
    expect(world.connections.closed).toEqual(['bob-phone']);
    expect(await world.routes.find('bob', 'tablet')).toBeDefined();
  });

  it.each(['phone', 'tablet'])(
    "supersedes the user's own connection that `replaces` names, on %s (IM-CONN-4)",
    async (deviceId) => {
      await world.routes.connect(aSession({ deviceId }));
      await connect(world, request({ replaces: `bob-${deviceId}` }));
      expect(world.connections.posts).toEqual([
        { connectionId: `bob-${deviceId}`, ...closedWith('superseded') },
      ]);
      const sessions = (await world.routes.sessionsOf(['bob'])).get('bob');
      expect(sessions?.map(({ connectionId }) => connectionId)).toEqual(['new']);
    },
  );

  it("leaves another user's connection alone, whatever `replaces` says (IM-CONN-4)", async () => {
    await world.routes.connect(aSession({ userId: 'alice' }));
    await connect(world, request({ replaces: 'alice-phone' }));
    expect(world.connections.closed).toEqual([]);
    expect(await world.routes.find('alice', 'phone')).toBeDefined();
  });

  it('spares the write that would remove the route which it has just overwritten (IM-CONN-4)', async () => {
    await world.routes.connect(aSession());
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    const removed: string[] = [];
    const disconnect: World['routes']['disconnect'] = async (session, seenAtMs) => {
      removed.push(session.deviceId);
      return world.routes.disconnect(session, seenAtMs);
    };
    await connect({ ...world, routes: { ...world.routes, disconnect } }, request({ replaces: 'bob-tablet' }));
    expect(removed).toEqual(['tablet']);
  });

  it('does not end its own session when the store repeated the write (IM-FAULT-10)', async () => {
    const { routes } = world;
    const twice = {
      ...routes,
      connect: async (session: Parameters<typeof routes.connect>[0]) => {
        await routes.connect(session);
        return routes.connect(session);
      },
    };
    await connect({ ...world, routes: twice }, request());
    expect(world.connections.closed).toEqual([]);
  });

  it('drains the inbox of a plain session after a second, and only if it has entries (IM-CONN-6)', async () => {
    await connect(world, request({ mode: 'plain' }));
    expect(world.offlineQueue.jobs).toEqual([]);
    const reference = {
      conversationId: 'dm:alice:bob',
      from: 'alice',
      clientMsgId: 'c',
      seq: 1,
      messageId: 'm',
      sentAt: NOON,
    };
    await world.inbox.put([{ userId: 'bob', reference: { ...reference, bytes: 100 } }]);
    await connect(world, request({ mode: 'plain', connectionId: 'newer' }));
    const job = { kind: 'drain', userId: 'bob', deviceId: 'phone', connectionId: 'newer', round: 0 };
    expect(world.offlineQueue.jobs).toEqual([{ job, delaySeconds: 1 }]);
  });

  it('evicts the device silent the longest for the eleventh (IM-CONN-3)', async () => {
    for (let n = 1; n <= 10; n += 1) {
      await world.routes.connect(
        aSession({ deviceId: `d${n}`, leaseUntilMs: NOON + (n === 4 ? 1 : n * 1_000) }),
      );
    }
    await connect(world, request());
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-d4', ...closedWith('kicked') }]);
    const sessions = (await world.routes.sessionsOf(['bob'])).get('bob') ?? [];
    expect(sessions).toHaveLength(10);
    expect(sessions.map(({ deviceId }) => deviceId)).not.toContain('d4');
  });

  it('counts the devices that stay when there are more than ten already, as after evictions that failed (IM-CONN-3)', async () => {
    for (let n = 1; n <= 12; n += 1)
      await world.routes.connect(aSession({ deviceId: `d${n}`, leaseUntilMs: NOON + n * 1_000 }));
    await connect(world, request({ deviceId: 'd1' }));
    expect(world.connections.posts).toEqual([
      { connectionId: 'bob-d1', ...closedWith('replaced') },
      { connectionId: 'bob-d2', ...closedWith('kicked') },
      { connectionId: 'bob-d3', ...closedWith('kicked') },
    ]);
  });

  it('evicts nobody when the eleventh session replaces one of the ten devices (IM-CONN-3)', async () => {
    for (let n = 1; n <= 10; n += 1) await world.routes.connect(aSession({ deviceId: `d${n}` }));
    await connect(world, request({ deviceId: 'd1' }));
    await connect(world, request({ connectionId: 'newest', replaces: 'bob-d2' }));
    const reasons = world.connections.posts.map(({ frame }) => (frame as { code: string }).code);
    expect(reasons).toEqual(['replaced', 'superseded']);
  });
});

describe('a user with one session (maxDevices 1)', () => {
  const devices = ['phone', 'tablet', 'laptop'];
  const one = (duplicateLogin: 'replace' | 'reject') => ({ ...world, maxDevices: 1, duplicateLogin });
  const asOf = (deviceId: string) =>
    request({ deviceId: deviceOf(deviceId, 1), connectionId: `bob-${deviceId}` });
  const sessions = async () => (await world.routes.sessionsOf(['bob'])).get('bob') ?? [];

  it('is replaced by a login on another device (IM-CONN-3)', async () => {
    for (const deviceId of devices) await connect(one('replace'), asOf(deviceId));
    expect((await sessions()).map(({ connectionId }) => connectionId)).toEqual(['bob-laptop']);
    expect(world.connections.posts).toEqual(
      ['bob-phone', 'bob-tablet'].map((connectionId) => ({ connectionId, ...closedWith('replaced') })),
    );
  });

  it('keeps the living session if a second login is refused (IM-CONN-4)', async () => {
    await connect(one('reject'), asOf('phone'));
    await expect(connect(one('reject'), asOf('tablet'))).rejects.toMatchObject({ code: 'conflict' });
    expect((await sessions()).map(({ connectionId }) => connectionId)).toEqual(['bob-phone']);
  });

  it.each([
    ['replace', 3],
    ['reject', 1],
  ] as const)('never has two after simultaneous logins, with %s', async (duplicateLogin, accepted) => {
    const results = await Promise.allSettled(
      devices.map((deviceId) => connect(one(duplicateLogin), asOf(deviceId))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(accepted);
    expect(await sessions()).toHaveLength(1);
  });

  it('takes over from sessions of when there were more, though their devices have names', async () => {
    await world.routes.connect(aSession());
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    await connect(one('replace'), asOf('laptop'));
    expect((await sessions()).map(({ connectionId }) => connectionId)).toEqual(['bob-laptop']);
    expect(world.connections.posts).toEqual(
      ['bob-phone', 'bob-tablet'].map((connectionId) => ({ connectionId, ...closedWith('kicked') })),
    );
  });

  it('polls and connects in turn, never both (IM-POLL-2)', async () => {
    const pause = async () => {};
    await connect(one('replace'), asOf('phone'));
    await poll({ ...one('replace'), pause }, { userId: 'bob', deviceId: 'tablet', waitMs: 0 });
    expect(await sessions()).toMatchObject([{ mode: 'polling', deviceId: 'only' }]);
    await connect(one('replace'), asOf('laptop'));
    expect(await sessions()).toMatchObject([{ connectionId: 'bob-laptop' }]);
  });

  it('is logged out by whatever device the service names', async () => {
    await connect(one('replace'), asOf('phone'));
    await logOut(one('replace'), { userId: 'bob', deviceId: 'phone' });
    expect(await sessions()).toEqual([]);
  });
});

describe('connect with duplicateLogin `reject`', () => {
  const rejecting = () => ({ ...world, duplicateLogin: 'reject' as const });

  it('refuses while the device has a living session, which is left alone (IM-CONN-4)', async () => {
    await world.routes.connect(aSession());
    await expect(connect(rejecting(), request())).rejects.toMatchObject({ code: 'conflict' });
    expect((await world.routes.find('bob', 'phone'))?.connectionId).toBe('bob-phone');
    expect(world.connections.closed).toEqual([]);
  });

  it.each([
    ['is free', undefined, 'took'],
    ['has a session whose socket is closed', aSession(), 'gone'],
    ['has a session that is over', aSession({ expiresAtMs: NOON - 30_000 }), 'took'],
  ] as const)('takes over a device that %s (IM-CONN-4)', async (_, holder, outcome) => {
    if (holder !== undefined) await world.routes.connect(holder);
    world.connections.outcomes.set('bob-phone', outcome);
    await connect(rejecting(), request());
    expect((await world.routes.find('bob', 'phone'))?.connectionId).toBe('new');
  });

  it('refuses while the other session is opening, and returns unavailable when its state is unknown (IM-CONN-4)', async () => {
    await world.routes.connect(aSession({ connectedAtMs: NOON - 1_000 }));
    world.connections.outcomes.set('bob-phone', 'gone');
    await expect(connect(rejecting(), request())).rejects.toMatchObject({ code: 'conflict' });
    for (const outcome of ['unsure', 'busy'] as const) {
      world.connections.outcomes.set('bob-phone', outcome);
      await expect(connect(rejecting(), request())).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  it("always replaces the user's own connection that `replaces` names (IM-CONN-4)", async () => {
    await world.routes.connect(aSession());
    await connect(rejecting(), request({ replaces: 'bob-phone' }));
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-phone', ...closedWith('superseded') }]);
  });

  it('lets one of two simultaneous connects win (IM-CONN-4)', async () => {
    const both = [request({ connectionId: 'a' }), request({ connectionId: 'b' })];
    const results = await Promise.allSettled(both.map((one) => connect(rejecting(), one)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
