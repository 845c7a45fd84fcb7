import { beforeEach, describe, expect, it } from 'vitest';
import { setReady } from '../../../lambdas/domain/desk/agent.ts';
import { closeChat, openChat } from '../../../lambdas/domain/desk/customer.ts';
import { matchQueue } from '../../../lambdas/domain/desk/match.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readConversations } from '../../../lambdas/domain/messages/conversation-list.ts';
import { ERASE_STEPS, type ErasePorts } from '../../../lambdas/domain/tasks/erase.ts';
import { runTask, startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { aSession, callerOf, createWorld, sayIn, type World } from '../../adapters/memory/world.ts';

const STEPS = { erase: ERASE_STEPS, export: [] };

let world: World;
beforeEach(() => {
  world = createWorld();
});

async function erase(userId: string, ports: ErasePorts = { ...world, deskPorts: world }) {
  await startTask(world, { taskId: 'T1', kind: 'erase', userId });
  let failures = 0;
  for (let job = world.taskQueue.jobs.shift(); job !== undefined; job = world.taskQueue.jobs.shift()) {
    world.advance(job.delaySeconds * 1_000);
    try {
      await runTask(ports, STEPS, job);
    } catch {
      failures += 1;
      if (failures > 99) throw new Error('It does not get on.');
      world.taskQueue.jobs.push({ ...job, delaySeconds: 0 });
    }
  }
  const task = await world.tasks.task('T1');
  expect(task?.step).toBeUndefined();
  return { ...task?.counts, failures };
}

const groupOf = async (owner: string, ...members: readonly string[]) =>
  (await createGroup(world, owner, { name: 'Rowers', members, openHistory: true })).conversationId;
const factsOf = async (id: string) => (await world.conversations.head(id)).group;
const listOf = async (userId: string) =>
  (await readConversations(world, userId, { limit: 100, cursor: undefined, changedSinceMs: undefined }))
    .conversations;

describe("the erasure of a user's memberships (IM-ERASE-1)", () => {
  it('leaves all groups, and passes the role of a last admin to the member of longest standing', async () => {
    const own = await groupOf('alice', 'carol');
    await addMembers(world, 'alice', own, ['bob']);
    const others = await groupOf('bob', 'alice');
    const alone = await groupOf('alice');
    const left = await groupOf('bob', 'alice');
    await removeMember(world, 'alice', left, 'alice');
    expect(await erase('alice')).toMatchObject({ memberships: 3 });
    expect(await factsOf(own)).toMatchObject({ admins: ['carol'], memberCount: 2 });
    expect(await factsOf(others)).toMatchObject({ admins: ['bob'], memberCount: 1 });
    expect(await factsOf(alone)).toMatchObject({ admins: [], memberCount: 0 });
    for (const id of [own, others, alone, left])
      expect((await world.groups.getMembers(id, ['alice'])).size).toBe(0);
    expect(await listOf('alice')).toEqual([]);
    expect((await listOf('bob')).map(({ conversationId }) => conversationId).sort()).toEqual(
      [own, others, left].sort(),
    );
  });

  it('forgets direct conversations after their messages were erased, and leaves them to the other user', async () => {
    await sayIn(world, 'hi', { to: 'alice' }, 'bob');
    await sayIn(world, 'ho', { to: 'bob' }, 'alice');
    await world.conversationWriter.advanceRead('alice', 'dm:alice:bob', 1);
    expect(await erase('alice')).toMatchObject({ messages: 1, memberships: 1 });
    expect(await world.conversations.membership('alice', 'dm:alice:bob')).toBeUndefined();
    expect(await listOf('bob')).toMatchObject([
      { conversationId: 'dm:alice:bob', lastMessage: { content: { type: 'erased' } } },
    ]);
  });

  it('takes more conversations than a page, whatever page dies', async () => {
    for (const n of Array.from({ length: 12 }, (_, index) => index)) {
      await groupOf(`owner${n}`, 'alice');
      await sayIn(world, 'hi', { to: 'alice' }, `peer${n}`);
    }
    let removals = 0;
    const apply: World['groupWriter']['apply'] = async (change) => {
      removals += 1;
      const isDone = await world.groupWriter.apply(change);
      if (removals % 3 === 0) throw new Error('died');
      return isDone;
    };
    const groupWriter = { ...world.groupWriter, apply };
    const { failures } = await erase('alice', { ...world, groupWriter });
    expect(failures).toBe(4);
    expect(await listOf('alice')).toEqual([]);
  });

  it('finds a group that the user was added to while the task was running', async () => {
    const id = await groupOf('bob');
    let isFirst = true;
    const taskWriter: World['taskWriter'] = {
      ...world.taskWriter,
      async save(task) {
        if (task.step === 'memberships' && isFirst) await addMembers(world, 'bob', id, ['alice']);
        isFirst = task.step !== 'memberships';
        return world.taskWriter.save(task);
      },
    };
    await erase('alice', { ...world, taskWriter });
    expect(await factsOf(id)).toMatchObject({ memberCount: 1 });
  });

  it('keeps the rate: it waits for the units of each removal', async () => {
    await groupOf('alice', 'bob');
    await sayIn(world, 'hi', { to: 'alice' }, 'bob');
    const paces: number[] = [];
    await erase('alice', { ...world, pace: async (units) => void paces.push(units) });
    expect(paces.slice(-2)).toEqual([2, 40]);
  });
});

describe('the erasure of what a user has at the desk (IM-ERASE-1)', () => {
  const AGENT = { roles: ['agent'] } as const;
  async function open(customer: string, topic: string) {
    await world.routes.connect(aSession({ userId: customer }));
    return (await openChat(world, callerOf(customer), { topic })).conversationId;
  }
  async function ready(userId: string, name?: string) {
    await world.routes.connect(aSession({ userId }));
    const facts = { queues: ['default'], capacity: 5 };
    await setReady(world, callerOf(userId), { ...AGENT, ...(name !== undefined && { name }) }, facts);
  }
  const match = () =>
    matchQueue(world, { queue: 'default', moved: false, isRepeat: false, isWatchdog: false });
  const chatOf = async (id: string) => (await world.conversations.head(id)).chat;
  const allOf = async (id: string) => {
    const { messages } = await world.messages.page(id, { head: 99, after: 0, limit: 99 });
    return messages.map(({ contentJson }) => JSON.parse(contentJson));
  };

  it("closes the customer's open chats, and takes the topics from all of them", async () => {
    const before = await open('alice', 'CANARY one');
    await closeChat(world, callerOf('alice'), { conversationId: before, rating: 5 });
    await ready('dora');
    const now = await open('alice', 'CANARY two');
    await match();
    const other = await open('bob', 'mine');
    expect(await erase('alice')).toMatchObject({ chats: 1 });
    expect(await chatOf(now)).toMatchObject({
      state: 'closed',
      customer: 'alice',
      agent: { userId: 'dora' },
    });
    for (const id of [before, now]) {
      expect(JSON.stringify([await chatOf(id), await allOf(id)])).not.toContain('CANARY');
      expect(await world.conversations.membership('alice', id)).toBeUndefined();
    }
    expect((await allOf(now)).at(-1)).toMatchObject({ event: 'closed', by: 'im:desk' });
    expect(await chatOf(other)).toMatchObject({ state: 'waiting', topic: 'mine' });
    expect(await world.desk.agent('dora')).toMatchObject({ active: 0 });
  });

  it("gives an agent's chats back to their queue, and forgets the agent and the name", async () => {
    await ready('dora', 'CANARY');
    const closed = await open('alice', 'boats');
    const running = await open('bob', 'oars');
    await match();
    expect(await chatOf(running)).toMatchObject({ state: 'assigned', agent: { name: 'CANARY' } });
    await closeChat(world, callerOf('alice'), { conversationId: closed });
    await erase('dora');
    expect(await chatOf(running)).toMatchObject({ state: 'waiting', isBack: true, topic: 'oars' });
    expect(await chatOf(closed)).toMatchObject({
      state: 'closed',
      agent: { userId: 'dora' },
      topic: 'boats',
    });
    expect(await world.desk.agent('dora')).toBeUndefined();
    for (const id of [closed, running]) {
      expect(JSON.stringify(await chatOf(id))).not.toContain('CANARY');
      expect(await world.conversations.membership('dora', id)).toBeUndefined();
    }
  });

  it('does not remove an agent who has changed since it was read, but tries again', async () => {
    await ready('dora', 'Dora');
    let refusals = 0;
    const removeAgent: World['deskErasure']['removeAgent'] = async (agent) => {
      if (refusals === 2) return world.deskErasure.removeAgent(agent);
      refusals += 1;
      return false;
    };
    const deskPorts = { ...world, deskErasure: { ...world.deskErasure, removeAgent } };
    expect(await erase('dora', { ...world, deskPorts })).toMatchObject({ failures: 2 });
    expect(await world.desk.agent('dora')).toBeUndefined();
  });

  it('is nothing in a deployment without a desk', async () => {
    expect(await erase('alice', world)).toMatchObject({ failures: 0 });
  });
});
