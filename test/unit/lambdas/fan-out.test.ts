import { beforeEach, describe, expect, it } from 'vitest';
import { deliverToGroup, hint, hintToGroup } from '../../../lambdas/domain/delivery/deliver.ts';
import { processFanOutJob } from '../../../lambdas/domain/delivery/fan-out.ts';
import { prefetchMembers } from '../../../lambdas/domain/delivery/small-group.ts';
import type { Member } from '../../../lambdas/domain/model/group.ts';
import type { StoredMessage } from '../../../lambdas/domain/model/message.ts';
import { referenceTo } from '../../../lambdas/domain/model/reference.ts';
import { aSession, createWorld, NOON, type World } from '../../adapters/memory/world.ts';

const ID = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
const message: StoredMessage = {
  conversationId: ID,
  from: 'alice',
  clientMsgId: 'c1',
  seq: 7,
  messageId: '01BX5ZZKBKACTAV9WEVGEMMVRZ',
  sentAt: NOON,
  contentJson: '{"type":"text","text":"hi"}',
  contentHash: 'hash',
};
const reference = referenceTo(message);
const pad = (n: number) => `m${String(n).padStart(5, '0')}`;
const members = (count: number): Member[] =>
  Array.from({ length: count }, (_, n) => ({ userId: pad(n), joinedSeq: 1 }));

let world: World;
let pages: { readonly after?: string; readonly limit: number }[];
beforeEach(async () => {
  world = createWorld();
  pages = [];
  await world.messageWriter.putIfAbsent(message);
});

/** The world with a group of these members, read page by page. */
function withMembers(all: readonly Member[]) {
  const groups = {
    ...world.groups,
    async members(_: string, page: { readonly after?: string; readonly limit: number }) {
      pages.push(page);
      const rest = all.filter(({ userId }) => userId > (page.after ?? ''));
      return { members: rest.slice(0, page.limit), more: rest.length > page.limit };
    },
  };
  return { ...world, groups };
}
const posted = () => world.connections.posts.map(({ connectionId }) => connectionId).sort();
const stored = () => world.offlineQueue.jobs.map(({ job }) => job.userId);
const job = (memberCount = 3) => ({ conversationId: ID, memberCount, what: { reference } });

describe('the planner of a fan-out', () => {
  it('reads members page by page, each after the last one, and makes jobs of 1,000', async () => {
    await processFanOutJob(withMembers(members(11_500)), job(11_500));
    expect(pages).toEqual([
      { limit: 5_000 },
      { limit: 5_000, after: pad(4_999) },
      { limit: 5_000, after: pad(9_999) },
    ]);
    const { jobs } = world.fanOutQueue;
    expect(jobs.map(({ users }) => users?.length)).toEqual([...Array(11).fill(1_000), 500]);
    expect(jobs.flatMap(({ users }) => users)).toEqual(members(11_500).map(({ userId }) => userId));
    expect(jobs[3]).toEqual({ ...job(11_500), users: expect.any(Array) });
  });

  it('includes the member whose joining is the message, and no member who joined later (IM-INV-5)', async () => {
    await processFanOutJob(
      withMembers([
        { userId: 'before', joinedSeq: 6 },
        { userId: 'itself', joinedSeq: 7 },
        { userId: 'later', joinedSeq: 8 },
      ]),
      job(),
    );
    expect(stored()).toEqual(['before', 'itself']);
  });

  it('enqueues nothing when no member of a page was in the group at the time', async () => {
    const all = members(5_001).map((member) => ({ ...member, joinedSeq: 8 }));
    await processFanOutJob(withMembers(all), job(5_001));
    expect([world.fanOutQueue.jobs, stored()]).toEqual([[], []]);
  });

  it('reads on when few members of the first page were in the group at the time', async () => {
    const all = members(5_001).map((member, n) => (n < 5_000 ? { ...member, joinedSeq: n + 1 } : member));
    await processFanOutJob(withMembers(all), job(5_001));
    expect(world.fanOutQueue.jobs.map(({ users }) => users)).toEqual([
      members(7).map(({ userId }) => userId),
      [pad(5_000)],
    ]);
  });

  it('does nothing for a group that has no members, or none of that time', async () => {
    for (const all of [[], [{ userId: 'later', joinedSeq: 8 }]]) {
      await processFanOutJob(withMembers(all), job());
      expect([world.fanOutQueue.jobs, posted(), stored()]).toEqual([[], [], []]);
    }
  });

  it('sends the last page to the queue, too, when there was a page before it', async () => {
    await processFanOutJob(withMembers(members(5_001)), job(5_001));
    expect(world.fanOutQueue.jobs.at(-1)?.users).toEqual([pad(5_000)]);
    expect(posted()).toEqual([]);
  });
});

describe('a fan-out job', () => {
  it('does nothing when its message has expired', async () => {
    await world.routes.connect(aSession({ userId: 'bob' }));
    const what = { reference: { ...reference, clientMsgId: 'expired' } };
    await processFanOutJob(world, { ...job(), what, users: ['bob', 'carol'] });
    expect([posted(), stored()]).toEqual([[], []]);
  });

  it('fails as a whole when all of its parts fail, so that SQS retries it (IM-FAULT-5)', async () => {
    const routes = { ...world.routes, sessionsOf: () => Promise.reject(new Error('routes')) };
    const users = members(150).map(({ userId }) => userId);
    await expect(processFanOutJob({ ...world, routes }, { ...job(), users })).rejects.toThrow('routes');
    expect(world.fanOutQueue.jobs).toEqual([]);
  });

  it('of which a part always fails does not loop forever: only the failed members are retried, and at last they fail as a whole', async () => {
    const routes = {
      ...world.routes,
      sessionsOf: (users: readonly string[]) =>
        users.includes(pad(150)) ? Promise.reject(new Error('routes')) : world.routes.sessionsOf(users),
    };
    const users = members(1_000).map(({ userId }) => userId);
    await processFanOutJob({ ...world, routes }, { ...job(), users });
    const [rest] = world.fanOutQueue.jobs.splice(0);
    expect(rest?.users).toEqual(users.slice(100, 200));
    if (rest !== undefined)
      await expect(processFanOutJob({ ...world, routes }, rest)).rejects.toThrow('routes');
    expect(world.fanOutQueue.jobs).toEqual([]);
  });

  it.each([
    [500, ['bob']],
    [501, []],
  ])('keeps inbox copies in a group of up to 500 members: %s (IM-HELLO-3)', async (count, owners) => {
    await processFanOutJob(world, { ...job(count), users: ['alice', 'bob'] });
    expect(stored()).toEqual(owners);
  });

  it('does not push to the session that sent the message', async () => {
    for (const deviceId of ['phone', 'tablet'])
      await world.routes.connect(aSession({ userId: 'alice', deviceId }));
    await processFanOutJob(world, { ...job(), users: ['alice'], exceptConnectionId: 'alice-phone' });
    const frame = { type: 'messages', messages: [expect.objectContaining({ seq: 7, from: 'alice' })] };
    expect(world.connections.posts).toEqual([{ connectionId: 'alice-tablet', frame }]);
  });
});

describe('delivery to a group', () => {
  it('returns the recipients without a session that took the message, and stores it for them', async () => {
    await world.routes.connect(aSession({ userId: 'bob' }));
    await world.routes.connect(aSession({ userId: 'carol' }));
    world.connections.outcomes.set('carol-phone', 'gone');
    const ports = withMembers(['alice', 'bob', 'carol', 'dan'].map((userId) => ({ userId, joinedSeq: 1 })));
    expect(await deliverToGroup(ports, message, { memberCount: 4 })).toEqual(['carol', 'dan']);
    expect(stored()).toEqual(['carol', 'dan']);
    expect(world.connections.posts[0]?.frame).toMatchObject({ messages: [{ seq: 7 }] });
  });

  it('is direct up to 25 members and 25 sessions (IM-DESIGN-9)', async () => {
    for (const { userId } of members(25)) await world.routes.connect(aSession({ userId }));
    await deliverToGroup(withMembers(members(25)), message, { memberCount: 25 });
    expect([posted().length, world.fanOutQueue.jobs]).toEqual([25, []]);
    await world.routes.connect(aSession({ userId: pad(7), deviceId: 'tablet' }));
    await deliverToGroup(withMembers(members(25)), message, { memberCount: 25 });
    expect([posted().length, world.fanOutQueue.jobs]).toEqual([25, [job(25)]]);
  });

  it('goes through the workers if the group has more members than its count said', async () => {
    expect(await deliverToGroup(withMembers(members(26)), message, { memberCount: 25 })).toEqual([]);
    expect(world.fanOutQueue.jobs).toEqual([job(25)]);
  });

  it('leaves out members of a small group who joined later (IM-INV-5)', async () => {
    const all = [6, 7, 8].map((joinedSeq) => ({ userId: `joined at ${joinedSeq}`, joinedSeq }));
    await deliverToGroup(withMembers(all), message, { memberCount: 3 });
    expect(stored()).toEqual(['joined at 6', 'joined at 7']);
  });

  it('posts to the sessions of prefetched members once, and reads the routes of the others only', async () => {
    for (const userId of ['alice', 'bob', 'carol']) await world.routes.connect(aSession({ userId }));
    const reads: (readonly string[])[] = [];
    const sessionsOf: World['routes']['sessionsOf'] = (users) => {
      reads.push(users);
      return world.routes.sessionsOf(users);
    };
    const all = ['alice', 'bob', 'carol'].map((userId) => ({ userId, joinedSeq: 1 }));
    const ports = { ...withMembers(all), routes: { ...world.routes, sessionsOf } };
    const audience = { memberCount: 3, exceptConnectionId: 'alice-phone' };
    await deliverToGroup(ports, message, { ...audience, prefetchedMembers: ['alice', 'bob'] });
    expect(posted()).toEqual(['bob-phone', 'carol-phone']);
    expect(reads).toEqual([['alice', 'bob'], ['carol']]);
    await deliverToGroup(ports, message, audience);
    expect(reads.slice(2)).toEqual([['alice', 'bob', 'carol']]);
  });

  it('prefetches the members of a group of up to 25, and reads none of a larger one', async () => {
    const ports = withMembers(members(25));
    expect(await prefetchMembers(ports, ID, 25)).toEqual(members(25).map(({ userId }) => userId));
    expect(await prefetchMembers(ports, ID, 26)).toEqual([]);
    expect(pages).toEqual([{ limit: 25 }]);
  });

  it('prefetches nobody if the members cannot be read', async () => {
    const groups = { ...world.groups, members: () => Promise.reject(new Error('members')) };
    expect(await prefetchMembers({ groups }, ID, 3)).toEqual([]);
  });

  it("hands a large group to the workers, with the sender's session, and reports nobody", async () => {
    const audience = { memberCount: 26, exceptConnectionId: 'alice-phone' };
    expect(await deliverToGroup(world, message, audience)).toEqual([]);
    expect(world.fanOutQueue.jobs).toEqual([{ ...job(26), exceptConnectionId: 'alice-phone' }]);
    await deliverToGroup(world, message, { memberCount: 26 });
    expect(world.fanOutQueue.jobs[1]).not.toHaveProperty('exceptConnectionId');
  });

  it('makes no call to the offline queue when every recipient has the message', async () => {
    await world.routes.connect(aSession({ userId: 'bob' }));
    const offlineQueue = { enqueue: () => Promise.reject(new Error('called')) };
    const ports = { ...withMembers([{ userId: 'bob', joinedSeq: 1 }]), offlineQueue };
    expect(await deliverToGroup(ports, message, { memberCount: 1 })).toEqual([]);
  });
});

describe('a hint', () => {
  const frame = { type: 'typing', conversationId: ID, userId: 'alice', typing: true } as const;

  it('goes to the first 100 users, each counted once', async () => {
    const users = members(101).map(({ userId }) => userId);
    for (const userId of users) await world.routes.connect(aSession({ userId }));
    await hint(world, frame, { users: [users[0] as string, ...users] });
    expect(posted()).toEqual(users.slice(0, 100).map((userId) => `${userId}-phone`));
  });

  it('to nobody reads no routes', async () => {
    const routes = { ...world.routes, sessionsOf: () => Promise.reject(new Error('called')) };
    await hint({ ...world, routes }, frame, { users: [] });
    expect(posted()).toEqual([]);
  });

  it('to a small group is posted to all members but the session that caused it, and kept for nobody', async () => {
    for (const userId of ['alice', 'bob']) await world.routes.connect(aSession({ userId }));
    const all = ['alice', 'bob', 'carol'].map((userId) => ({ userId, joinedSeq: 1 }));
    await hintToGroup(withMembers(all), ID, frame, { memberCount: 3, exceptConnectionId: 'alice-phone' });
    expect(world.connections.posts).toEqual([{ connectionId: 'bob-phone', frame }]);
    expect([world.fanOutQueue.jobs, stored()]).toEqual([[], []]);
  });

  it('to a large group is a job of the workers that carries the frame', async () => {
    await hintToGroup(world, ID, frame, { memberCount: 26 });
    const what = { frame: JSON.stringify(frame) };
    expect(world.fanOutQueue.jobs).toEqual([{ conversationId: ID, memberCount: 26, what }]);
  });
});
