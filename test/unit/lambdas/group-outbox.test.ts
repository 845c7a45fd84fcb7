import { beforeEach, describe, expect, it } from 'vitest';
import { sendPending, WATCHDOG_SECONDS } from '../../../lambdas/domain/delivery/outbox.ts';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, completeChange, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { createWorldOf, type World } from '../../adapters/memory/world.ts';

let world: World;
let id: string;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob', 'carol');
  const request = { name: 'Rowers', members: ['bob'], openHistory: false };
  id = (await createGroup(world, 'alice', request)).conversationId;
  world.connections.posts.length = 0;
});

const refused = expect.objectContaining({ code: 'unavailable' });
const fails = async () => {
  throw new UnavailableError();
};
/** Runs the last watchdog job. */
const bark = () => completeChange(world, world.fanOutQueue.watchdogs.at(-1) ?? { watchdogOf: '' });
/** Ports with which a change commits and nothing can be delivered. */
const withoutRoutes = () => ({ ...world, routes: { ...world.routes, sessionsOf: fails } });
const changes: readonly (readonly [string, (ports: World) => Promise<unknown>, readonly string[]])[] = [
  ['a new name', (ports) => updateGroup(ports, 'alice', id, { name: 'Sailors' }), ['alice', 'bob']],
  ['new admins', (ports) => updateGroup(ports, 'alice', id, { admins: ['bob'] }), ['alice', 'bob']],
  ['an addition', (ports) => addMembers(ports, 'alice', id, ['carol']), ['alice', 'bob', 'carol']],
  ['a removal', (ports) => removeMember(ports, 'alice', id, 'bob'), ['alice', 'bob']],
  ['a leaving', (ports) => removeMember(ports, 'bob', id, 'bob'), ['alice', 'bob']],
];

describe('the outbox of a group', () => {
  it.each(changes)(
    'holds %s until it was delivered, by the watchdog job at last (IM-PUSH-2, IM-FAULT-3)',
    async (_, change, users) => {
      await expect(change(withoutRoutes())).rejects.toEqual(refused);
      expect(await world.outbox.pending(id)).toHaveLength(1);
      await bark();
      expect(world.connections.posts.map(({ connectionId }) => connectionId).sort()).toEqual(
        users.map((userId) => `${userId}-phone`),
      );
      expect(await world.outbox.pending(id)).toEqual([]);
      await bark();
      expect(world.connections.posts).toHaveLength(users.length);
    },
  );

  it('holds the first message of a new group until it was delivered, by the watchdog job at last (IM-PUSH-2, IM-FAULT-3)', async () => {
    const request = { name: 'Swimmers', members: ['carol'], openHistory: false };
    await expect(createGroup(withoutRoutes(), 'alice', request)).rejects.toEqual(refused);
    await bark();
    const posted = world.connections.posts.map(({ connectionId }) => connectionId).sort();
    expect(posted).toEqual(['alice-phone', 'carol-phone']);
  });

  it.each(changes)('is empty after %s that was delivered', async (_, change) => {
    await change(world);
    expect(await world.outbox.pending(id)).toEqual([]);
  });

  it.each(changes)('takes no %s without a watchdog job (IM-FAULT-3)', async (_, change) => {
    const ports = { ...world, fanOutQueue: { ...world.fanOutQueue, watch: fails } };
    await expect(change(ports)).rejects.toEqual(refused);
    expect(await world.outbox.pending(id)).toEqual([]);
    expect(await world.conversations.head(id)).toMatchObject({
      seq: 1,
      group: { memberCount: 2, name: 'Rowers' },
    });
  });

  it('keeps the messages that overtook an addition for the new members, but none sent much later (IM-PUSH-2)', async () => {
    const say = (clientMsgId: string) => {
      const content = { type: 'text', text: 'hi' } as const;
      return send(world, 'alice', { clientMsgId, conversationId: id, content });
    };
    const apply: World['groupWriter']['apply'] = async (change) => {
      await say('overtakes');
      return world.groupWriter.apply(change);
    };
    const ports = { ...withoutRoutes(), groupWriter: { ...world.groupWriter, apply } };
    const broken = { ...ports, fanOutQueue: { ...world.fanOutQueue, enqueue: fails } };
    await expect(addMembers(broken, 'alice', id, ['carol'])).rejects.toEqual(refused);
    world.advance(WATCHDOG_SECONDS * 1000);
    await say('just in time');
    world.advance(1);
    await say('later');
    await bark();
    expect(world.fanOutQueue.jobs).toMatchObject(
      [3, 4].map((seq) => ({ what: { reference: { seq } }, users: ['carol'] })),
    );
  });

  it.each(['alice', 'bob'])(
    'gets the removal of a member by %s that died halfway, by the watchdog job (IM-FAULT-3)',
    async (by) => {
      const ports = { ...world, groupWriter: { ...world.groupWriter, apply: fails } };
      await expect(removeMember(ports, by, id, 'bob')).rejects.toEqual(refused);
      await bark();
      expect(world.connections.posts.map(({ connectionId }) => connectionId).sort()).toEqual([
        'alice-phone',
        'bob-phone',
      ]);
      const { messages } = await world.messages.page(id, { head: 99, after: 1, limit: 9 });
      const event = by === 'bob' ? 'left' : 'removed';
      expect(messages.map(({ contentJson }) => JSON.parse(contentJson))).toEqual([
        { type: 'system', event, users: ['bob'], by },
      ]);
      expect((await world.groups.getMembers(id, ['bob'])).size).toBe(0);
      expect(await world.outbox.pending(id)).toEqual([]);
      await bark();
      expect(world.connections.posts).toHaveLength(2);
      expect((await world.conversations.head(id)).seq).toBe(messages.at(-1)?.seq);
    },
  );

  it('gets no removal of a member who was added again', async () => {
    await removeMember(world, 'alice', id, 'bob');
    const removal = world.fanOutQueue.watchdogs.at(-1) ?? { watchdogOf: '' };
    await addMembers(world, 'alice', id, ['bob']);
    const { seq } = await world.conversations.head(id);
    await completeChange(world, removal);
    expect((await world.conversations.head(id)).seq).toBe(seq);
    expect((await world.groups.getMembers(id, ['bob'])).get('bob')).toMatchObject({ isLeaving: false });
  });

  it('deletes an entry whose message has expired, and sends nothing for it', async () => {
    await expect(updateGroup(withoutRoutes(), 'alice', id, { name: 'Sailors' })).rejects.toEqual(refused);
    const messages = { ...world.messages, getMany: async () => [] };
    expect(await sendPending({ ...world, messages }, id, 5, fails)).toBe(false);
    expect(await world.outbox.pending(id)).toEqual([]);
  });

  it('keeps entries that are too young, and reports that they are left', async () => {
    const rename = (name: string) =>
      expect(updateGroup(withoutRoutes(), 'alice', id, { name })).rejects.toEqual(refused);
    await rename('Sailors');
    world.advance(5);
    await rename('Swimmers');
    const sent: number[] = [];
    const sendOld = () => sendPending(world, id, 5, async ({ seq }) => void sent.push(seq));
    expect([await sendOld(), sent]).toEqual([true, [2]]);
    expect(await world.outbox.pending(id)).toMatchObject([{ seq: 3 }]);
    world.advance(5);
    expect([await sendOld(), sent]).toEqual([false, [2, 3]]);
    expect(await world.outbox.pending(id)).toEqual([]);
  });

  it('of a missing group is empty', async () => {
    await completeChange(world, { watchdogOf: 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' });
    expect(world.connections.posts).toEqual([]);
  });
});
