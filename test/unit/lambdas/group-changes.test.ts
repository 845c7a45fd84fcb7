import { beforeEach, describe, expect, it } from 'vitest';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { listMembers, listReads, showGroup } from '../../../lambdas/domain/groups/views.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { aSession, createWorld, type World } from '../../adapters/memory/world.ts';

const refused = (code: string) => expect.objectContaining({ code });
const names = (count: number) => Array.from({ length: count }, (_, n) => `m${String(n).padStart(4, '0')}`);

let world: World;
beforeEach(() => {
  world = createWorld();
});

async function groupOf(...members: readonly string[]): Promise<string> {
  const request = { name: 'Rowers', members, openHistory: false };
  const { conversationId } = await createGroup(world, 'alice', request);
  return conversationId;
}
async function contentsOf(conversationId: string): Promise<unknown[]> {
  const { messages } = await world.messages.page(conversationId, { head: 99, after: 0, limit: 99 });
  return messages.map(({ contentJson }) => JSON.parse(contentJson));
}

describe('a group', () => {
  it('is created with its creator as admin, and each member once (IM-GROUP)', async () => {
    const request = { name: 'Rowers', members: ['bob', 'alice', 'bob'], openHistory: true };
    const body = await createGroup(world, 'alice', request);
    expect(body).toEqual({
      conversationId: expect.stringMatching(/^g:[0-9A-Z]{26}$/),
      name: 'Rowers',
      admins: ['alice'],
      memberCount: 2,
      pins: 'admins',
      posting: 'everyone',
      slowModeSeconds: 0,
    });
    expect(await showGroup(world, 'bob', body.conversationId)).toEqual(body);
    expect((await world.conversations.head(body.conversationId)).group?.openHistory).toBe(true);
    expect(await contentsOf(body.conversationId)).toEqual([
      { type: 'system', event: 'created', users: ['alice', 'bob'], name: 'Rowers', by: 'alice' },
    ]);
  });

  it('may begin with its creator alone (IM-GROUP)', async () => {
    const id = await groupOf();
    expect(await showGroup(world, 'alice', id)).toMatchObject({ admins: ['alice'], memberCount: 1 });
    expect(await contentsOf(id)).toMatchObject([{ event: 'created', users: ['alice'] }]);
  });

  it('counts all its members in the reply when it is created with a hundred (IM-GROUP)', async () => {
    const request = { name: 'Rowers', members: names(99), openHistory: false };
    const body = await createGroup(world, 'alice', request);
    expect(body.memberCount).toBe(100);
    expect((await showGroup(world, 'alice', body.conversationId)).memberCount).toBe(100);
    const changes = (await contentsOf(body.conversationId)) as { users: string[] }[];
    expect(changes.map(({ users }) => users.length)).toEqual([40, 39, 21]);
  });

  it('lets an admin rename it and change its admins, each with a message (IM-GROUP)', async () => {
    const id = await groupOf('bob');
    const body = await updateGroup(world, 'alice', id, { name: 'Sailors', admins: ['bob', 'bob'] });
    expect(body).toEqual({
      conversationId: id,
      name: 'Sailors',
      admins: ['bob'],
      memberCount: 2,
      pins: 'admins',
      posting: 'everyone',
      slowModeSeconds: 0,
    });
    expect(await showGroup(world, 'alice', id)).toEqual(body);
    expect((await contentsOf(id)).slice(1)).toEqual([
      { type: 'system', event: 'renamed', name: 'Sailors', by: 'alice' },
      { type: 'system', event: 'admins', users: ['bob'], by: 'alice' },
    ]);
    await expect(updateGroup(world, 'alice', id, { name: 'Rowers' })).rejects.toEqual(refused('forbidden'));
  });

  it('keeps its name when only its admins change', async () => {
    const id = await groupOf('bob');
    expect(await updateGroup(world, 'alice', id, { admins: ['bob'] })).toMatchObject({ name: 'Rowers' });
    expect((await contentsOf(id)).slice(1)).toMatchObject([{ event: 'admins', users: ['bob'] }]);
  });

  it('can only be changed by admins', async () => {
    const id = await groupOf('bob');
    for (const admins of [['carol'], ['bob', 'carol']]) {
      await expect(updateGroup(world, 'alice', id, { admins })).rejects.toMatchObject({
        issues: [{ path: 'admins' }],
      });
    }
    await world.groupWriter.markAsLeaving(id, 'bob');
    await expect(updateGroup(world, 'alice', id, { admins: ['bob'] })).rejects.toEqual(
      refused('invalid_request'),
    );
  });

  it('has the name of its last renaming when two commit in the other order (IM-GROUP)', async () => {
    const id = await groupOf('bob');
    await updateGroup(world, 'alice', id, { admins: ['alice', 'bob'] });
    let isFirst = true;
    const apply: World['groupWriter']['apply'] = async (change) => {
      if (isFirst) {
        isFirst = false;
        await updateGroup(world, 'bob', id, { name: 'Sailors' });
      }
      return world.groupWriter.apply(change);
    };
    const ports = { ...world, groupWriter: { ...world.groupWriter, apply } };
    await updateGroup(ports, 'alice', id, { name: 'Scullers' });
    const renamings = (await contentsOf(id)).filter((one) => (one as { event: string }).event === 'renamed');
    expect(renamings.at(-1)).toMatchObject({ name: 'Scullers', by: 'alice' });
    expect((await showGroup(world, 'alice', id)).name).toBe('Scullers');
  });

  it('keeps its name if one of the new admins in the same request is no member (IM-GROUP)', async () => {
    const id = await groupOf('bob');
    const request = { name: 'Sailors', admins: ['alice', 'carol'] };
    await expect(updateGroup(world, 'alice', id, request)).rejects.toEqual(refused('invalid_request'));
    expect((await showGroup(world, 'alice', id)).name).toBe('Rowers');
    expect(await contentsOf(id)).toHaveLength(1);
  });

  it('refuses a new admin who leaves meanwhile as an invalid request (IM-GROUP)', async () => {
    const id = await groupOf('bob');
    const apply: World['groupWriter']['apply'] = async (change) => {
      await world.groupWriter.markAsLeaving(id, 'bob');
      return world.groupWriter.apply(change);
    };
    const ports = { ...world, groupWriter: { ...world.groupWriter, apply } };
    await expect(updateGroup(ports, 'alice', id, { admins: ['bob'] })).rejects.toEqual(
      refused('invalid_request'),
    );
  });

  it('answers unavailable and sends no message if the store refuses a change', async () => {
    const id = await groupOf('bob');
    const ports = { ...world, groupWriter: { ...world.groupWriter, apply: async () => false } };
    await expect(updateGroup(ports, 'alice', id, { name: 'Sailors' })).rejects.toEqual(
      refused('unavailable'),
    );
    expect(await contentsOf(id)).toHaveLength(1);
  });

  it('accepts members from an admin, up to its limit (IM-GROUP)', async () => {
    const id = await groupOf('bob');
    await expect(addMembers(world, 'bob', id, ['carol'])).rejects.toEqual(refused('forbidden'));
    expect(await addMembers(world, 'alice', id, ['carol', 'carol', 'bob'])).toMatchObject({ memberCount: 3 });
    expect((await contentsOf(id)).at(-1)).toEqual({
      type: 'system',
      event: 'joined',
      users: ['carol'],
      by: 'alice',
    });
    const head = world.conversations.head.bind(world.conversations);
    const nearlyFull: World['conversations']['head'] = async (of) => {
      const found = await head(of);
      const memberCount = LIMITS.maxGroupMembers - 1;
      return found.group === undefined ? found : { ...found, group: { ...found.group, memberCount } };
    };
    const ports = { ...world, conversations: { ...world.conversations, head: nearlyFull } };
    await expect(addMembers(ports, 'alice', id, ['dan', 'eve'])).rejects.toEqual(refused('conflict'));
    expect(await addMembers(ports, 'alice', id, ['dan'])).toMatchObject({
      memberCount: LIMITS.maxGroupMembers,
    });
  });

  it('retries an addition four times, each with another seq', async () => {
    const id = await groupOf('bob');
    const seqs: number[] = [];
    const apply: World['groupWriter']['apply'] = async ({ message }) => {
      seqs.push(message.seq);
      return false;
    };
    const ports = { ...world, groupWriter: { ...world.groupWriter, apply } };
    await expect(addMembers(ports, 'alice', id, ['carol'])).rejects.toEqual(refused('unavailable'));
    expect(seqs).toEqual([2, 3, 4, 5]);
  });

  it('stops an addition when others have added the same members', async () => {
    const id = await groupOf('bob');
    const apply: World['groupWriter']['apply'] = async (change) => {
      await world.groupWriter.apply(change);
      return false;
    };
    const ports = { ...world, groupWriter: { ...world.groupWriter, apply } };
    await addMembers(ports, 'alice', id, ['carol']);
    expect((await showGroup(world, 'carol', id)).memberCount).toBe(3);
    expect(await contentsOf(id)).toHaveLength(2);
  });

  it('can be left by any member, and an admin can remove others (IM-GROUP)', async () => {
    const id = await groupOf('bob', 'carol');
    await world.routes.connect(aSession({ userId: 'carol' }));
    await expect(removeMember(world, 'bob', id, 'carol')).rejects.toEqual(refused('forbidden'));
    await removeMember(world, 'alice', id, 'carol');
    await removeMember(world, 'bob', id, 'bob');
    expect((await contentsOf(id)).slice(1)).toEqual([
      { type: 'system', event: 'removed', users: ['carol'], by: 'alice' },
      { type: 'system', event: 'left', users: ['bob'], by: 'bob' },
    ]);
    // The removed one gets that message and nothing after it.
    expect(world.connections.posts.filter(({ connectionId }) => connectionId === 'carol-phone')).toHaveLength(
      1,
    );
    await expect(removeMember(world, 'alice', id, 'carol')).rejects.toEqual(refused('not_found'));
    expect(await showGroup(world, 'alice', id)).toMatchObject({ memberCount: 1 });
  });

  it('keeps its last admin while others stay (IM-GROUP)', async () => {
    const id = await groupOf('bob');
    await expect(removeMember(world, 'alice', id, 'alice')).rejects.toEqual(refused('conflict'));
    await removeMember(world, 'bob', id, 'bob');
    await removeMember(world, 'alice', id, 'alice');
    await expect(showGroup(world, 'alice', id)).rejects.toEqual(refused('not_found'));
  });

  it('refuses a removal by an admin who has just lost the role, and by any admin if the store refuses it', async () => {
    const id = await groupOf('bob', 'carol');
    const removeAfter = (prepare: () => Promise<unknown>) => {
      const markAsLeaving: World['groupWriter']['markAsLeaving'] = async (...mark) => {
        await prepare();
        return world.groupWriter.markAsLeaving(...mark);
      };
      const ports = { ...world, groupWriter: { ...world.groupWriter, markAsLeaving } };
      return removeMember(ports, 'alice', id, 'carol');
    };
    const refusing = { ...world.groupWriter, markAsLeaving: async () => false };
    await expect(removeMember({ ...world, groupWriter: refusing }, 'alice', id, 'carol')).rejects.toEqual(
      refused('unavailable'),
    );
    await expect(removeAfter(() => updateGroup(world, 'alice', id, { admins: ['bob'] }))).rejects.toEqual(
      refused('forbidden'),
    );
    expect((await world.groups.getMembers(id, ['carol'])).get('carol')).toMatchObject({ isLeaving: false });
  });

  it('needs no second attempt at a removal that another worker has ended (IM-FAULT-3)', async () => {
    const id = await groupOf('bob');
    let attempts = 0;
    const apply: World['groupWriter']['apply'] = async (change) => {
      attempts += 1;
      await world.groupWriter.apply(change);
      return false;
    };
    await removeMember({ ...world, groupWriter: { ...world.groupWriter, apply } }, 'bob', id, 'bob');
    expect(attempts).toBe(1);
  });

  it('retries a removal four times, and sends no message for an attempt that fails', async () => {
    const id = await groupOf('bob');
    await world.routes.connect(aSession());
    world.offlineQueue.jobs.length = 0;
    let attempts = 0;
    const apply = async () => {
      attempts += 1;
      return false;
    };
    const ports = { ...world, groupWriter: { ...world.groupWriter, apply } };
    await expect(removeMember(ports, 'bob', id, 'bob')).rejects.toEqual(refused('unavailable'));
    expect(attempts).toBe(4);
    expect([world.connections.posts, world.offlineQueue.jobs]).toEqual([[], []]);
  });

  it('looks missing to non-members, and no other kind of conversation counts as a group (IM-SEND-7)', async () => {
    const id = await groupOf('bob');
    const missing = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    for (const other of [id, missing, 'dm:carol:dan', 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV']) {
      await expect(showGroup(world, 'carol', other)).rejects.toEqual(refused('not_found'));
      await expect(listMembers(world, 'carol', other, undefined)).rejects.toEqual(refused('not_found'));
      await expect(listReads(world, 'carol', other, undefined)).rejects.toEqual(refused('not_found'));
      await expect(addMembers(world, 'carol', other, ['dan'])).rejects.toEqual(refused('not_found'));
      await expect(removeMember(world, 'carol', other, 'carol')).rejects.toEqual(refused('not_found'));
    }
  });
});

describe('the message about a change of members', () => {
  const storedFor = () => world.offlineQueue.jobs.map(({ job }) => job.userId).sort();

  it('waits in the inbox of each absent member, new ones included (IM-PUSH-2)', async () => {
    const id = await groupOf('bob');
    world.offlineQueue.jobs.length = 0;
    await addMembers(world, 'alice', id, ['carol']);
    expect(storedFor()).toEqual(['bob', 'carol']);
  });

  it('goes through the workers once the group has more than 25 members, with the count after the change', async () => {
    const id = await groupOf(...names(24));
    await addMembers(world, 'alice', id, ['zoe']);
    await updateGroup(world, 'alice', id, { name: 'Sailors' });
    expect(world.fanOutQueue.jobs.map(({ memberCount }) => memberCount)).toEqual([26, 26]);
    world.fanOutQueue.jobs.length = 0;
    await world.routes.connect(aSession({ userId: 'zoe' }));
    await removeMember(world, 'alice', id, 'zoe');
    expect(world.fanOutQueue.jobs).toHaveLength(1);
    expect(world.connections.posts.map(({ connectionId }) => connectionId)).toEqual(['zoe-phone']);
  });
});

describe('a list of members', () => {
  it("pages by a hundred, with each member's read cursor (IM-GROUP)", async () => {
    const id = await groupOf(...names(99));
    await addMembers(world, 'alice', id, ['zoe']);
    const first = await listMembers(world, 'alice', id, undefined);
    expect(first.members.map(({ userId }) => userId)).toEqual(['alice', ...names(99)]);
    const second = await listMembers(world, 'alice', id, first.cursor ?? '');
    expect(second).toEqual({ members: [{ userId: 'zoe', joinedSeq: expect.any(Number) }], cursor: null });
    await world.conversationWriter.advanceRead('zoe', id, 3);
    const { cursor } = await listReads(world, 'alice', id, undefined);
    expect(await listReads(world, 'alice', id, cursor ?? '')).toEqual({
      reads: [{ userId: 'zoe', joinedSeq: expect.any(Number), seq: 3 }],
      cursor: null,
    });
  });

  it('shows 0 for a member without a read cursor', async () => {
    const id = await groupOf('bob');
    const ports = { ...world, conversations: { ...world.conversations, readSeqs: async () => [] } };
    expect((await listReads(ports, 'alice', id, undefined)).reads).toEqual([
      { userId: 'alice', joinedSeq: 1, seq: 0 },
      { userId: 'bob', joinedSeq: 1, seq: 0 },
    ]);
  });

  it('refuses the cursor of another group or user (IM-REFUSE-5)', async () => {
    const [one, two] = [await groupOf(...names(99), 'bob'), await groupOf('bob')];
    const { cursor } = await listMembers(world, 'alice', one, undefined);
    await expect(listMembers(world, 'alice', two, cursor ?? '')).rejects.toMatchObject({
      issues: [{ path: 'cursor' }],
    });
    await expect(listMembers(world, 'bob', one, cursor ?? '')).rejects.toEqual(refused('invalid_request'));
  });
});
