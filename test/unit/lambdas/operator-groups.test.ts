import { beforeEach, describe, expect, it } from 'vitest';
import { OPERATOR } from '../../../lambdas/domain/access/operator.ts';
import {
  createGroup,
  createGroupAsOperator,
  newGroupId,
  updateGroup,
} from '../../../lambdas/domain/groups/change.ts';
import { addMembers, completeChange, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { removeByOperator } from '../../../lambdas/domain/groups/operator-removal.ts';
import { listMembers, lookAtGroup } from '../../../lambdas/domain/groups/views.ts';
import { blockUser } from '../../../lambdas/domain/people/blocks.ts';
import { createWorld, type World } from '../../adapters/memory/world.ts';

const refused = (code: string) => expect.objectContaining({ code });
const names = (count: number) => Array.from({ length: count }, (_, n) => `m${String(n).padStart(4, '0')}`);

let world: World;
beforeEach(() => {
  world = createWorld();
});

const make = (members: readonly string[], admins = members.slice(0, 1)) =>
  createGroupAsOperator(world, newGroupId(world), { name: 'Rowers', members, admins, openHistory: false });
async function groupOf(...members: readonly string[]): Promise<string> {
  return (await createGroup(world, 'alice', { name: 'Rowers', members, openHistory: false })).conversationId;
}
async function contentsOf(conversationId: string): Promise<unknown[]> {
  const { messages } = await world.messages.page(conversationId, { head: 99, after: 0, limit: 99 });
  return messages.map(({ contentJson }) => JSON.parse(contentJson));
}
const factsOf = async (id: string) => (await world.conversations.head(id)).group;

describe('a group that the operator makes (IM-ADMIN-3)', () => {
  it('has exactly the given members and admins, and the operator is not in it', async () => {
    const body = await make(['bob', 'carol', 'bob', 'dan'], ['dan', 'carol', 'dan']);
    expect(body).toMatchObject({ name: 'Rowers', admins: ['dan', 'carol'], memberCount: 3 });
    const { conversationId: id } = body;
    const { members } = await listMembers(world, 'bob', id, undefined);
    expect(members.map(({ userId }) => userId)).toEqual(['bob', 'carol', 'dan']);
    expect(await contentsOf(id)).toEqual([
      { type: 'system', event: 'created', users: ['dan', 'carol', 'bob'], name: 'Rowers', by: 'system' },
    ]);
  });

  it('takes a hundred members, in parts, with its admins in the first one', async () => {
    const all = names(100);
    const body = await make(all, all.slice(-2));
    expect(body.memberCount).toBe(100);
    expect(await factsOf(body.conversationId)).toMatchObject({ admins: all.slice(-2), memberCount: 100 });
    const changes = (await contentsOf(body.conversationId)) as { users: string[]; by: string }[];
    expect(changes.map(({ users, by }) => [users.length, by])).toEqual([
      [40, 'system'],
      [38, 'system'],
      [22, 'system'],
    ]);
  });
});

describe('a change by the operator (IM-ADMIN-3)', () => {
  it('needs neither membership nor role, and is by the system', async () => {
    const id = await groupOf('bob');
    const body = await updateGroup(world, OPERATOR, id, {
      name: 'Sailors',
      admins: ['bob'],
      pins: 'members',
      posting: 'admins',
      slowModeSeconds: 5,
    });
    expect(body).toMatchObject({ name: 'Sailors', admins: ['bob'], posting: 'admins', slowModeSeconds: 5 });
    expect(await addMembers(world, OPERATOR, id, ['carol'])).toMatchObject({ memberCount: 3 });
    const changes = (await contentsOf(id)) as { event: string; by: string }[];
    expect(changes.slice(1).map(({ event, by }) => [event, by])).toEqual([
      ['renamed', 'system'],
      ['admins', 'system'],
      ['pins', 'system'],
      ['posting', 'system'],
      ['slowMode', 'system'],
      ['joined', 'system'],
    ]);
  });

  it('makes only members admins', async () => {
    const id = await groupOf('bob');
    await expect(updateGroup(world, OPERATOR, id, { admins: ['zoe'] })).rejects.toEqual(
      refused('invalid_request'),
    );
    expect(await factsOf(id)).toMatchObject({ admins: ['alice'] });
  });

  it('adds users whatever they block', async () => {
    await blockUser(world, 'carol', 'alice');
    const id = await groupOf('bob');
    expect(await addMembers(world, 'alice', id, ['carol'])).toMatchObject({ memberCount: 2 });
    expect(await addMembers(world, OPERATOR, id, ['carol'])).toMatchObject({ memberCount: 3 });
  });

  it('finds no group of another kind or of an unknown id', async () => {
    for (const id of ['g:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'dm:alice:bob', 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV']) {
      await expect(updateGroup(world, OPERATOR, id, { name: 'x' })).rejects.toEqual(refused('not_found'));
      await expect(addMembers(world, OPERATOR, id, ['x'])).rejects.toEqual(refused('not_found'));
      await expect(lookAtGroup(world, id, undefined)).rejects.toEqual(refused('not_found'));
      expect(await removeByOperator(world, id, 'alice')).toBe(false);
    }
  });

  it('completes a removal that died halfway before it adds the member again', async () => {
    const id = await groupOf('bob');
    await world.groupWriter.markAsLeaving(id, 'bob');
    await addMembers(world, OPERATOR, id, ['bob']);
    expect((await contentsOf(id)).slice(1)).toMatchObject([
      { event: 'removed', users: ['bob'], by: 'system' },
      { event: 'joined', users: ['bob'], by: 'system' },
    ]);
  });
});

describe('a look at a group (IM-ADMIN-3)', () => {
  it('shows its facts and a page of its members', async () => {
    const all = names(101);
    const { conversationId: id } = await make(all.slice(0, 100));
    await addMembers(world, OPERATOR, id, all.slice(100));
    const first = await lookAtGroup(world, id, undefined);
    expect(first).toMatchObject({ name: 'Rowers', admins: ['m0000'], memberCount: 101, openHistory: false });
    expect(first.members).toHaveLength(100);
    expect(await lookAtGroup(world, id, first.cursor ?? '')).toMatchObject({
      members: [{ userId: 'm0100' }],
      cursor: null,
    });
    const other = (await make(['bob'])).conversationId;
    await expect(lookAtGroup(world, other, first.cursor ?? '')).rejects.toEqual(refused('invalid_request'));
  });
});

describe('a removal by the operator (IM-ADMIN-3)', () => {
  it('tells the group and the member, and a repeat finds nobody', async () => {
    const id = await groupOf('bob', 'carol');
    expect(await removeByOperator(world, id, 'bob')).toBe(true);
    expect(await removeByOperator(world, id, 'bob')).toBe(false);
    expect((await contentsOf(id)).slice(1)).toEqual([
      { type: 'system', event: 'removed', users: ['bob'], by: 'system' },
    ]);
    expect(await factsOf(id)).toMatchObject({ admins: ['alice'], memberCount: 2 });
  });

  it('of the last admin passes the role to the member of longest standing, of several to the first by user id', async () => {
    const id = await groupOf('zoe');
    await addMembers(world, 'alice', id, ['dan', 'bob']);
    expect(await removeByOperator(world, id, 'alice')).toBe(true);
    expect(await factsOf(id)).toMatchObject({ admins: ['zoe'], memberCount: 3 });
    expect(await removeByOperator(world, id, 'zoe')).toBe(true);
    expect(await factsOf(id)).toMatchObject({ admins: ['bob'], memberCount: 2 });
    const last = { type: 'system', by: 'system' };
    expect((await contentsOf(id)).slice(2)).toEqual([
      { ...last, event: 'admins', users: ['zoe'] },
      { ...last, event: 'removed', users: ['alice'] },
      { ...last, event: 'admins', users: ['bob'] },
      { ...last, event: 'removed', users: ['zoe'] },
    ]);
    expect(await world.outbox.pending(id)).toEqual([]);
  });

  it('of the only member leaves an empty group', async () => {
    const id = await groupOf();
    expect(await removeByOperator(world, id, 'alice')).toBe(true);
    expect(await factsOf(id)).toMatchObject({ admins: [], memberCount: 0 });
  });

  it('finds the member of longest standing on a later page', async () => {
    const id = await groupOf();
    await addMembers(world, 'alice', id, ['zoe']);
    await addMembers(world, 'alice', id, names(3));
    const { members } = world.groups;
    const groups = {
      ...world.groups,
      members: ((of, page) => members(of, { ...page, limit: 2 })) as typeof members,
    };
    await removeByOperator({ ...world, groups }, id, 'alice');
    expect(await factsOf(id)).toMatchObject({ admins: ['zoe'] });
  });

  it.each<readonly [string, (id: string) => Promise<unknown>, object]>([
    ['the heir leaves', (id) => removeMember(world, 'bob', id, 'bob'), { admins: ['carol'], memberCount: 1 }],
    [
      'the operator removes the heir',
      (id) => removeByOperator(world, id, 'bob'),
      { admins: ['carol'], memberCount: 1 },
    ],
    [
      'the admin names another one',
      (id) => updateGroup(world, 'alice', id, { admins: ['alice', 'carol'] }),
      { admins: ['carol'], memberCount: 2 },
    ],
    [
      'the admin hands the role over, and leaves',
      async (id) => {
        await updateGroup(world, 'alice', id, { admins: ['carol'] });
        await removeMember(world, 'alice', id, 'alice');
      },
      { admins: ['carol'], memberCount: 2 },
    ],
    [
      'all others leave',
      async (id) => {
        for (const user of ['bob', 'carol']) await removeMember(world, user, id, user);
      },
      { admins: [], memberCount: 0 },
    ],
  ])('holds though, just before the role goes on, %s', async (_, meanwhile, expected) => {
    const id = await groupOf('bob', 'carol');
    let isFirst = true;
    const passOn: World['succession']['passOn'] = async (change) => {
      if (isFirst) {
        isFirst = false;
        await meanwhile(id);
      }
      return world.succession.passOn(change);
    };
    expect(await removeByOperator({ ...world, succession: { passOn } }, id, 'alice')).toBe(true);
    expect(await factsOf(id)).toMatchObject(expected);
    expect((await world.groups.getMembers(id, ['alice'])).size).toBe(0);
  });

  it('is completed by its watchdog if its function dies after the role went on', async () => {
    const id = await groupOf('bob');
    const passOn: World['succession']['passOn'] = async (change) => {
      await world.succession.passOn(change);
      throw new Error('killed');
    };
    await expect(removeByOperator({ ...world, succession: { passOn } }, id, 'alice')).rejects.toThrow(
      'killed',
    );
    expect(await factsOf(id)).toMatchObject({ admins: ['bob'], memberCount: 1 });
    await completeChange(world, { watchdogOf: id, removal: { member: 'alice', by: 'system' } });
    expect((await contentsOf(id)).slice(1)).toMatchObject([
      { event: 'admins', users: ['bob'] },
      { event: 'removed', users: ['alice'] },
    ]);
    expect(await world.outbox.pending(id)).toEqual([]);
  });

  it('gives up, and can be repeated, if the store refuses it four times', async () => {
    const id = await groupOf('bob');
    const ports = { ...world, succession: { passOn: async () => false } };
    await expect(removeByOperator(ports, id, 'alice')).rejects.toEqual(refused('unavailable'));
    expect(await factsOf(id)).toMatchObject({ admins: ['alice'], memberCount: 2 });
    expect(await removeByOperator(world, id, 'alice')).toBe(true);
  });
});
