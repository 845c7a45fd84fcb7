import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { processOfflineJobs } from '../../../lambdas/domain/delivery/process-offline-jobs.ts';
import { draft } from '../../../lambdas/domain/messages/store.ts';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import type { OfflineJob } from '../../../lambdas/domain/model/offline-job.ts';
import { referenceTo } from '../../../lambdas/domain/model/reference.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { aSession, createWorld, NOON, storeAt, type World } from '../../adapters/memory/world.ts';

let world: World;
let message: StoredMessage;

beforeEach(async () => {
  world = createWorld();
  message = await aMessage(1);
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function aMessage(seq: number, text = 'hi'): Promise<StoredMessage> {
  return storeAt(world, 'dm:alice:bob', seq, draft('alice', `c${seq}`, { type: 'text', text }));
}

const storeJob = (of: StoredMessage, round = 0, unsure = round): OfflineJob => ({
  kind: 'store',
  userId: 'bob',
  reference: referenceTo(of),
  round,
  unsure,
});
const toPhone = { userId: 'bob', deviceId: 'phone', connectionId: 'bob-phone', round: 0 } as const;
const idsOf = (failed: readonly { recordId: string }[]) => failed.map(({ recordId }) => recordId);
const run = (...jobs: OfflineJob[]) =>
  processOfflineJobs(
    world,
    jobs.map((body, index) => ({ recordId: `r${index}`, body })),
  );
const inbox = async () => (await world.inbox.first('bob', 50)).references.map(({ seq }) => seq);
const frame = { type: 'messages', messages: [expect.objectContaining({ seq: 1, from: 'alice' })] };
const posted = () => world.connections.posts.map(({ connectionId }) => connectionId);
const requeued = () =>
  world.offlineQueue.jobs.map(({ job, delaySeconds }) => ({
    kind: job.kind,
    round: job.round,
    delaySeconds,
  }));

describe('the consumer of the offline queue', () => {
  it('stores a message for an absent user (IM-PUSH-2)', async () => {
    expect(await run(storeJob(message))).toEqual([]);
    expect(await inbox()).toEqual([1]);
  });

  it('writes the inbox before it reads the routes, so that a session connecting in between misses nothing (IM-FAULT-8)', async () => {
    const order: string[] = [];
    const { inboxWriter: table, routes } = world;
    const watched = {
      ...world,
      inboxWriter: {
        ...table,
        async put(entries: Parameters<typeof table.put>[0]) {
          order.push('put');
          return table.put(entries);
        },
      },
      routes: {
        ...routes,
        async sessionsOf(users: readonly string[]) {
          order.push('look');
          return routes.sessionsOf(users);
        },
      },
    };
    await processOfflineJobs(watched, [{ recordId: 'r', body: storeJob(message) }]);
    expect(order).toEqual(['put', 'look']);
  });

  it('posts to a session that connected in the meantime and removes the entry (IM-FAULT-8)', async () => {
    await world.routes.connect(aSession());
    expect(await run(storeJob(message))).toEqual([]);
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-phone', frame }]);
    expect(await inbox()).toEqual([]);
  });

  it('leaves the entry to the hello of a managed session that is opening (IM-FAULT-7)', async () => {
    await world.routes.connect(aSession({ connectedAtMs: NOON - 1_000 }));
    world.connections.outcomes.set('bob-phone', 'gone');
    await run(storeJob(message));
    expect(await inbox()).toEqual([1]);
    expect(requeued()).toEqual([]);
  });

  it('retries a plain session that is opening after 2 s, since it sends no hello (IM-CONN-6)', async () => {
    await world.routes.connect(aSession({ mode: 'plain', connectedAtMs: NOON - 1_000 }));
    world.connections.outcomes.set('bob-phone', 'gone');
    await run(storeJob(message));
    expect(requeued()).toEqual([{ kind: 'store', round: 1, delaySeconds: 2 }]);
  });

  it('tries an unsure session five times, then deletes its connection and keeps the entry (IM-FAULT-11)', async () => {
    await world.routes.connect(aSession());
    world.connections.outcomes.set('bob-phone', 'unsure');
    await run(storeJob(message));
    expect(requeued()).toEqual([{ kind: 'store', round: 1, delaySeconds: 2 }]);
    await run(storeJob(message, 4));
    expect(world.connections.closed).toEqual(['bob-phone']);
    expect(await world.routes.find('bob', 'phone')).toBeUndefined();
    expect(await inbox()).toEqual([1]);
  });

  it('keeps the route of a connection that it cannot delete, and tries again: a socket without a route receives nothing (IM-FAULT-20)', async () => {
    await world.routes.connect(aSession());
    world.connections.outcomes.set('bob-phone', 'unsure');
    world.connections.outcomes.set('close bob-phone', 'busy');
    await run(storeJob(message, 4));
    expect(await world.routes.find('bob', 'phone')).toBeDefined();
    expect(world.offlineQueue.jobs).toMatchObject([{ job: { kind: 'store', round: 5, unsure: 5 } }]);
    world.connections.outcomes.delete('close bob-phone');
    await run(storeJob(message, 5));
    expect(world.connections.closed).toEqual(['bob-phone']);
    expect(await world.routes.find('bob', 'phone')).toBeUndefined();
  });

  it.each(['managed', 'plain'] as const)(
    'retries a busy %s session, later and later, until it takes the push; never disconnects it (IM-FAULT-20)',
    async (mode) => {
      await world.routes.connect(aSession({ mode }));
      world.connections.outcomes.set('bob-phone', 'busy');
      let job = storeJob(message);
      for (let round = 0; round < 20; round += 1) {
        await run(job);
        const [next] = world.offlineQueue.jobs.splice(0);
        expect(next?.job).toEqual({ ...job, round: round + 1 });
        expect(next?.delaySeconds).toBeLessThanOrEqual(Math.min(900, 4 * 2 ** round));
        job = next?.job ?? job;
      }
      expect(world.connections.closed).toEqual([]);
      expect(await inbox()).toEqual([1]);
      world.connections.outcomes.delete('bob-phone');
      await run(job);
      expect(await inbox()).toEqual([]);
      expect(world.offlineQueue.jobs).toEqual([]);
    },
  );

  it('stops retrying a busy session that has ended; the inbox keeps the message that no session took (IM-PUSH-2, IM-FAULT-20)', async () => {
    await run(storeJob(message), { ...toPhone, kind: 'post', reference: referenceTo(message), round: 7 });
    expect(world.offlineQueue.jobs).toEqual([]);
    expect(await inbox()).toEqual([1]);
  });

  it('counts busy attempts apart from unsure ones, and disconnects the unsure session alone (IM-FAULT-20)', async () => {
    await world.routes.connect(aSession());
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    world.connections.outcomes.set('bob-phone', 'busy');
    world.connections.outcomes.set('bob-tablet', 'unsure');
    await run(storeJob(message, 9, 3));
    expect(world.offlineQueue.jobs).toMatchObject([{ job: { round: 10, unsure: 4 } }]);
    await run(storeJob(message, 10, 4));
    expect(world.connections.closed).toEqual(['bob-tablet']);
    expect(world.offlineQueue.jobs.at(-1)).toMatchObject({ job: { round: 11 } });
  });

  it('counts an attempt once, however many sessions are unsure (IM-FAULT-11)', async () => {
    for (const deviceId of ['phone', 'tablet']) {
      await world.routes.connect(aSession({ deviceId }));
      world.connections.outcomes.set(`bob-${deviceId}`, 'unsure');
    }
    await run(storeJob(message, 3));
    expect(world.offlineQueue.jobs).toMatchObject([{ job: { round: 4, unsure: 4 } }]);
  });

  it.each([
    ['gone', 'bob-tablet', []],
    ['unsure', 'bob-tablet', [[5, 64]]],
  ] as const)(
    'is done with unsure sessions when all are closed, and backs off while one is not: %s (IM-FAULT-11)',
    async (outcome, id, left) => {
      vi.spyOn(Math, 'random').mockReturnValue(0);
      for (const deviceId of ['phone', 'tablet']) {
        await world.routes.connect(aSession({ deviceId }));
        world.connections.outcomes.set(`bob-${deviceId}`, 'unsure');
      }
      world.connections.outcomes.set(`close ${id}`, outcome);
      await run(storeJob(message, 4));
      expect(world.connections.closed).toEqual(['bob-phone']);
      expect(await world.routes.find('bob', 'phone')).toBeUndefined();
      expect((await world.routes.find('bob', 'tablet')) === undefined).toBe(outcome === 'gone');
      expect(world.offlineQueue.jobs.map(({ job, delaySeconds }) => [job.round, delaySeconds])).toEqual(left);
    },
  );

  it('posts again only to the device that may have missed a message that another one received', async () => {
    await world.routes.connect(aSession());
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    world.connections.outcomes.set('bob-phone', 'unsure');
    await run(storeJob(message));
    expect(await inbox()).toEqual([]);
    expect(world.offlineQueue.jobs.map(({ job }) => job)).toEqual([
      { ...toPhone, kind: 'post', reference: referenceTo(message) },
    ]);
  });

  it('does not store again in later rounds, since the entry may have been acknowledged', async () => {
    await run(storeJob(message, 1));
    expect(await inbox()).toEqual([]);
  });

  it('posts to the one connection of a post job, and drops the job when it is closed', async () => {
    const job: OfflineJob = { ...toPhone, kind: 'post', reference: referenceTo(message) };
    await run(job);
    expect(posted()).toEqual([]);
    await world.routes.connect(aSession());
    await run(job);
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-phone', frame }]);
  });

  it('posts to that connection again while the outcome is unknown (IM-FAULT-11)', async () => {
    await world.routes.connect(aSession());
    world.connections.outcomes.set('bob-phone', 'unsure');
    await run({ ...toPhone, kind: 'post', reference: referenceTo(message) });
    expect(requeued()).toEqual([{ kind: 'post', round: 1, delaySeconds: 2 }]);
  });

  it("stores a `keep` job's message for a session that reads the inbox, and posts it to no session (IM-IDLE)", async () => {
    await world.routes.connect(aSession());
    await run({ kind: 'keep', userId: 'bob', reference: referenceTo(message), round: 0 });
    expect(await inbox()).toEqual([1]);
    expect(posted()).toEqual([]);
  });

  it('leaves the entry in the inbox when one of the sessions posted to is untrusted (IM-IDLE)', async () => {
    await world.routes.connect(aSession());
    const silent = { idleTimeoutMs: 60_000, leaseUntilMs: NOON };
    await world.routes.connect(aSession({ deviceId: 'tablet', ...silent }));
    await run(storeJob(message));
    expect(posted().sort()).toEqual(['bob-phone', 'bob-tablet']);
    expect(await inbox()).toEqual([1]);
  });

  it('drops a post job whose message has expired, or whose connection has ended while others are open', async () => {
    const job: OfflineJob = { ...toPhone, kind: 'post', reference: referenceTo(message) };
    await world.routes.connect(aSession({ deviceId: 'tablet' }));
    expect(await run(job)).toEqual([]);
    await world.routes.connect(aSession());
    const reference = { ...referenceTo(message), clientMsgId: 'forgotten' };
    expect(await run({ ...job, reference })).toEqual([]);
    expect([posted(), requeued()]).toEqual([[], []]);
  });

  it('keeps a copy for an untrusted session that a post job posted to, and makes no job of a post that arrived (IM-IDLE)', async () => {
    const job: OfflineJob = { ...toPhone, kind: 'post', reference: referenceTo(message) };
    await world.routes.connect(aSession());
    expect(await run(job)).toEqual([]);
    expect(requeued()).toEqual([]);
    await world.routes.connect(aSession({ idleTimeoutMs: 60_000, leaseUntilMs: NOON }));
    expect(await run(job)).toEqual([]);
    expect(requeued()).toEqual([{ kind: 'keep', round: 0, delaySeconds: 0 }]);
  });

  it('makes no call to the offline queue for a message that all sessions took', async () => {
    await world.routes.connect(aSession());
    const offlineQueue = { enqueue: () => Promise.reject(new Error('called')) };
    const bodies: OfflineJob[] = [
      storeJob(message),
      { ...toPhone, kind: 'post', reference: referenceTo(message) },
    ];
    const records = bodies.map((body, index) => ({ recordId: `r${index}`, body }));
    expect(await processOfflineJobs({ ...world, offlineQueue }, records)).toEqual([]);
  });

  it('reads no message that it does not post, and no routes for a copy', async () => {
    const getMany = () => Promise.reject(new Error('messages'));
    const asked: string[] = [];
    const sessionsOf: World['routes']['sessionsOf'] = (users) => {
      asked.push(...users);
      return world.routes.sessionsOf(users);
    };
    const ports = {
      ...world,
      messages: { ...world.messages, getMany },
      routes: { ...world.routes, sessionsOf },
    };
    await world.routes.connect(aSession({ userId: 'carol' }));
    const records = [
      { recordId: 'r1', body: storeJob(message) },
      { recordId: 'r2', body: { ...storeJob(message), kind: 'keep', userId: 'carol' } as OfflineJob },
    ];
    expect(await processOfflineJobs(ports, records)).toEqual([]);
    expect(asked).toEqual(['bob']);
  });

  it('drops an entry whose message has expired', async () => {
    await world.routes.connect(aSession());
    await run(storeJob({ ...message, clientMsgId: 'forgotten' }));
    expect(posted()).toEqual([]);
    expect(await inbox()).toEqual([]);
  });

  it('accepts duplicate and reordered records: one entry per message (IM-FAULT-4)', async () => {
    world.advance(1);
    const second = await aMessage(2);
    await run(storeJob(second), storeJob(message), storeJob(second));
    expect(await inbox()).toEqual([1, 2]);
  });

  it('drains a plain session page by page and removes exactly the entries it received (IM-CONN-6)', async () => {
    for (let seq = 2; seq <= 120; seq += 1) {
      world.advance(1);
      await run(storeJob(await aMessage(seq)));
    }
    await world.routes.connect(aSession({ mode: 'plain' }));
    await run({ ...toPhone, kind: 'drain' });
    const frames = world.connections.posts.map(
      ({ frame }) => (frame as { messages: { seq: number }[] }).messages,
    );
    expect(frames.map(({ length }) => length)).toEqual([50, 50, 19]);
    expect(frames.flat().map(({ seq }) => seq)).toEqual(Array.from({ length: 119 }, (_, index) => index + 2));
    expect(await inbox()).toEqual([]);
  });

  it('keeps the inbox when a drain fails, and tries again (IM-CONN-6)', async () => {
    await run(storeJob(message));
    await world.routes.connect(aSession({ mode: 'plain', connectedAtMs: NOON }));
    world.connections.outcomes.set('bob-phone', 'gone');
    await run({ ...toPhone, kind: 'drain' });
    expect(await inbox()).toEqual([1]);
    expect(requeued()).toEqual([{ kind: 'drain', round: 1, delaySeconds: 2 }]);
  });

  it('drains ten pages at most, and leaves the rest to another job, which starts anew (IM-CONN-6)', async () => {
    for (let seq = 2; seq <= 502; seq += 1) {
      world.advance(1);
      await world.inboxWriter.put([{ userId: 'bob', reference: referenceTo(await aMessage(seq)) }]);
    }
    await world.routes.connect(aSession({ mode: 'plain' }));
    await run({ ...toPhone, kind: 'drain', round: 3, unsure: 2 });
    expect(posted()).toHaveLength(10);
    expect(await inbox()).toEqual([502]);
    expect(world.offlineQueue.jobs).toEqual([
      { job: { ...toPhone, kind: 'drain', round: 0, unsure: 0 }, delaySeconds: 0 },
    ]);
  });

  it('posts nothing when the inbox to drain is empty, and removes nothing for a session that is gone (IM-CONN-6)', async () => {
    await world.routes.connect(aSession({ mode: 'plain' }));
    expect(await run({ ...toPhone, kind: 'drain' })).toEqual([]);
    expect(posted()).toEqual([]);
    await run({ kind: 'keep', userId: 'bob', reference: referenceTo(message), round: 0 });
    world.connections.outcomes.set('bob-phone', 'gone');
    await run({ ...toPhone, kind: 'drain' });
    expect(await inbox()).toEqual([1]);
    expect(requeued()).toEqual([]);
  });

  it('fails for one record alone: the rest of its batch is processed (IM-FAULT-5)', async () => {
    const second = await aMessage(2);
    const full = {
      ...world.inboxWriter,
      async put(entries: Parameters<typeof world.inboxWriter.put>[0]) {
        await world.inboxWriter.put(entries.filter(({ reference }) => reference.seq !== 1));
        return entries.filter(({ reference }) => reference.seq === 1);
      },
    };
    const records = [message, second].map((one) => ({ recordId: `r${one.seq}`, body: storeJob(one) }));
    expect(idsOf(await processOfflineJobs({ ...world, inboxWriter: full }, records))).toEqual(['r1']);
    expect(await inbox()).toEqual([2]);
  });

  it('fails for the one user whose entry is left, though others get the same message (IM-FAULT-5)', async () => {
    const leaving = {
      ...world.inboxWriter,
      put: async (entries: Parameters<typeof world.inboxWriter.put>[0]) =>
        entries.filter(({ userId }) => userId === 'carol'),
    };
    const records = ['bob', 'carol', 'dan'].map((userId) => ({
      recordId: userId,
      body: { ...storeJob(message), userId } as OfflineJob,
    }));
    for (const { recordId: userId } of records) await world.routes.connect(aSession({ userId }));
    expect(idsOf(await processOfflineJobs({ ...world, inboxWriter: leaving }, records))).toEqual(['carol']);
    expect(posted()).toEqual(['bob-phone', 'dan-phone']);
  });

  it('returns the record to the queue when a follow-up job cannot be enqueued', async () => {
    await world.routes.connect(aSession());
    world.connections.outcomes.set('bob-phone', 'unsure');
    const down = { ...world, offlineQueue: { enqueue: () => Promise.reject(new UnavailableError()) } };
    expect(idsOf(await processOfflineJobs(down, [{ recordId: 'r', body: storeJob(message) }]))).toEqual([
      'r',
    ]);
  });
});
