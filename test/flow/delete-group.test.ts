/** @module-tag long */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { steps } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import { asAdmin } from './setup/admin.ts';
import { groupsOf, isSystem, say } from './setup/groups.ts';
import { createTestProxy } from './setup/proxy.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { untilTask } from './setup/tasks.ts';
import { killWorker } from './setup/worker-death.ts';

const proxy = createTestProxy();
let stack: Stack;
const { call, newGroup, historyOf } = groupsOf(() => stack);

beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
});
afterAll(() => stack?.stop());

const start = (id: string) => asAdmin(stack, `DELETE /admin/groups/${encodeURIComponent(id)}`);
const untilDone = (taskId: string) => untilTask(stack, taskId);

/** All items of the group, of its history, and of these of its messages, and its members' rows. */
async function leftOf(
  id: string,
  members: readonly string[],
  messageIds: readonly string[] = [],
): Promise<readonly string[]> {
  const client = dynamoDbClient(stack.endpoints.dynamodb);
  const nameOf = (part: string) =>
    stack.stack.tables.find(({ logicalId }) => logicalId.includes(part))?.tableName ?? '';
  const query = async (TableName: string, pk: string, sk = ' ') => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk >= :sk',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
      }),
    );
    return Items.map((item) => `${item['pk']?.S} ${item['sk']?.S}`);
  };
  const [conversations, messages] = [nameOf('Conversations'), nameOf('Messages')];
  const found = [
    ...(await query(conversations, id)),
    ...(await query(messages, `${id}#0`)),
    ...(await Promise.all(messageIds.map((messageId) => query(messages, `${id}#${messageId}`)))).flat(),
    ...(await Promise.all(members.map((user) => query(conversations, `u#${user}`, 'g:')))).flat(),
  ];
  client.destroy();
  return found.filter((key) => key.includes(id));
}

describe('a group that the operator deletes', () => {
  it('loses its members, who are told, its history, its pins, and its head (IM-ADMIN-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const others = Array.from({ length: 40 }, (_, n) => `${a}-m${n}`);
    const id = await newGroup(a, [b, ...others]);
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const { seq, messageId } = await say(alice, id, 'hi');
    await bob.request({ action: 'react', conversationId: id, seq, name: '👍', on: true });
    await alice.request({ action: 'pin', conversationId: id, seq, on: true });
    expect(await leftOf(id, [a], [messageId])).toContain(`${id}#${messageId} #r#${messageId}`);
    const since = (await call(b, 'GET', '/session')).body.serverTime;
    const started = await start(id);
    expect(started).toMatchObject({ status: 202, body: { taskId: expect.any(String) } });
    const task = await untilDone(started.body.taskId);
    expect(task).toMatchObject({ kind: 'delete-group', conversationId: id, counts: { members: 42 } });
    for (const socket of [alice, bob]) {
      const { messages } = await socket.frame(isSystem('removed'));
      expect(messages).toMatchObject([{ conversationId: id, from: 'system' }]);
      // Of their own removal alone.
      expect(socket.frames.filter(isSystem('removed'))).toHaveLength(1);
    }
    expect(await leftOf(id, [a, b, ...others], [messageId])).toEqual([]);
    expect((await call(b, 'GET', `/conversations?changedSince=${since}`)).body).toMatchObject({
      conversations: [],
      removed: [id],
    });
    for (const user of [a, b]) expect((await historyOf(user, id)).status).toBe(404);
    expect(await start(id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('takes no message and no member while it is deleted (IM-ADMIN-4)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = await newGroup(a, [b]);
    const alice = await stack.join(a);
    const removing = proxy.setBreakpoint({ function: 'RunTasks', operation: 'TransactWriteItems' });
    const { taskId } = (await start(id)).body;
    await removing.reached;
    const sent = await alice.request({
      action: 'sendMessage',
      clientMsgId: 'late',
      conversationId: id,
      content: { type: 'text', text: 'late' },
    });
    expect(sent).toMatchObject({ type: 'error', code: 'forbidden' });
    const added = await call(a, 'POST', `/groups/${id}/members`, { members: [c] });
    expect(added.status).toBe(404);
    removing.release();
    await untilDone(taskId);
    expect(await leftOf(id, [a, b, c])).toEqual([]);
  });

  it('is gone at last, whatever call its worker dies after (IM-ADMIN-4, IM-FAULT-3)', async () => {
    let [a, b, id, taskId] = ['', '', '', ''];
    let rounds = 0;
    const run = async (n: number) => {
      [a, b] = [newUser(`alice${n}`), newUser('bob')];
      id = await newGroup(a, [b]);
      const bob = await stack.join(b);
      await bob.request({ action: 'react', conversationId: id, seq: 1, name: '👍', on: true });
      taskId = (await start(id)).body.taskId;
      await untilDone(taskId);
      await bob.frame(isSystem('removed'));
      await bob.close();
    };
    // After a read nothing is different from after the write before it.
    const where = ({ operation }: { readonly operation: string }) =>
      !['GetItem', 'BatchGetItem', 'Query'].includes(operation);
    for await (const step of steps(proxy, { function: 'RunTasks', when: 'after', where, run })) {
      rounds += 1;
      await killWorker({ proxy, stack }, step, 'after');
      await step.finished;
      expect(await leftOf(id, [a, b])).toEqual([]);
    }
    expect(rounds).toBeGreaterThan(8);
  });
});
