import { beforeEach, describe, expect, it } from 'vitest';
import { processFanOutJob } from '../../../lambdas/domain/delivery/fan-out.ts';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import type { FanOutJob } from '../../../lambdas/domain/model/fan-out-job.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { aSession, createWorld, type World } from '../../adapters/memory/world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});

const names = (count: number) => Array.from({ length: count }, (_, n) => `m${String(n).padStart(4, '0')}`);

async function groupOf(members: readonly string[]): Promise<string> {
  const { conversationId } = await createGroup(world, 'alice', {
    name: 'Rowers',
    members: members.slice(0, 100),
    openHistory: false,
  });
  for (let n = 100; n < members.length; n += 100)
    await addMembers(world, 'alice', conversationId, members.slice(n, n + 100));
  forget();
  return conversationId;
}

function forget(): void {
  world.fanOutQueue.jobs.length = 0;
  world.offlineQueue.jobs.length = 0;
  world.connections.posts.length = 0;
}

const say = (conversationId: string, text = 'hi', from = 'alice') =>
  send(world, from, { clientMsgId: text, conversationId, content: { type: 'text', text } });
const posted = () => world.connections.posts.map(({ connectionId }) => connectionId).sort();
const stored = () => world.offlineQueue.jobs.map(({ job }) => job.userId).sort();

/** Processes the fan-out queue until jobs create no more jobs. */
async function workOff(): Promise<number> {
  let done = 0;
  for (let job = world.fanOutQueue.jobs.shift(); job !== undefined; job = world.fanOutQueue.jobs.shift()) {
    await processFanOutJob(world, job);
    done += 1;
  }
  return done;
}

describe('a message to a group', () => {
  it("is posted by the sender's function if the members are few, and kept for absent members", async () => {
    const id = await groupOf(['bob', 'carol']);
    await world.routes.connect(aSession({ userId: 'bob' }));
    await say(id);
    expect(posted()).toEqual(['bob-phone']);
    expect(stored()).toEqual(['carol']);
    expect(world.fanOutQueue.jobs).toEqual([]);
  });

  it('costs the sender one enqueue above 25 members or 25 sessions', async () => {
    await say(await groupOf(names(25)));
    expect(world.fanOutQueue.jobs).toHaveLength(1);
    expect(posted()).toEqual([]);
    const few = await groupOf(['bob', 'carol', 'dave']);
    for (const userId of ['bob', 'carol', 'dave']) {
      for (let n = 0; n < 9; n += 1) await world.routes.connect(aSession({ userId, deviceId: `d${n}` }));
    }
    await say(few);
    expect(world.fanOutQueue.jobs).toHaveLength(1);
    expect(posted()).toEqual([]);
  });

  it('reaches every member once through jobs of 1,000, and only online members above 500', async () => {
    const members = names(2_500);
    const id = await groupOf(members);
    for (const userId of members.slice(0, 300)) await world.routes.connect(aSession({ userId }));
    await say(id);
    expect(await workOff()).toBe(4);
    expect(posted()).toEqual(members.slice(0, 300).map((userId) => `${userId}-phone`));
    expect(stored()).toEqual([]);
  });

  it('goes to the members read after the commit, not to the prefetched ones (IM-PUSH-2, IM-INV-5)', async () => {
    const id = await groupOf(['bob', 'carol']);
    for (const userId of ['bob', 'carol', 'dave']) await world.routes.connect(aSession({ userId }));
    const { groups, messages } = world;
    const seen = await groups.members(id, { limit: 25 });
    await addMembers(world, 'alice', id, ['dave']);
    await removeMember(world, 'alice', id, 'bob');
    forget();
    const outdated = [seen];
    const racing = {
      ...groups,
      members: async (...wanted: Parameters<typeof groups.members>) =>
        outdated.pop() ?? groups.members(...wanted),
    };
    await send({ ...world, groups: racing, messages }, 'alice', {
      clientMsgId: 'c',
      conversationId: id,
      content: { type: 'text', text: 'hi' },
    });
    expect(posted()).toEqual(['carol-phone', 'dave-phone']);
    expect(stored()).toEqual([]);
  });

  it('is sent even if its members cannot be prefetched', async () => {
    const id = await groupOf(['bob']);
    await world.routes.connect(aSession());
    const { groups } = world;
    let isFirst = true;
    const flaky = {
      ...groups,
      members: async (...wanted: Parameters<typeof groups.members>) => {
        if (!isFirst) return groups.members(...wanted);
        isFirst = false;
        throw new UnavailableError();
      },
    };
    await send({ ...world, groups: flaky }, 'alice', {
      clientMsgId: 'c',
      conversationId: id,
      content: { type: 'text', text: 'hi' },
    });
    expect(posted()).toEqual(['bob-phone']);
  });

  it('is kept for all absent members in a group of up to 500, but not for its sender', async () => {
    const members = names(120);
    await say(await groupOf(members));
    await workOff();
    expect(stored()).toEqual(members);
  });

  it.each([
    { size: 'small', others: 2, kept: 3 },
    { size: 'large', others: 30, kept: 31 },
    { size: 'largest', others: 501, kept: 1 },
  ])(
    'about the removal of an absent member is kept for that member, however large the group: $size (IM-CHANGE-3)',
    async ({ others, kept }) => {
      const id = await groupOf(['bob', ...names(others)]);
      await removeMember(world, 'alice', id, 'bob');
      await workOff();
      expect(stored()).toHaveLength(kept);
      expect(stored()[0]).toBe('bob');
      forget();
      await removeMember(world, 'm0000', id, 'm0000');
      await workOff();
      expect(stored()).not.toContain('m0000');
    },
  );

  it('retries only the part whose routes could not be read', async () => {
    const members = names(300);
    const id = await groupOf(members);
    for (const userId of members) await world.routes.connect(aSession({ userId }));
    await say(id);
    const { routes } = world;
    let broken = true;
    const flaky = {
      ...world,
      routes: {
        ...routes,
        async sessionsOf(users: readonly string[]) {
          if (broken && users.includes('m0150')) throw new UnavailableError();
          return routes.sessionsOf(users);
        },
      },
    };
    const [plan] = world.fanOutQueue.jobs.splice(0);
    await processFanOutJob(flaky, plan as FanOutJob);
    const [again] = world.fanOutQueue.jobs;
    expect(again?.users).toHaveLength(100);
    expect(posted()).toHaveLength(200);
    broken = false;
    await workOff();
    expect(posted()).toEqual(members.map((userId) => `${userId}-phone`));
  });

  it('does not reach members who joined after it (IM-INV-5)', async () => {
    const id = await groupOf(names(30));
    await world.routes.connect(aSession({ userId: 'late' }));
    await say(id);
    const [plan] = world.fanOutQueue.jobs.splice(0);
    await addMembers(world, 'alice', id, ['late']);
    forget();
    await processFanOutJob(world, plan as FanOutJob);
    expect(posted()).toEqual([]);
  });

  it('does not reach members who were removed before it (IM-INV-5, IM-FAULT-14)', async () => {
    const id = await groupOf(['bob', ...names(30)]);
    await world.routes.connect(aSession({ userId: 'bob' }));
    await removeMember(world, 'alice', id, 'bob');
    await workOff();
    forget();
    await say(id);
    await workOff();
    expect(posted()).toEqual([]);
  });

  it.each([false, true])(
    'whose sender was removed before it was delivered is delivered and acknowledged when the sender repeats it (resend: %s, IM-SEND-2, IM-PUSH-2)',
    async (resend) => {
      await world.routes.connect(aSession({ userId: 'alice' }));
      const id = await groupOf(['bob']);
      const request = {
        clientMsgId: 'c1',
        conversationId: id,
        content: { type: 'text', text: 'hi' },
      } as const;
      const sessionsOf = async () => {
        throw new UnavailableError();
      };
      const broken = { ...world, routes: { ...world.routes, sessionsOf } };
      await expect(send(broken, 'bob', request)).rejects.toMatchObject({ code: 'unavailable' });
      await removeMember(world, 'alice', id, 'bob');
      forget();
      const { seq: head } = await world.conversations.head(id);
      expect(await send(world, 'bob', { ...request, resend })).toMatchObject({ seq: 2, duplicate: true });
      expect(posted()).toEqual(['alice-phone']);
      const other = send(world, 'bob', { ...request, clientMsgId: 'c2', resend });
      await expect(other).rejects.toMatchObject({ code: 'not_found' });
      expect((await world.conversations.head(id)).seq).toBe(head);
    },
  );

  it('leaves no trace, not even a hole, if the sender is not a member (IM-SEND-7)', async () => {
    const id = await groupOf(['bob']);
    const before = await world.conversations.head(id);
    await expect(say(id, 'hi', 'mallory')).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.conversations.head(id)).toEqual(before);
  });
});

describe('a group', () => {
  it('adds a hundred members in changes of forty, each with its message (IM-GROUP)', async () => {
    const id = await groupOf(names(100));
    const { messages } = await world.messages.page(id, { head: 99, after: 0, limit: 10 });
    const changes = messages.map(({ contentJson }) => JSON.parse(contentJson));
    expect(changes.map(({ event, users }) => [event, users.length])).toEqual([
      ['created', 40],
      ['joined', 39],
      ['joined', 22],
    ]);
    expect((await world.conversations.head(id)).group?.memberCount).toBe(101);
  });

  it('ignores added users who are already members', async () => {
    const id = await groupOf(['bob']);
    expect(await addMembers(world, 'alice', id, ['bob', 'bob'])).toMatchObject({ memberCount: 2 });
    expect((await world.conversations.head(id)).seq).toBe(1);
  });

  it('adds a member back whose removal died halfway, after finishing the removal', async () => {
    const id = await groupOf(['bob']);
    await world.groups.markAsLeaving(id, 'bob');
    expect(await addMembers(world, 'alice', id, ['bob'])).toMatchObject({ memberCount: 2 });
    const { messages } = await world.messages.page(id, { head: 99, after: 1, limit: 10 });
    expect(messages.map(({ contentJson }) => JSON.parse(contentJson).event)).toEqual(['removed', 'joined']);
    expect(await world.conversations.membership('bob', id)).toMatchObject({ visibleFrom: 3 });
  });

  it('can be left again by a member whose first attempt died halfway', async () => {
    const id = await groupOf(['bob']);
    await world.groups.markAsLeaving(id, 'bob');
    await removeMember(world, 'bob', id, 'bob');
    const { messages } = await world.messages.page(id, { head: 99, limit: 1 });
    expect(JSON.parse(messages[0]?.contentJson ?? '')).toMatchObject({ event: 'left', users: ['bob'] });
    await expect(removeMember(world, 'bob', id, 'bob')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('retries a removal when another change has taken a higher seq in the meantime', async () => {
    const id = await groupOf(['bob', 'carol']);
    const { apply } = world.groups;
    let isFirst = true;
    world.groups.apply = async (change) => {
      if (isFirst) {
        isFirst = false;
        await removeMember(world, 'alice', id, 'carol');
      }
      return apply(change);
    };
    await removeMember(world, 'alice', id, 'bob');
    expect((await world.conversations.head(id)).group?.memberCount).toBe(1);
    const { messages } = await world.messages.page(id, { head: 99, after: 1, limit: 10 });
    expect(messages.map(({ contentJson }) => JSON.parse(contentJson).users)).toEqual([['carol'], ['bob']]);
  });

  it('sends no message when its name stays the same', async () => {
    const id = await groupOf(['bob']);
    await updateGroup(world, 'alice', id, { name: 'Rowers' });
    expect((await world.conversations.head(id)).seq).toBe(1);
  });
});

describe('recall', () => {
  const caller = { userId: 'alice', deviceId: 'laptop', connectionId: 'alice-laptop' };

  it('is allowed for two minutes, and later to an admin only', async () => {
    await world.routes.connect(aSession(caller));
    const direct = await send(world, 'alice', {
      clientMsgId: 'c',
      to: 'bob',
      content: { type: 'text', text: 'hi' },
    });
    const id = await groupOf(['bob']);
    await say(id);
    world.advance(2 * 60_000 + 1);
    const late = recall(world, caller, { conversationId: direct.conversationId, seq: 1 });
    await expect(late).rejects.toMatchObject({ code: 'recall_window_passed' });
    await recall(world, caller, { conversationId: id, seq: 2 });
    await recall(world, caller, { conversationId: id, seq: 2 });
    const { messages } = await world.messages.page(id, { head: 99, limit: 1 });
    expect(JSON.parse(messages[0]?.contentJson ?? '')).toEqual({
      type: 'recalled',
      by: 'alice',
      at: world.clock(),
    });
  });
});
