import { beforeEach, describe, expect, it } from 'vitest';
import { OPERATOR } from '../../../lambdas/domain/access/operator.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers } from '../../../lambdas/domain/groups/members.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import type { GroupEvent } from '../../../lambdas/domain/model/event.ts';
import { DELETE_GROUP_STEPS, type DeleteGroupPorts } from '../../../lambdas/domain/tasks/delete-group.ts';
import { runTask, startTask, type TaskPorts } from '../../../lambdas/domain/tasks/run-task.ts';
import { aSession, createWorld, sayIn, type World } from '../../adapters/memory/world.ts';

const STEPS = { 'delete-group': DELETE_GROUP_STEPS };
const names = (count: number) => Array.from({ length: count }, (_, n) => `m${String(n).padStart(4, '0')}`);

let world: World;
let told: GroupEvent[];
beforeEach(() => {
  world = createWorld();
  told = [];
});

async function groupOf(...members: readonly string[]): Promise<string> {
  const request = { name: 'Rowers', members, openHistory: false };
  return (await createGroup(world, 'alice', request)).conversationId;
}

async function runOnce(ports: DeleteGroupPorts & TaskPorts): Promise<boolean> {
  const job = world.taskQueue.jobs.shift();
  if (job === undefined) return false;
  world.advance(job.delaySeconds * 1_000);
  await runTask(ports, STEPS, job);
  return true;
}

async function deleteGroup(conversationId: string, more: Partial<DeleteGroupPorts> = {}) {
  await startTask(world, { taskId: 'T1', kind: 'delete-group', conversationId });
  const groupEvents = { put: async (event: GroupEvent) => void told.push(event) };
  while (await runOnce({ ...world, groupEvents, ...more }));
  const task = await world.tasks.task('T1');
  expect(task?.step).toBeUndefined();
  return task?.counts;
}

describe('a group that the operator deletes (IM-ADMIN-4)', () => {
  it('loses all members, thirty at a time, and each is told of their own removal alone', async () => {
    const all = names(70);
    const id = await groupOf(...all);
    for (const user of all) await world.routes.connect(aSession({ userId: user }));
    world.connections.posts.length = 0;
    expect(await deleteGroup(id)).toMatchObject({ members: 71 });
    expect(world.connections.posts).toHaveLength(70);
    expect(new Set(world.connections.posts.map(({ connectionId }) => connectionId)).size).toBe(70);
    expect((await world.conversations.heads([id])).size).toBe(0);
    expect((await world.messages.page(id, { head: 99, after: 0, limit: 99 })).messages).toEqual([]);
    expect(told).toEqual([{ conversationId: id, at: expect.any(Number) }]);
  });

  it('is closed before all else', async () => {
    const id = await groupOf('bob');
    const remove = async () => Promise.reject(new Error('died'));
    await expect(deleteGroup(id, { groupDeletion: { ...world.groupDeletion, remove } })).rejects.toThrow(
      'died',
    );
    await expect(sayIn(world, 'late', { conversationId: id })).rejects.toThrow();
    await expect(addMembers(world, OPERATOR, id, ['carol'])).rejects.toThrow();
  });

  it('deletes what was on its way when it was closed, and who', async () => {
    const id = await groupOf('bob');
    await startTask(world, { taskId: 'T1', kind: 'delete-group', conversationId: id });
    await runOnce(world);
    expect(world.taskQueue.jobs).toMatchObject([{ taskId: 'T1', delaySeconds: 15 }]);
    const { seq } = await world.conversations.head(id);
    const content = { contentJson: '{"text":"late","type":"text"}', contentHash: 'h', sentAt: world.clock() };
    const late = { conversationId: id, from: 'bob', clientMsgId: 'late', seq, messageId: 'late', ...content };
    await world.messageWriter.putIfAbsent(late);
    while (await runOnce(world));
    expect(await world.messages.getMany([late])).toEqual([]);
  });

  it('tells what a worker has done that died before it could say so', async () => {
    const id = await groupOf('bob');
    await world.routes.connect(aSession({ userId: 'bob' }));
    world.connections.posts.length = 0;
    const remove: World['groupDeletion']['remove'] = async (...removal) => {
      await world.groupDeletion.remove(...removal);
      throw new Error('died');
    };
    await expect(deleteGroup(id, { groupDeletion: { ...world.groupDeletion, remove } })).rejects.toThrow(
      'died',
    );
    await runTask(world, STEPS, { taskId: 'T1' });
    expect(world.connections.posts).toMatchObject([
      { frame: { messages: [{ content: { event: 'removed' } }] } },
    ]);
  });

  it('forgets reactions before the messages that lead to them, and keeps the rate', async () => {
    const id = await groupOf('bob');
    const { seq } = await sayIn(world, 'hi', { conversationId: id });
    await react(world, { userId: 'bob' }, { conversationId: id, seq, name: '👍', on: true });
    const calls: string[] = [];
    await deleteGroup(id, {
      pace: async (units) => void calls.push(`pace ${units}`),
      reactionWriter: { ...world.reactionWriter, forget: async () => void calls.push('forget') },
      groupDeletion: {
        ...world.groupDeletion,
        deleteItems: async (...items) => {
          calls.push('delete');
          await world.groupDeletion.deleteItems(...items);
        },
      },
    });
    expect(calls).toEqual(['pace 18', 'pace 6', 'forget', 'delete']);
  });
});
