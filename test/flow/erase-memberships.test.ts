/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { steps } from '../../local/aws-proxy/index.ts';
import { asAdmin } from './setup/admin.ts';
import { assigned, deskEnvironment, deskOf, newQueue, openChat } from './setup/desk.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { sending } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { untilTask } from './setup/tasks.ts';
import { killWorker } from './setup/worker-death.ts';

const proxy = createTestProxy();
let stack: Stack;
const { call, newGroup } = groupsOf(() => stack);
const desk = deskOf(() => stack);

beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    environment: deskEnvironment(),
    onWarning: () => undefined,
  });
});
afterAll(() => stack?.stop());

const start = async (userId: string): Promise<string> =>
  (await asAdmin(stack, `DELETE /admin/users/${userId}`)).body.taskId;
const taskOf = async (taskId: string): Promise<Json> =>
  (await asAdmin(stack, `GET /admin/tasks/${taskId}`)).body;
const untilDone = (taskId: string) => untilTask(stack, taskId);
const groupAsSeenBy = async (user: string, id: string) => (await call(user, 'GET', `/groups/${id}`)).body;

/** Alice, the only admin of a group of Bob and Carol, and a member of Bob's, who has written to Bob. */
async function newLife(n: number) {
  const [a, b, c] = [newUser(`alice${n}`), newUser('bob'), newUser('carol')];
  const own = await newGroup(a, [c]);
  await call(a, 'POST', `/groups/${own}/members`, { members: [b] });
  const others = await newGroup(b, [a]);
  const alice = await stack.join(a);
  await alice.request(sending(b, 'hi'));
  return { a, b, c, own, others, alice };
}

describe("an erasure ends the user's memberships", () => {
  it('of groups, whose last admin’s role goes on, and of direct conversations (IM-ERASE-1)', async () => {
    const { a, b, c, own, others, alice } = await newLife(0);
    await say(alice, own, 'CANARY');
    const bob = await stack.join(b);
    const task = await untilDone(await start(a));
    expect(task).toMatchObject({ counts: { memberships: 3, messages: 3 } });
    await bob.frame(isSystem('removed'));
    expect(await groupAsSeenBy(b, own)).toMatchObject({ admins: [c], memberCount: 2 });
    expect(await groupAsSeenBy(b, others)).toMatchObject({ admins: [b], memberCount: 1 });
    const { body } = await call(b, 'GET', `/conversations/${own}/messages`);
    expect(body.messages.map(({ content }: Json) => content.event ?? content.type)).toEqual([
      ...['joined', 'erased', 'admins', 'removed'],
    ]);
    const list = (await call(b, 'GET', '/conversations')).body.conversations;
    expect(list.map(({ conversationId }: Json) => conversationId)).toContain(`dm:${[a, b].sort().join(':')}`);
  });

  it('whatever call of it the worker dies after (IM-ERASE-1, IM-FAULT-3)', async () => {
    let [a, b, own, taskId] = ['', '', '', ''];
    let isLast = false;
    let rounds = 0;
    const run = async (n: number) => {
      isLast = false;
      [a, b] = [newUser(`alice${n}`), newUser('bob')];
      own = await newGroup(a, [b]);
      taskId = await start(a);
      await untilDone(taskId);
    };
    // The writes of the step: after a read nothing is different. The unit tests kill the worker after every call of all steps.
    const where = ({ operation }: { readonly operation: string }, input: unknown) => {
      const [, begun] = /"step":\{"S":"([^"]+)"\}/.exec(JSON.stringify(input)) ?? [];
      if (begun !== undefined) isLast = begun === 'memberships';
      return isLast && ['UpdateItem', 'TransactWriteItems', 'SendMessageBatch'].includes(operation);
    };
    for await (const step of steps(proxy, { function: 'RunTasks', when: 'after', where, run })) {
      rounds += 1;
      await killWorker({ proxy, stack }, step, 'after');
      await step.finished;
      expect(await groupAsSeenBy(b, own)).toMatchObject({ admins: [b], memberCount: 1 });
      const { body } = await call(b, 'GET', `/conversations/${own}/messages`);
      expect(body.messages.map(({ content }: Json) => content.event)).toEqual([
        'created',
        'admins',
        'removed',
      ]);
      expect(await taskOf(taskId)).toMatchObject({ state: 'done', userId: a });
    }
    expect(rounds).toBeGreaterThan(7);
  });

  it('of the desk: open chats are closed, and no topic and no agent is left (IM-ERASE-1)', async () => {
    const queue = newQueue();
    const dora = await desk.readyAgent(queue, 2);
    const [cleo, carl] = [await desk.customer(), await desk.customer()];
    const first = (await openChat(cleo, queue, { topic: 'CANARY' })).conversationId;
    const second = (await openChat(carl, queue, { topic: 'oars' })).conversationId;
    for (const id of [first, second]) await assigned(dora, id);
    await untilDone(await start(cleo.user));
    const messages = await desk.historyOf(dora.user, first);
    expect(messages.map(({ content }) => content.event)).toEqual(['opened', 'assigned', 'closed']);
    expect(JSON.stringify(messages)).not.toContain('CANARY');
    const chats = await desk.http(dora.user, ['agent'], '/desk/chats?state=closed');
    expect(JSON.stringify(chats.body)).not.toContain('CANARY');
    await untilDone(await start(dora.user));
    const events = async () => (await desk.historyOf(carl.user, second)).map(({ content }) => content.event);
    expect(await events()).toEqual(['opened', 'assigned', 'requeued']);
    const agents = (await desk.http(newUser('boss'), ['supervisor', 'agent'], '/desk/agents')).body;
    expect(JSON.stringify(agents)).not.toContain(dora.user);
  });
});
