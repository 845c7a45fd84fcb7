import { beforeEach, describe, expect, it, vi } from 'vitest';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { showGroup } from '../../../lambdas/domain/groups/views.ts';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { listPins, pin } from '../../../lambdas/domain/messages/pin.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { by, changedPushes, createWorldOf, NOON, sayIn, type World } from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const refused = (code: string) => expect.objectContaining({ code });

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'carol');
});

const say = (words: string, target?: Parameters<typeof sayIn>[2], from?: string) =>
  sayIn(world, words, target, from);
const set = (
  userId: string,
  seq: number,
  {
    on = true,
    conversationId = DM,
    ports = world,
  }: Partial<{ on: boolean; conversationId: string; ports: World }> = {},
) => pin(ports, by(userId), { conversationId, seq, on });
const pinnedSeqs = async (userId: string, conversationId = DM) =>
  (await listPins(world, userId, conversationId)).messages.map(({ seq }) => seq);
const pushed = () => changedPushes(world).map(({ frame }) => frame.change);

describe('a pin', () => {
  beforeEach(async () => {
    for (const words of ['one', 'two', 'three']) await say(words);
  });

  it('shows on the message, is pushed, and is listed with the latest pin first (IM-PIN)', async () => {
    expect(await set('alice', 2)).toMatchObject({ seq: 2, rev: 1, pinned: { by: 'alice', at: NOON } });
    await set('bob', 3);
    await set('alice', 1);
    expect(pushed()[0]).toEqual({ kind: 'pinned', by: 'alice' });
    expect(await pinnedSeqs('bob')).toEqual([1, 3, 2]);
    const unpinned = await set('bob', 3, { on: false });
    expect(unpinned).toMatchObject({ rev: 2 });
    expect(unpinned).not.toHaveProperty('pinned');
    expect(pushed().at(-1)).toEqual({ kind: 'unpinned', by: 'bob' });
    expect(await pinnedSeqs('alice')).toEqual([1, 2]);
    const feed = await readChanges(world, 'bob', DM, { sinceMs: NOON });
    expect(feed.messages.map(({ seq, pinned }) => [seq, pinned?.by])).toEqual(
      expect.arrayContaining([
        [1, 'alice'],
        [2, 'alice'],
        [3, undefined],
      ]),
    );
  });

  it('that is already in effect stays with its first user, without a new rev or push (IM-CHANGE-5)', async () => {
    await set('alice', 2);
    const pushes = pushed().length;
    world.advance(1_000);
    expect(await set('bob', 2)).toMatchObject({ rev: 1, pinned: { by: 'alice', at: NOON } });
    const unpinned = await set('bob', 3, { on: false });
    expect(unpinned).toMatchObject({ rev: 0 });
    expect(pushed()).toHaveLength(pushes);
  });

  it.each([
    { before: 'nothing', on: true, steps: [] },
    { before: 'a pin', on: false, steps: [true] },
    { before: 'an unpin', on: true, steps: [true, false] },
  ])(
    'whose function died is in the list at once, and is shown and pushed by its repeat (pinning: $on, after $before) (IM-PIN)',
    async ({ on, steps }) => {
      for (const step of steps) await set('alice', 2, { on: step });
      const messageWriter = { ...world.messages, showPin: () => Promise.reject(new Error('died')) };
      await expect(set('alice', 2, { on, ports: { ...world, messageWriter } })).rejects.toThrow('died');
      expect(await pinnedSeqs('bob')).toEqual(on ? [2] : []);
      const message = await set('alice', 2, { on });
      expect(message.pinned !== undefined).toBe(on);
      expect(pushed().at(-1)?.kind).toBe(on ? 'pinned' : 'unpinned');
      expect(await pinnedSeqs('bob')).toEqual(on ? [2] : []);
    },
  );

  it('is replaced by a later unpin that is written first (IM-CHANGE-5)', async () => {
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async showPin(...request) {
        await set('bob', 2, { on: false });
        return world.messages.showPin(...request);
      },
    };
    const message = await set('alice', 2, { ports: { ...world, messageWriter } });
    expect(message).not.toHaveProperty('pinned');
    expect(await pinnedSeqs('alice')).toEqual([]);
    expect(pushed()).toEqual([{ kind: 'unpinned', by: 'bob' }]);
  });

  it('is pushed when the AWS SDK retried its write after a lost response', async () => {
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async showPin(...request) {
        await world.messages.showPin(...request);
        return world.messages.showPin(...request);
      },
    };
    expect(await set('alice', 2, { ports: { ...world, messageWriter } })).toMatchObject({ rev: 1 });
    expect(pushed()).toHaveLength(1);
  });

  it('disappears with a recall, whichever of the two comes first, and frees its place (IM-PIN)', async () => {
    await set('alice', 1);
    await recall(world, by('alice'), { conversationId: DM, seq: 1 });
    const messageWriter: World['messageWriter'] = {
      ...world.messages,
      async showPin(...request) {
        await recall(world, by('alice'), { conversationId: DM, seq: 2 });
        return world.messages.showPin(...request);
      },
    };
    const racing = set('bob', 2, { ports: { ...world, messageWriter } });
    await expect(racing).rejects.toEqual(refused('forbidden'));
    await expect(set('bob', 1)).rejects.toEqual(refused('forbidden'));
    expect(await pinnedSeqs('bob')).toEqual([]);
    expect((await world.pins.pins(DM)).pins).toEqual([]);
  });
});

it("a conversation has at most 50 pins, and those of recalled messages don't count (IM-PIN)", async () => {
  for (let seq = 1; seq <= 52; seq += 1) await say(`m${seq}`);
  for (let seq = 1; seq <= 50; seq += 1) await set('alice', seq);
  const drop = vi.spyOn(world.pinWriter, 'drop');
  await expect(set('alice', 51)).rejects.toEqual(refused('limit_reached'));
  expect(drop).not.toHaveBeenCalled();
  expect(await set('bob', 50)).toMatchObject({ pinned: { by: 'alice' } });
  // Its function dies before it takes the pin out.
  const dead = { ...world.pins, unpin: () => Promise.reject(new Error('died')) };
  const dying = recall({ ...world, pinWriter: dead }, by('alice'), { conversationId: DM, seq: 7 });
  await expect(dying).rejects.toThrow('died');
  expect(await pinnedSeqs('bob')).not.toContain(7);
  const pinWriter: World['pinWriter'] = {
    ...world.pins,
    async drop(...request) {
      await world.pins.drop(...request);
      await set('bob', 51);
    },
  };
  // The place is free, and bob is faster.
  await expect(set('alice', 52, { ports: { ...world, pinWriter } })).rejects.toEqual(
    refused('limit_reached'),
  );
  expect(await pinnedSeqs('bob')).toHaveLength(50);
  // A message that has expired is found no more.
  const getMany: World['messages']['getMany'] = async (places) =>
    (await world.messages.getMany(places)).filter(({ seq }) => seq !== 9);
  const ports = { ...world, messages: { ...world.messages, getMany } };
  expect((await listPins(ports, 'bob', DM)).messages).toHaveLength(49);
  expect(await set('alice', 52, { ports })).toMatchObject({ pinned: { by: 'alice' } });
});

describe('in a group, pins', () => {
  const groupOf = async (pins: 'admins' | 'members', openHistory = false) => {
    const request = { name: 'G', members: ['bob'], openHistory, pins };
    const { conversationId } = await createGroup(world, 'alice', request);
    await say('one', { conversationId });
    return conversationId;
  };

  it('are allowed to admins, or to every member if the group allows it (IM-PIN)', async () => {
    const conversationId = await groupOf('admins');
    await expect(set('bob', 2, { conversationId })).rejects.toEqual(refused('forbidden'));
    await set('alice', 2, { conversationId });
    await expect(set('bob', 2, { on: false, conversationId })).rejects.toEqual(refused('forbidden'));
    expect(await showGroup(world, 'bob', conversationId)).toMatchObject({ pins: 'admins' });
    await expect(updateGroup(world, 'bob', conversationId, { pins: 'members' })).rejects.toEqual(
      refused('forbidden'),
    );
    expect(await updateGroup(world, 'alice', conversationId, { pins: 'members' })).toMatchObject({
      pins: 'members',
    });
    expect(await set('bob', 2, { on: false, conversationId })).not.toHaveProperty('pinned');
    const { messages } = await world.messages.page(conversationId, { head: 99, limit: 1 });
    expect(JSON.parse(messages[0]?.contentJson ?? '')).toMatchObject({
      event: 'pins',
      name: 'members',
      by: 'alice',
    });
    await updateGroup(world, 'alice', conversationId, { pins: 'admins' });
    await expect(set('bob', 2, { conversationId })).rejects.toEqual(refused('forbidden'));
    expect(await showGroup(world, 'bob', await groupOf('members'))).toMatchObject({ pins: 'members' });
  });

  it('are hidden from members who joined later, and from users who have left meanwhile (IM-INV-5)', async () => {
    const conversationId = await groupOf('members');
    await set('bob', 2, { conversationId });
    await addMembers(world, 'alice', conversationId, ['carol']);
    expect(await pinnedSeqs('carol', conversationId)).toEqual([]);
    await expect(set('carol', 2, { conversationId })).rejects.toEqual(refused('not_found'));
    const messages: World['messages'] = {
      ...world.messages,
      async getMany(keys) {
        await removeMember(world, 'bob', conversationId, 'bob');
        return world.messages.getMany(keys);
      },
    };
    await expect(listPins({ ...world, messages }, 'bob', conversationId)).rejects.toEqual(
      refused('not_found'),
    );
    await expect(set('bob', 2, { conversationId })).rejects.toEqual(refused('not_found'));
    await expect(listPins(world, 'dave', conversationId)).rejects.toEqual(refused('not_found'));
  });
});

it("pins of a support chat are both sides', until it is closed; supervisors may read them (IM-PIN)", async () => {
  const { conversationId } = await openChat(world, by('bob').caller, {});
  const { seq } = await say('help', { conversationId }, 'bob');
  await set('bob', seq, { conversationId });
  await closeChat(world, by('bob').caller, { conversationId });
  await expect(set('bob', seq, { on: false, conversationId })).rejects.toEqual(refused('forbidden'));
  const seen = await listPins(world, 'sue', conversationId, { roles: ['supervisor'] });
  expect(seen.messages).toMatchObject([{ seq, pinned: { by: 'bob' } }]);
  await expect(listPins(world, 'sue', conversationId)).rejects.toEqual(refused('not_found'));
});
