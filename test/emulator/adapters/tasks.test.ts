import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationReader, ConversationWriter } from '../../../lambdas/domain/model/conversation.ts';
import type { GroupWriter } from '../../../lambdas/domain/model/group.ts';
import type { ConversationTrail, Task, TaskReader, TaskWriter } from '../../../lambdas/domain/model/task.ts';
import { directConversationId } from '../../../protocol/ids.ts';
import { createWorld, NOON } from '../../adapters/memory/world.ts';
import { newName, startTables } from './tables.ts';

interface Ports {
  readonly tasks: TaskReader & TaskWriter;
  readonly trail: ConversationTrail;
  readonly conversations: ConversationReader & ConversationWriter;
  readonly groups: GroupWriter;
}

const memory = createWorld();
let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables(() => NOON);
});
afterAll(() => tables?.stop());

describe.each([
  ['memory', (): Ports => ({ ...memory, tasks: { ...memory.tasks, ...memory.taskWriter } })],
  ['DynamoDB', (): Ports => tables],
])('on %s,', (_, ports) => {
  describe('a task (IM-ERASE-1)', () => {
    const aTask = (overrides: Partial<Task> = {}): Task => ({
      taskId: ulid(),
      kind: 'erase',
      userId: 'alice',
      startedAtMs: NOON,
      updatedAtMs: NOON,
      step: 'begin',
      counts: {},
      version: 1,
      ...overrides,
    });

    it('is found as it was last saved', async () => {
      const { tasks } = ports();
      const task = aTask();
      expect(await tasks.task(task.taskId)).toBeUndefined();
      await tasks.create(task);
      expect(await tasks.task(task.taskId)).toEqual(task);
      const saved = {
        ...task,
        step: 'messages',
        cursor: { after: ['é', 1] },
        counts: { messages: 2 },
        version: 2,
      };
      expect(await tasks.save(saved)).toBe(true);
      expect(await tasks.task(task.taskId)).toEqual(saved);
      const { cursor, step, ...rest } = saved;
      expect(await tasks.save({ ...rest, step: undefined, version: 3 })).toBe(true);
      expect((await tasks.task(task.taskId))?.step).toBeUndefined();
    });

    it('is not saved by a worker that another one has overtaken', async () => {
      const { tasks } = ports();
      const task = aTask();
      await tasks.create(task);
      expect(await tasks.save({ ...task, version: 2, step: 'first' })).toBe(true);
      expect(await tasks.save({ ...task, version: 2, step: 'second' })).toBe(false);
      expect(await tasks.task(task.taskId)).toMatchObject({ step: 'first' });
      expect(await tasks.save(aTask({ version: 2 }))).toBe(false);
    });
  });

  it('the trail of a user names every conversation that the user is or was in, page by page', async () => {
    const { trail, conversations, groups } = ports();
    const [a, b] = [newName('user'), newName('user')];
    const direct = directConversationId(a, b);
    await conversations.createDirect(direct, [a, b]);
    const left = `g:${ulid()}`;
    const facts = { name: 'boats', admins: [a], memberCount: 2, openHistory: false };
    const message = {
      conversationId: left,
      seq: 1,
      messageId: ulid(),
      from: 'system',
      clientMsgId: ulid(),
      sentAt: NOON,
      contentJson: '{}',
      contentHash: 'h',
    };
    await groups.create(facts, [a, b], message);
    await groups.markAsLeaving(left, b);
    await groups.apply({
      conversationId: left,
      openHistory: false,
      remove: [b],
      message: { ...message, seq: 2, clientMsgId: ulid() },
    });
    const first = await trail.page(b, undefined, 1);
    expect(first).toMatchObject({ entries: [{ conversationId: left }], hasMore: true });
    const rest = await trail.page(b, first.entries[0]?.after, 10);
    expect(rest).toMatchObject({ entries: [{ conversationId: direct }], hasMore: false });
    expect(await trail.page(b, rest.entries[0]?.after, 10)).toEqual({ entries: [], hasMore: false });
  });
});
