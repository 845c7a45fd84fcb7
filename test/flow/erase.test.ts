/** @module-tag long */
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient, MessageView } from '../../client/src/index.ts';
import { steps } from '../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../local/emulators/clients.ts';
import { groupsOf, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { retryPolicy } from './setup/sdk-device.ts';
import { historyOf, sending, textContent } from './setup/sends.ts';
import type { TestSocket } from './setup/socket.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { eraseUser, startErasure, untilTask } from './setup/tasks.ts';
import { killWorker } from './setup/worker-death.ts';

const proxy = createTestProxy();
let stack: Stack;
let documents: DynamoDBDocumentClient;
const { call, newGroup, send } = groupsOf(() => stack);

beforeAll(async () => {
  stack = await startStack({
    awsProxy: proxy.attach,
    onWarning: () => undefined,
    environment: { MESSAGES_PER_VOLUME: '4' },
  });
  documents = DynamoDBDocumentClient.from(dynamoDbClient(stack.endpoints.dynamodb));
});
afterAll(() => {
  documents?.destroy();
  return stack?.stop();
});

const ERASED = { type: 'erased' };
const directId = (a: string, b: string) => `dm:${[a, b].sort().join(':')}`;
const contentsOf = (messages: readonly Json[]) => messages.map(({ content }) => content);
const erasedPushes = ({ frames }: TestSocket) => frames.filter(({ change }) => change?.kind === 'erased');

function tableOf(part: string): string {
  const table = stack.stack.tables.find(({ logicalId }) => logicalId.includes(part));
  return table?.tableName ?? '';
}

/** The items of the messages' table that have this text, in any attribute. */
async function itemsWith(text: string): Promise<Json[]> {
  const found: Json[] = [];
  let start: Json;
  do {
    const page: Json = await documents.send(
      new ScanCommand({ TableName: tableOf('Messages'), ...(start && { ExclusiveStartKey: start }) }),
    );
    found.push(...page.Items.filter((item: Json) => JSON.stringify(item).includes(text)));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return found;
}

/** What Alice and Bob do in a conversation of their own, and in a group with Carol. */
async function talk() {
  const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
  const [alice, bob] = [await stack.join(a), await stack.join(b)];
  const secret = `secret-${a}`;
  for (const n of [1, 2, 3, 4, 5]) await alice.request(sending(b, `${secret} ${n}`, `n${n}`));
  await bob.request({ ...sending(a, 'an answer', 'b6'), replyTo: 1 });
  await alice.request({
    ...{ action: 'edit', to: b, seq: 1, editId: 'e', mentions: [b] },
    content: textContent(`${secret} edited`),
  });
  await alice.request({ action: 'recall', to: b, seq: 2 });
  await bob.request({ action: 'react', to: a, seq: 3, name: '👍', on: true });
  await bob.request({ action: 'pin', to: a, seq: 4, on: true });
  await alice.request({ action: 'react', to: b, seq: 6, name: '🎉', on: true });
  const group = await newGroup(a, [b, c], { name: `${secret} name`, openHistory: true });
  await say(alice, group, 'in the group');
  return { a, b, c, alice, bob, secret, group };
}

describe('an erasure', () => {
  it("leaves nothing that the user wrote, and others' messages byte for byte (IM-ERASE-4)", async () => {
    const { a, b, c, secret, group } = await talk();
    const [left, removed] = [await newGroup(b, [a, c]), await newGroup(b, [a, c])];
    const alice = await stack.join(a);
    for (const conversationId of [left, removed])
      await alice.request({
        ...{ action: 'sendMessage', conversationId, clientMsgId: 'there' },
        content: textContent(`${secret} there`),
      });
    await send(a, 'DELETE', `/groups/${left}/members/${a}`);
    await send(b, 'DELETE', `/groups/${removed}/members/${a}`);
    const before = await historyOf(stack, b, a);
    expect((await itemsWith(secret)).length).toBeGreaterThan(5);

    expect(await eraseUser(stack, a)).toMatchObject({ counts: { messages: 9, reactions: 1 } });

    const after = await historyOf(stack, b, a);
    expect(contentsOf(after)).toEqual([...Array(5).fill(ERASED), textContent('an answer')]);
    const kept = ['conversationId', 'seq', 'messageId', 'clientMsgId', 'from', 'content', 'sentAt', 'rev'];
    for (const message of after.slice(0, 5)) expect(Object.keys(message).sort()).toEqual(kept.sort());
    const { reactions, rev, ...answer } = before[5];
    expect([reactions, rev]).toMatchObject([[{ name: '🎉', count: 1 }], 1]);
    expect(after[5]).toEqual({ ...answer, rev: 2 });
    for (const id of [left, removed])
      expect(
        contentsOf((await call(b, 'GET', `/conversations/${id}/messages`)).body.messages),
      ).toContainEqual(ERASED);
    const [created, said] = (await call(b, 'GET', `/conversations/${group}/messages`)).body.messages;
    expect(created.content).toEqual({ type: 'system', event: 'created', users: expect.any(Array), by: a });
    expect(said.content).toEqual(ERASED);
    expect((await call(b, 'GET', `/groups/${group}`)).body.name).toBe(`${secret} name`);
    expect(await itemsWith(secret)).toEqual([]);
    expect(
      (await call(b, 'GET', `/conversations/${encodeURIComponent(directId(a, b))}/pins`)).body.messages,
    ).toEqual([]);
  });

  it('leaves counts of unread messages, and shows an erased last message (IM-ERASE-4)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const alice = await stack.join(a);
    for (const n of [1, 2, 3]) await alice.request(sending(b, `n${n}`));
    await stack.inboxHolds(b, 3);
    await eraseUser(stack, a);
    const { conversations } = (await stack.http(b, '/conversations')).body;
    expect(conversations).toMatchObject([{ unread: 3, lastMessage: { seq: 3, content: ERASED } }]);
    const { inbox } = await (await stack.open(b)).request({ action: 'hello' });
    expect(contentsOf(inbox.messages)).toEqual([ERASED, ERASED, ERASED]);
  });

  it('is one push a conversation to each session that is online (IM-ERASE-5)', async () => {
    const { a, b, bob, group } = await talk();
    const shown = stack.gateway.connections().length;
    expect(shown).toBeGreaterThan(0);
    await eraseUser(stack, a);
    await bob.frame(({ change, conversationId }) => change?.kind === 'erased' && conversationId === group);
    const latest = erasedPushes(bob).map(({ conversationId, change, message }) => [
      conversationId,
      change.by,
      message.seq,
    ]);
    // The last erased message of each, and the message in which the reaction was.
    expect(latest.sort()).toEqual(
      [
        [directId(a, b), 'system', 5],
        [directId(a, b), 'system', 6],
        [group, 'system', 2],
      ].sort(),
    );
  });

  it('shows all of it in the SDK, on a device that is online, and on one that comes back (IM-ERASE-5)', async () => {
    const { a, b } = await talk();
    const views = ['phone', 'laptop'].map((device) => {
      const im = createClient({
        ...stack,
        getToken: () => stack.token(b),
        deviceId: `${b}-${device}`,
        retryPolicy,
      });
      const view = new MessageView(im.direct(a), { pageSize: 3 });
      onTestFinished(() => {
        view.close();
        im.close();
      });
      return { im, view };
    });
    const isShown = (view: MessageView) => view.snapshot.messages.map(({ content }) => content.type);
    for (const { im, view } of views) {
      await im.connect();
      await expect.poll(() => view.snapshot.isLoaded && !view.snapshot.isLoading).toBe(true);
      await view.loadBackTo(1);
      await expect.poll(() => isShown(view)).toEqual(['text', 'recalled', 'text', 'text', 'text', 'text']);
    }
    const [online, away] = views;
    away?.im.close();
    await eraseUser(stack, a);
    const all = [...Array(5).fill('erased'), 'text'];
    await expect.poll(() => online && isShown(online.view)).toEqual(all);
    expect(online?.view.snapshot.messages[5]?.reactions).toBeUndefined();
    await away?.im.connect();
    await expect.poll(() => away && isShown(away.view)).toEqual(all);
  });

  it('erases in its second pass what was stored after the first one had passed (IM-ERASE-2)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    await (await stack.join(a)).request(sending(b, 'first'));
    const bob = await stack.join(b);
    await bob.request(sending(a, 'replaced'));
    await bob.request(sending(a, 'reply'));
    const taskId = await startErasure(stack, a);
    await untilTask(stack, taskId, 'settle');
    // As a function writes it that had begun, with a seq of its own, before the ban.
    const item = (await itemsWith(directId(a, b))).find(({ seq }) => seq === 2) ?? {};
    const { pk, sk } = item;
    const late = {
      ...item,
      sk: `${a}#late`,
      from: a,
      clientMsgId: 'late',
      content: '{"text":"late"}',
    };
    await documents.send(new DeleteCommand({ TableName: tableOf('Messages'), Key: { pk, sk } }));
    await documents.send(new PutCommand({ TableName: tableOf('Messages'), Item: late }));
    stack.advanceQueues(15);
    await untilTask(stack, taskId);
    expect(contentsOf(await historyOf(stack, b, a))).toEqual([ERASED, ERASED, textContent('reply')]);
  });

  it('finishes although the answer to a save of its row is lost, and the repeat of that save refused (IM-ERASE-1)', async () => {
    const { a, secret } = await talk();
    const lost = proxy.inject({ function: 'RunTasks', operation: 'PutItem', fault: 'cut-after', nth: 2 });
    expect(await eraseUser(stack, a)).toMatchObject({ state: 'done' });
    lost.remove();
    expect(await itemsWith(secret)).toEqual([]);
  });

  it('finishes, and erases all, whatever its worker has done when it dies (IM-ERASE-1)', async () => {
    const b = newUser('bob');
    const bob = await stack.join(b);
    const made: string[] = [];
    let isWatched = false;
    const run = async () => {
      const a = newUser('alice');
      const alice = await stack.join(a);
      await alice.request(sending(b, `secret-${a}`, 'n1'));
      await bob.request(sending(a, 'hello'));
      await Promise.all([
        alice.request({ action: 'react', to: b, seq: 2, name: '👍', on: true }),
        bob.request({ action: 'react', to: a, seq: 1, name: '👍', on: true }),
        bob.request({ action: 'pin', to: a, seq: 1, on: true }),
      ]);
      made.push(a);
      isWatched = true;
      await eraseUser(stack, a);
      isWatched = false;
    };
    // After a read nothing is different from after the write before it. The unit tests kill it after every call: saves of its row, and
    // deletions that need no condition.
    const where = ({ operation }: { readonly operation: string }) =>
      isWatched && ['UpdateItem', 'BatchWriteItem', 'TransactWriteItems'].includes(operation);
    for await (const step of steps(proxy, { function: 'RunTasks', when: 'after', where, run })) {
      await killWorker({ proxy, stack }, step, 'after');
      await step.finished;
    }
    expect(made.length).toBeGreaterThan(8);
    for (const a of made) {
      const [first, second] = await historyOf(stack, b, a);
      expect([first.content, second.content, second.reactions]).toEqual([
        ERASED,
        textContent('hello'),
        undefined,
      ]);
      expect(await itemsWith(`secret-${a}`)).toEqual([]);
      expect(erasedPushes(bob).some(({ conversationId }) => conversationId === directId(a, b))).toBe(true);
    }
  }, 600_000);
});
