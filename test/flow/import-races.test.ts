/** @module-tag long */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { steps } from '../../local/aws-proxy/index.ts';
import { asAdmin } from './setup/admin.ts';
import { groupsOf, say } from './setup/groups.ts';
import {
  directLines,
  importLines,
  messageLine,
  newGroupId,
  startImport,
  textOf,
  uploadImport,
} from './setup/imports.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { startErasure, untilTask } from './setup/tasks.ts';
import { killWorker } from './setup/worker-death.ts';

const proxy = createTestProxy();
let stack: Stack;
const { call, historyOf } = groupsOf(() => stack);

beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
  await importLines(stack, directLines(pair(), 1));
});
afterEach(() => proxy.clearFaults());
afterAll(() => stack?.stop());

const pair = (): [string, string] => [newUser('alice'), newUser('bob')].toSorted() as [string, string];
const textsOf = (messages: readonly Json[]) => messages.map(({ content }) => content.text ?? content.type);
const begin = async (lines: readonly object[]) =>
  startImport(stack, await uploadImport(stack, textOf(lines)));
const PUTS = { function: 'RunTasks', operation: 'PutItem', table: 'Messages' } as const;

describe('an import (IM-IMPORT)', () => {
  it('is whole and the same, whatever AWS call its worker dies at (IM-IMPORT-5, IM-FAULT-3)', async () => {
    let users = pair();
    let id = '';
    let lines: Json[] = [];
    const run = async () => {
      users = pair();
      const [a, b] = users;
      id = newGroupId();
      lines = [
        { kind: 'user', userId: a, name: 'Alice' },
        { kind: 'conversation', conversationId: id, lastSeq: 3, group: { name: 'Rowers', admins: [a] } },
        { kind: 'member', conversationId: id, userId: b },
        messageLine(id, 1, a),
        messageLine(id, 2, newUser('gone')),
        messageLine(id, 3, b),
        { kind: 'nonsense' },
        ...directLines(users, 2),
      ];
      return untilTask(stack, await begin(lines));
    };
    for (const when of ['before', 'after'] as const) {
      let rounds = 0;
      const isRead = (operation: string) => /^(Batch)?Get|^Query|^Receive/.test(operation);
      const where = ({ operation }: { readonly operation: string }) =>
        operation !== 'ReceiveMessage' && (when === 'before' || !isRead(operation));
      for await (const step of steps(proxy, { function: 'RunTasks', when, where, run })) {
        rounds += 1;
        await killWorker({ proxy, stack }, step, when);
        const { counts } = await step.finished;
        // A page that was repeated may count twice, and finds what the first one wrote.
        expect(counts.refused, JSON.stringify(counts)).toBeGreaterThanOrEqual(1);
        const [a, b] = users;
        for (const user of users) {
          expect(textsOf((await historyOf(user, id)).body.messages)).toEqual(['old 1', 'old 2', 'old 3']);
          const { conversations } = (await stack.http(user, '/conversations')).body;
          expect(conversations).toMatchObject([
            { conversationId: `dm:${a}:${b}`, head: 2, unread: 0, lastMessage: { seq: 2 } },
            { conversationId: id, head: 3, unread: 0, lastMessage: { seq: 3 } },
          ]);
        }
        expect((await call(a, 'GET', `/groups/${id}`)).body).toMatchObject({ memberCount: 2 });
        // Nothing refuses a send, or the import, any more.
        const sent = await asAdmin(stack, 'POST /admin/messages', {
          ...{ from: b, conversationId: id, clientMsgId: 'next', content: { type: 'text', text: 'next' } },
        });
        expect(sent.body).toMatchObject({ seq: 4 });
      }
      expect(rounds).toBeGreaterThan(when === 'before' ? 25 : 10);
    }
  }, 900_000);

  it('has the conversation for itself: nobody sends, reads, or sees it meanwhile (IM-IMPORT-4)', async () => {
    const [a, b] = pair();
    const alice = await stack.join(a);
    const lines = directLines([a, b], 3);
    const { conversationId } = lines[0];
    const held = proxy.setBreakpoint(PUTS);
    const taskId = await begin(lines);
    await held.reached;
    expect(await say(alice, conversationId, 'live')).toMatchObject({ code: 'unavailable', retryable: true });
    expect((await historyOf(a, conversationId)).body).toMatchObject({ code: 'unavailable' });
    expect((await stack.http(a, '/conversations')).body.conversations).toEqual([]);
    held.release();
    await untilTask(stack, taskId);
    expect(await say(alice, conversationId, 'live')).toMatchObject({ seq: 4 });
    expect(textsOf((await historyOf(b, conversationId)).body.messages)).toEqual([
      'old 1',
      'old 2',
      'old 3',
      'live',
    ]);
  });

  it('and a send at the same time: one of them has the conversation (IM-IMPORT-4)', async () => {
    for (const operation of ['GetItem', 'TransactWriteItems'] as const) {
      const [a, b] = pair();
      const alice = await stack.join(a);
      const lines = directLines([a, b], 3);
      const { conversationId } = lines[0];
      // The worker has not looked at the head yet, or has, and not taken it.
      const held = proxy.setBreakpoint({
        function: 'RunTasks',
        operation,
        ...(operation === 'GetItem' && { table: 'Conversations' }),
      });
      const taskId = await begin(lines);
      await held.reached;
      expect(await say(alice, conversationId, 'live')).toMatchObject({ seq: 1 });
      held.release();
      expect(await untilTask(stack, taskId)).toMatchObject({ counts: { refused: 4 } });
      expect(textsOf((await historyOf(b, conversationId)).body.messages)).toEqual(['live']);
    }
  });

  it('refuses the lines of a conversation that another import has (IM-IMPORT-4)', async () => {
    const [a, b] = pair();
    const lines = directLines([a, b], 3);
    const { conversationId } = lines[0];
    const held = proxy.setBreakpoint(PUTS);
    const first = await begin(lines);
    await held.reached;
    const second = await importLines(stack, lines);
    expect(second.refused[0]).toMatchObject({ line: 1, reason: expect.stringContaining('another import') });
    held.release();
    expect(await untilTask(stack, first)).toMatchObject({ counts: { messages: 3 } });
    expect(textsOf((await historyOf(b, conversationId)).body.messages)).toEqual(['old 1', 'old 2', 'old 3']);
  });

  it('leaves nothing of a user whose erasure begins at any of its calls (IM-IMPORT-7)', async () => {
    let [a, b] = pair();
    const run = async () => {
      [a, b] = pair();
      return untilTask(stack, await begin(directLines([a, b], 2)));
    };
    const where = ({ operation }: { readonly operation: string }) =>
      ['BatchGetItem', 'PutItem', 'TransactWriteItems', 'UpdateItem'].includes(operation);
    let rounds = 0;
    for await (const step of steps(proxy, { function: 'RunTasks', when: 'before', where, run })) {
      rounds += 1;
      const erasing = await startErasure(stack, a);
      const isBanned = async () => (await asAdmin(stack, `GET /admin/users/${a}`)).body.ban !== undefined;
      await expect.poll(isBanned, { timeout: 30_000 }).toBe(true);
      step.release();
      await step.finished;
      await untilTask(stack, erasing);
      const { messages } = (await historyOf(b, `dm:${a}:${b}`)).body;
      expect(textsOf(messages), `round ${rounds}`).toEqual(['erased', 'old 2']);
    }
    expect(rounds).toBeGreaterThan(5);
  }, 600_000);
});
