/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin } from './setup/admin.ts';
import { groupsOf, say } from './setup/groups.ts';
import { directLines, importLines, messageLine, newGroupId, THEN } from './setup/imports.ts';
import type { Json } from './setup/json.ts';
import { createTestProxy } from './setup/proxy.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { eraseUser } from './setup/tasks.ts';

const proxy = createTestProxy();
let stack: Stack;
const { call, historyOf } = groupsOf(() => stack);

beforeAll(async () => {
  stack = await startStack({ awsProxy: proxy.attach, onWarning: () => undefined });
});
afterAll(() => stack?.stop());

const seqsOf = (messages: readonly Json[]) => messages.map(({ seq }) => seq);
const pair = (): [string, string] => [newUser('alice'), newUser('bob')].toSorted() as [string, string];

describe('an import (IM-IMPORT)', () => {
  it('keeps ids, seqs, times, and order, and both users have it in their lists, read (IM-IMPORT-3)', async () => {
    const [a, b] = pair();
    const lines = directLines([a, b], 120);
    const { conversationId } = lines[0];
    const { task, summary, refused } = await importLines(stack, lines);
    expect(task).toMatchObject({
      kind: 'import',
      state: 'done',
      counts: { conversations: 1, messages: 120 },
    });
    expect(summary).toMatchObject({ kind: 'import', lines: 121, counts: { messages: 120 } });
    expect(refused).toEqual([]);
    for (const user of [a, b]) {
      const { conversations } = (await stack.http(user, '/conversations')).body;
      expect(conversations).toMatchObject([
        {
          conversationId,
          head: 120,
          unread: 0,
          readSeq: 120,
          lastMessage: { seq: 120, sentAt: THEN + 120_000, content: { text: 'old 120' } },
        },
      ]);
    }
    const { body } = await historyOf(a, conversationId, '?limit=100');
    expect(seqsOf(body.messages)).toEqual(Array.from({ length: 100 }, (_, n) => n + 21));
    expect(body.messages[0]).toMatchObject({ seq: 21, from: a, sentAt: THEN + 21_000, rev: 0 });
    // What is sent now comes after it.
    const alice = await stack.join(a);
    expect(await say(alice, conversationId, 'new')).toMatchObject({ seq: 121 });
  });

  it('makes a group with its members, who see what they may (IM-IMPORT-3)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const id = newGroupId();
    const { refused } = await importLines(stack, [
      { kind: 'user', userId: a, name: 'Älice' },
      { kind: 'conversation', conversationId: id, lastSeq: 3, group: { name: 'Rowers', admins: [a] } },
      { kind: 'member', conversationId: id, userId: b, readSeq: 1 },
      { kind: 'member', conversationId: id, userId: c, joinedSeq: 3 },
      messageLine(id, 1, a),
      messageLine(id, 2, b, { content: { type: 'recalled', by: b, at: THEN } }),
      messageLine(id, 3, newUser('gone'), { replyTo: 1, mentions: [b], rev: 2, editedAt: THEN + 9_000 }),
    ]);
    expect(refused).toEqual([]);
    expect((await call(a, 'GET', `/groups/${id}`)).body).toMatchObject({
      name: 'Rowers',
      admins: [a],
      memberCount: 3,
    });
    const { messages } = (await historyOf(b, id)).body;
    expect(messages).toMatchObject([
      { seq: 1, content: { text: 'old 1' } },
      { seq: 2, content: { type: 'recalled', by: b } },
      { seq: 3, replyTo: 1, mentions: [b], rev: 2, editedAt: THEN + 9_000 },
    ]);
    expect(seqsOf((await historyOf(c, id)).body.messages)).toEqual([3]);
    expect((await call(b, 'GET', '/conversations')).body.conversations).toMatchObject([
      { conversationId: id, unread: 1, mentioned: 1, readSeq: 1 },
    ]);
    // Profiles of others may be read some time late (IM-PROFILE-2).
    await expect
      .poll(async () => (await call(b, 'GET', `/profiles?userIds=${a}`)).body.profiles)
      .toMatchObject([{ userId: a, name: 'Älice' }]);
  });

  it('is the same again, and says what was already there (IM-IMPORT-5)', async () => {
    const [a, b] = pair();
    const lines = directLines([a, b], 5);
    await importLines(stack, lines);
    const again = await importLines(stack, lines);
    expect(again.task.counts).toEqual({ conversations: 1, already: 5 });
    const { conversationId } = lines[0];
    expect(seqsOf((await historyOf(a, conversationId)).body.messages)).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on where an earlier one ended, until somebody sends (IM-IMPORT-5)', async () => {
    const [a, b] = pair();
    await importLines(stack, directLines([a, b], 3));
    const more = await importLines(stack, directLines([a, b], 5));
    expect(more.task.counts).toEqual({ conversations: 1, already: 3, messages: 2 });
    const [{ conversationId }] = directLines([a, b], 1);
    const alice = await stack.join(a);
    expect(await say(alice, conversationId, 'live')).toMatchObject({ seq: 6 });
    const late = await importLines(stack, directLines([a, b], 7));
    expect(late.task.counts).toEqual({ conversations: 1, already: 5, refused: 2 });
    expect(late.refused).toMatchObject([{ line: 7 }, { line: 8 }]);
    const { messages } = (await historyOf(b, conversationId)).body;
    expect(messages.map(({ content }: Json) => content.text)).toEqual([
      'old 1',
      'old 2',
      'old 3',
      'old 4',
      'old 5',
      'live',
    ]);
    expect((await call(b, 'GET', '/conversations')).body.conversations).toMatchObject([
      { head: 6, unread: 1, lastMessage: { seq: 6 } },
    ]);
  });

  it('never takes the seqs of a conversation that users have begun (IM-IMPORT-4)', async () => {
    const [a, b] = pair();
    const alice = await stack.join(a);
    const [{ conversationId }] = directLines([a, b], 1);
    await alice.request({
      action: 'sendMessage',
      to: b,
      clientMsgId: 'm1',
      content: { type: 'text', text: 'live' },
    });
    const { refused, task } = await importLines(stack, directLines([a, b], 2));
    expect(task.counts).toEqual({ refused: 3 });
    expect(refused[0]).toMatchObject({
      line: 1,
      reason: 'users have sent to this conversation: its seqs are taken',
    });
    const { messages } = (await historyOf(b, conversationId)).body;
    expect(messages).toMatchObject([{ seq: 1, content: { text: 'live' } }]);
  });

  it('brings back nothing of a user who was erased (IM-IMPORT-7)', async () => {
    const [a, b] = pair();
    await eraseUser(stack, a);
    const { task } = await importLines(stack, [
      { kind: 'user', userId: a, name: 'CANARY' },
      ...directLines([a, b], 4),
    ]);
    expect(task.counts).toEqual({ conversations: 1, refused: 1, messages: 2, erased: 2 });
    const [{ conversationId }] = directLines([a, b], 1);
    const { messages } = (await historyOf(b, conversationId)).body;
    expect(messages.map(({ content }: Json) => content.type)).toEqual(['erased', 'text', 'erased', 'text']);
    expect(await asAdmin(stack, `GET /admin/users/${a}`)).not.toHaveProperty('body.profile');
  });

  it('lets a later erasure find what its user wrote, also in a group that the user has left (IM-IMPORT-7)', async () => {
    const [a, b, gone] = [newUser('alice'), newUser('bob'), newUser('gone')];
    const id = newGroupId();
    await importLines(stack, [
      { kind: 'conversation', conversationId: id, lastSeq: 2, group: { name: 'Rowers', admins: [a] } },
      { kind: 'member', conversationId: id, userId: b },
      messageLine(id, 1, gone),
      messageLine(id, 2, b),
      ...directLines([a, gone].toSorted() as [string, string], 2),
    ]);
    await eraseUser(stack, gone);
    const { messages } = (await historyOf(a, id)).body;
    expect(messages.map(({ content }: Json) => content.type)).toEqual(['erased', 'text']);
    const direct = (await historyOf(a, `dm:${[a, gone].toSorted().join(':')}`)).body.messages;
    expect(direct.map(({ from, content }: Json) => from === gone && content.type)).toContain('erased');
  });
});
