import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lambdas/domain/delivery/deliver.ts';
import { backOffSeconds } from '../../../lambdas/domain/delivery/follow-up-jobs.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import type { Session } from '../../../lambdas/domain/model/session.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { decodeServerFrame } from '../../../protocol/protobuf.ts';
import { aSession, createWorld, NOON, storeAt, type World } from '../../adapters/memory/world.ts';

let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const TO_BOB = { users: ['alice', 'bob'], recipients: ['bob'] };
const aMessage = async () =>
  storeAt(world, 'dm:alice:bob', 1, draft('alice', 'c1', { type: 'text', text: 'hi' }));
const deliverToBob = async (sendingConnectionId?: string) =>
  deliver(world, await aMessage(), { ...TO_BOB, exceptConnectionId: sendingConnectionId });
const served = () => world.connections.posts.map(({ connectionId }) => connectionId).sort();
const jobs = () => world.offlineQueue.jobs.map(({ job }) => job);

describe('delivery', () => {
  it("posts to every session of the recipient and the sender's others, and queues nothing (IM-SEND-5)", async () => {
    for (const deviceId of ['phone', 'tablet']) await world.routes.connect(aSession({ deviceId }));
    for (const deviceId of ['laptop', 'watch'])
      await world.routes.connect(aSession({ userId: 'alice', deviceId }));
    await deliverToBob('alice-laptop');
    expect(served()).toEqual(['alice-watch', 'bob-phone', 'bob-tablet']);
    expect(jobs()).toEqual([]);
  });

  it('queues a reference without content for an absent recipient (IM-PUSH-2)', async () => {
    await deliverToBob();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob', round: 0 })]);
    expect(JSON.stringify(jobs())).not.toContain('hi"');
  });

  it("removes a stale device's route, posts to the other device, and adds nothing to the inbox (IM-FAULT-6)", async () => {
    for (const deviceId of ['phone', 'tablet']) await world.routes.connect(aSession({ deviceId }));
    world.connections.outcomes.set('bob-phone', 'gone');
    await deliverToBob();
    expect((await world.routes.sessionsOf(['bob'])).get('bob')?.map(({ deviceId }) => deviceId)).toEqual([
      'tablet',
    ]);
    expect(jobs()).toEqual([]);
  });

  it('keeps a route that is just opening and leaves the message to the queue (IM-FAULT-7)', async () => {
    await world.routes.connect(aSession({ connectedAtMs: NOON - 14_999 }));
    world.connections.outcomes.set('bob-phone', 'gone');
    await deliverToBob();
    expect(await world.routes.find('bob', 'phone')).toBeDefined();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob' })]);
  });

  it('queues for one connection only, if its post had an unknown outcome and another session accepted the message (IM-FAULT-11)', async () => {
    for (const deviceId of ['phone', 'tablet']) await world.routes.connect(aSession({ deviceId }));
    world.connections.outcomes.set('bob-phone', 'unsure');
    await deliverToBob();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'post', connectionId: 'bob-phone' })]);
  });

  it('leaves a session to the queue if the account is throttled, and does not disconnect it (IM-FAULT-20)', async () => {
    for (const deviceId of ['phone', 'tablet']) await world.routes.connect(aSession({ deviceId }));
    for (const id of ['bob-phone', 'bob-tablet']) world.connections.outcomes.set(id, 'busy');
    await deliverToBob();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob' })]);
    world.connections.outcomes.delete('bob-phone');
    await deliverToBob();
    expect(jobs().slice(1)).toEqual([expect.objectContaining({ kind: 'post', connectionId: 'bob-tablet' })]);
    for (const { delaySeconds } of world.offlineQueue.jobs) expect(delaySeconds).toBeGreaterThan(0);
    expect(world.connections.closed).toEqual([]);
  });

  it("never fills the sender's own inbox: an unsure device of the sender gets its own post job", async () => {
    await world.routes.connect(aSession());
    await world.routes.connect(aSession({ userId: 'alice', deviceId: 'watch' }));
    world.connections.outcomes.set('alice-watch', 'unsure');
    await deliverToBob();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'post', connectionId: 'alice-watch' })]);
  });

  it('posts to a session that was silent for too long, fills the inbox too, and deletes the connection (IM-IDLE)', async () => {
    await world.routes.connect(aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON }));
    await deliverToBob();
    expect(served()).toEqual(['bob-phone']);
    expect(world.connections.closed).toEqual(['bob-phone']);
    expect(await world.routes.find('bob', 'phone')).toBeUndefined();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob' })]);
  });

  it('stores a copy for an untrusted session when another one accepted the message (IM-IDLE)', async () => {
    await world.routes.connect(aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON }));
    await world.routes.connect(
      aSession({ deviceId: 'tablet', idleTimeoutMs: 60_000, leaseUntilMs: NOON + 1 }),
    );
    await deliverToBob();
    expect(served()).toEqual(['bob-phone', 'bob-tablet']);
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'keep', userId: 'bob' })]);
  });

  it('writes to each session in its own encoding (IM-PB)', async () => {
    const texts = new Map<string, string>();
    world.connections.post = async (connectionId, text) => {
      texts.set(connectionId, text);
      return 'took';
    };
    await world.routes.connect(aSession());
    for (const deviceId of ['a', 'b']) {
      await world.routes.connect(aSession({ deviceId, connectionId: deviceId, encoding: 'protobuf' }));
    }
    await deliverToBob();
    const pushed = JSON.parse(texts.get('bob-phone') ?? '');
    expect(['a', 'b'].map((device) => decodeServerFrame(texts.get(device) ?? ''))).toEqual([pushed, pushed]);
  });

  it('does not post early to an untrusted session: the strong read decides (IM-IDLE)', async () => {
    const silent = aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON });
    await world.routes.connect(silent);
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    await deliver(world, await aMessage(), { ...TO_BOB, prefetched: [silent] });
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'keep', userId: 'bob' })]);
  });

  it('trusts a session without the idle option however long it is silent (IM-IDLE, IM-BEAT)', async () => {
    await world.routes.connect(aSession({ leaseUntilMs: 0 }));
    await deliverToBob();
    expect(world.connections.closed).toEqual([]);
    expect(jobs()).toEqual([]);
  });

  it('ends a session past its grace period instead of posting to it (IM-RENEW)', async () => {
    await world.routes.connect(aSession({ expiresAtMs: NOON - 30_000 }));
    await deliverToBob();
    const frame = { type: 'session.closed', code: 'expired', reconnect: true };
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-phone', frame }]);
    expect(world.connections.closed).toEqual(['bob-phone']);
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob' })]);
  });

  it('notes when the user was last seen: with their last frame, their last poll, or now (IM-IDLE, IM-BEAT, IM-POLL-2)', async () => {
    const seenAt = async (session: Partial<Session>) => {
      await world.routes.connect(aSession(session));
      await deliverToBob();
      return (await world.routes.presencesOf(['bob'])).get('bob')?.seenAtMs;
    };
    expect(await seenAt({ idleTimeoutMs: 60_000, leaseUntilMs: NOON - 1 })).toBe(NOON - 60_001);
    expect(await seenAt({ expiresAtMs: NOON - 30_000 })).toBe(NOON);
    expect(await seenAt({ mode: 'polling', connectedAtMs: NOON - 9, expiresAtMs: NOON })).toBe(NOON - 9);
    world.connections.outcomes.set('bob-phone', 'gone');
    world.advance(7);
    expect(await seenAt({})).toBe(NOON + 7);
  });

  it('keeps one copy for all untrusted sessions of a user (IM-IDLE)', async () => {
    for (const deviceId of ['phone', 'tablet'])
      await world.routes.connect(aSession({ deviceId, idleTimeoutMs: 60_000, leaseUntilMs: NOON }));
    await world.routes.connect(aSession({ deviceId: 'watch' }));
    await deliverToBob();
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'keep', userId: 'bob' })]);
  });

  it('waits 2 s before it posts again, up to 4 s if the session is busy, and not for users who are absent (IM-FAULT-20)', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    for (const [userId, deviceId, outcome] of [
      ['bob', 'phone', 'took'],
      ['bob', 'tablet', 'unsure'],
      ['bob', 'watch', 'busy'],
      ['carol', 'phone', 'gone'],
      ['carol', 'tablet', 'busy'],
      ['dan', 'phone', 'unsure'],
    ] as const) {
      await world.routes.connect(aSession({ userId, deviceId }));
      world.connections.outcomes.set(`${userId}-${deviceId}`, outcome);
    }
    const users = ['bob', 'carol', 'dan', 'eve'];
    await deliver(world, await aMessage(), { users, recipients: users });
    expect(
      world.offlineQueue.jobs.map(({ job, delaySeconds }) => [
        job.kind,
        'connectionId' in job ? job.connectionId : job.userId,
        delaySeconds,
      ]),
    ).toEqual([
      ['store', 'carol', 4],
      ['store', 'dan', 0],
      ['store', 'eve', 0],
      ['post', 'bob-tablet', 2],
      ['post', 'bob-watch', 4],
    ]);
  });

  it('does not fail the sender when a stale route cannot be removed', async () => {
    await world.routes.connect(aSession());
    world.connections.outcomes.set('bob-phone', 'gone');
    const throttled = { ...world.routes, disconnect: () => Promise.reject(new UnavailableError()) };
    await deliver({ ...world, routes: throttled }, await aMessage(), TO_BOB);
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob' })]);
  });
});

describe('delivery to sessions prefetched before the commit', () => {
  const session = (deviceId: string, userId = 'bob') => aSession({ deviceId, userId });
  const deliverEarly = async (...prefetched: ReturnType<typeof aSession>[]) =>
    deliver(world, await aMessage(), { ...TO_BOB, prefetched, exceptConnectionId: 'alice-laptop' });

  it('posts once to each of them and to sessions that connected since (IM-PUSH-2)', async () => {
    for (const deviceId of ['phone', 'tablet']) await world.routes.connect(session(deviceId));
    for (const deviceId of ['laptop', 'watch']) await world.routes.connect(session(deviceId, 'alice'));
    await deliverEarly(session('phone'), session('laptop', 'alice'));
    expect(served()).toEqual(['alice-watch', 'bob-phone', 'bob-tablet']);
    expect(jobs()).toEqual([]);
  });

  it('posts before the second read returns, and waits for it', async () => {
    const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, never[]>>();
    const slow = { ...world, routes: { ...world.routes, sessionsOf: () => promise } };
    const delivered = deliver(slow, await aMessage(), { ...TO_BOB, prefetched: [session('phone')] });
    expect(served()).toEqual(['bob-phone']);
    expect(jobs()).toEqual([]);
    resolve(new Map([['bob', []]]));
    await delivered;
    expect(jobs()).toHaveLength(1);
  });

  it('stores the message for a recipient whose only session accepted it and has closed since', async () => {
    await deliverEarly(session('phone'));
    expect(served()).toEqual(['bob-phone']);
    expect(jobs()).toEqual([expect.objectContaining({ kind: 'store', userId: 'bob' })]);
  });

  it('queues nothing for a connection that has closed since, whatever the outcome of its post', async () => {
    await world.routes.connect(session('phone'));
    world.connections.outcomes.set('bob-tablet', 'unsure');
    await deliverEarly(session('phone'), session('tablet'));
    expect(jobs()).toEqual([]);
  });

  it('leaves a session alone that was renewed after it seemed past its grace period (IM-RENEW)', async () => {
    await world.routes.connect(session('phone'));
    await deliverEarly(aSession({ expiresAtMs: NOON - 30_000 }));
    expect(world.connections.closed).toEqual([]);
    expect(served()).toEqual(['bob-phone']);
  });

  it('waits for the early posts before it reports that the routes cannot be read', async () => {
    const { promise, resolve } = Promise.withResolvers<'took'>();
    let isOver = false;
    const broken = {
      ...world,
      connections: { ...world.connections, post: () => promise },
      routes: { ...world.routes, sessionsOf: () => Promise.reject(new UnavailableError()) },
    };
    const delivered = deliver(broken, await aMessage(), { ...TO_BOB, prefetched: [session('phone')] });
    const failed = delivered.catch((error: unknown) => {
      isOver = true;
      return error;
    });
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    resolve('took');
    expect(await failed).toBeInstanceOf(UnavailableError);
  });
});

describe('the wait after a throttled post', () => {
  it.each([
    [0, 4],
    [1, 8],
    [7, 512],
    [8, 900],
    [1_000, 900],
  ])(
    'in round %s is anything from 1 to %s s: full jitter, within SQS’s limit (IM-FAULT-20)',
    (round, most) => {
      expect([0, 0.5, 1 - Number.EPSILON].map((random) => backOffSeconds(round, random))).toEqual([
        most,
        most / 2,
        1,
      ]);
    },
  );
});
