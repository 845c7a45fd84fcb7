import { afterEach, describe, expect, it, vi } from 'vitest';
import { openChat } from '../../../lambdas/domain/desk/customer.ts';
import { createGroup, updateGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { listPins, pin } from '../../../lambdas/domain/messages/pin.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { NO_END } from '../../../lambdas/domain/model/ban.ts';
import type { FanOutJob } from '../../../lambdas/domain/model/fan-out-job.ts';
import { type PinState, toMessage } from '../../../lambdas/domain/model/message.ts';
import { banUser, unbanUser } from '../../../lambdas/domain/sessions/ban.ts';
import { ERASE_STEPS } from '../../../lambdas/domain/tasks/erase.ts';
import { runTask, startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { unitsOf } from '../../../lambdas/domain/tasks/walk.ts';
import {
  aSession,
  callerOf,
  changedPushes,
  createWorldOf,
  NOON,
  sayIn,
  type World,
} from '../../adapters/memory/world.ts';

const DM = 'dm:alice:bob';
const TASK = { taskId: 'T1', kind: 'erase', userId: 'alice' } as const;
const STEPS = { erase: ERASE_STEPS, export: [] };
const ERASED = { type: 'erased' };

/** Does what the queue's next job asks for. */
async function runOnce(world: World): Promise<boolean> {
  const job = world.taskQueue.jobs.shift();
  if (job === undefined) return false;
  world.advance(job.delaySeconds * 1_000);
  await runTask(world, STEPS, job);
  return true;
}

/** Runs the task to its end, as its queue would. */
async function erase(world: World) {
  await startTask(world, TASK);
  while (await runOnce(world));
  const { step, counts } = (await world.tasks.task('T1')) ?? {};
  expect(step).toBeUndefined();
  return counts;
}

async function all(world: World, conversationId = DM) {
  const { messages } = await world.messages.page(conversationId, { limit: 100, after: 0, head: 1_000 });
  return messages;
}
const contents = async (world: World, conversationId = DM) =>
  (await all(world, conversationId)).map((message) => toMessage(message).content);
const by = (userId: string) => ({ userId });
const members = (world: World) =>
  createGroup(world, 'alice', { name: 'Typed', openHistory: true, members: ['bob', 'carol'] });

afterEach(() => vi.unstubAllEnvs());

describe("the erasure of a user's messages", () => {
  it('leaves ids, seq, and times, replaces the hash, too, and counts as a change (IM-ERASE-4)', async () => {
    const world = await createWorldOf('bob');
    const { messageId } = await sayIn(world, 'secret');
    expect(await erase(world)).toMatchObject({ messages: 1 });
    expect(await all(world)).toEqual([
      {
        conversationId: DM,
        seq: 1,
        messageId,
        clientMsgId: 'secret',
        from: 'alice',
        sentAt: NOON,
        contentJson: '{"type":"erased"}',
        contentHash: 'erased',
        rev: 1,
        changedAt: NOON,
        change: { kind: 'erased', by: 'system' },
      },
    ]);
  });

  it.each<[string, (world: World) => Promise<unknown>]>([
    [
      'edited',
      (world) =>
        edit(world, by('alice'), {
          ...{ to: 'bob', seq: 1, editId: 'e1', mentions: ['bob'] },
          content: { type: 'text', text: 'secret, too' },
        }),
    ],
    ['recalled', (world) => recall(world, by('alice'), { to: 'bob', seq: 1 })],
    ['reacted to', (world) => react(world, by('bob'), { to: 'alice', seq: 1, name: '👍', on: true })],
    ['pinned', (world) => pin(world, by('bob'), { to: 'alice', seq: 1, on: true })],
  ])('reaches one that was %s (IM-ERASE-4)', async (_, change) => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    await change(world);
    await erase(world);
    const [message] = await all(world);
    expect(message).toMatchObject({ contentJson: '{"type":"erased"}', contentHash: 'erased', rev: 2 });
    expect(Object.keys(message ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/mentions|replyTo|editId|editedAt|reactions|pin/)]),
    );
    expect((await listPins(world, 'bob', DM)).messages).toEqual([]);
  });

  it("leaves others' messages as they are, also their answers, and every place in the order (IM-ERASE-4)", async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'one');
    await sayIn(world, 'two', { to: 'alice' }, 'bob');
    await send(world, 'bob', {
      clientMsgId: 'three',
      to: 'alice',
      replyTo: 1,
      content: { type: 'text', text: '3' },
    });
    const before = await all(world);
    await erase(world);
    const after = await all(world);
    expect(after.slice(1)).toEqual(before.slice(1));
    expect(after.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('finds groups that the user left or was removed from, and every volume (IM-ERASE-4)', async () => {
    vi.stubEnv('MESSAGES_PER_VOLUME', '3');
    const world = await createWorldOf('bob');
    const left = await members(world);
    const removed = await createGroup(world, 'bob', {
      name: 'B',
      openHistory: true,
      members: ['alice', 'carol'],
    });
    for (const { conversationId } of [left, removed])
      for (const text of ['one', 'two', 'three', 'four', 'five', 'six'])
        await sayIn(world, text, { conversationId });
    await updateGroup(world, 'alice', left.conversationId, { admins: ['alice', 'bob'] });
    await removeMember(world, 'alice', left.conversationId, 'alice');
    await removeMember(world, 'bob', removed.conversationId, 'alice');
    expect(await erase(world)).toMatchObject({ messages: 13 });
    for (const { conversationId } of [left, removed])
      expect((await contents(world, conversationId)).slice(1, 7)).toEqual(Array(6).fill(ERASED));
  });

  it('takes what the user typed from system messages, and leaves who did what (IM-ERASE-4)', async () => {
    const world = await createWorldOf('bob');
    const { conversationId } = await members(world);
    await updateGroup(world, 'alice', conversationId, {
      name: 'Typed, too',
      pins: 'members',
      slowModeSeconds: 5,
    });
    await react(world, by('bob'), { conversationId, seq: 1, name: '👍', on: true });
    await erase(world);
    expect(await contents(world, conversationId)).toEqual([
      { type: 'system', event: 'created', users: ['alice', 'bob', 'carol'], by: 'alice' },
      { type: 'system', event: 'renamed', by: 'alice' },
      { type: 'system', event: 'pins', name: 'members', by: 'alice' },
      { type: 'system', event: 'slowMode', name: '5', by: 'alice' },
      { type: 'system', event: 'admins', users: ['bob'], by: 'system' },
      { type: 'system', event: 'removed', users: ['alice'], by: 'system' },
    ]);
    const [created] = await all(world, conversationId);
    expect(created).toMatchObject({ contentHash: 'erased', reactions: { list: [{ name: '👍', count: 1 }] } });
    expect((await world.conversations.head(conversationId)).group?.name).toBe('Typed, too');
  });

  it('passes again after 15 s, and erases what was on its way when the ban came (IM-ERASE-2)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'early');
    await startTask(world, TASK);
    await runOnce(world);
    expect(world.taskQueue.jobs).toMatchObject([{ taskId: 'T1', delaySeconds: 15 }]);
    await sayIn(world, 'late');
    while (await runOnce(world));
    expect(await contents(world)).toEqual([ERASED, ERASED]);
  });

  it('writes nothing a second time (IM-ERASE-1)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    await erase(world);
    const before = await all(world);
    await startTask(world, TASK);
    while (await runOnce(world));
    expect(await all(world)).toEqual(before);
  });

  it('keeps to the rate: it waits for the units of each message before it writes it (IM-ERASE-2)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'short');
    await sayIn(world, 'x'.repeat(5_000));
    await react(world, by('bob'), { to: 'alice', seq: 1, name: '👍', on: true });
    const units: number[] = [];
    await startTask(world, TASK);
    await runTask({ ...world, pace: async (count) => void units.push(count) }, STEPS, { taskId: 'T1' });
    // 1 KB in table and index, an entry that moves in the index by change, and the reactions; 6 KB, and a new entry.
    expect(units.sort((a, b) => a - b)).toEqual([5, 13]);
  });

  it('waits for the units of all that hangs on a message, too (IM-ERASE-2)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'famous');
    await pin(world, by('bob'), { to: 'alice', seq: 1, on: true });
    const [message] = await all(world);
    if (message === undefined) throw new Error('no message');
    const reactions = { version: 1, shards: 16, list: [] };
    expect(unitsOf({ ...message, reactions }) - unitsOf(message)).toBe(17);
    expect(unitsOf(message) - unitsOf({ ...message, pin: { version: 1 } as PinState })).toBe(2);
  });

  it('ends a page after 1,000 units, and goes on from there (IM-ERASE-2)', async () => {
    const world = await createWorldOf('bob');
    for (let n = 0; n < 40; n += 1) await sayIn(world, `${n} ${'x'.repeat(15_000)}`);
    const saved: (number | undefined)[] = [];
    const { save } = world.taskWriter;
    const taskWriter = {
      ...world.taskWriter,
      save: (task: Parameters<typeof save>[0]) => {
        saved.push(task.counts['messages']);
        return save(task);
      },
    };
    await startTask(world, TASK);
    await runTask({ ...world, taskWriter }, STEPS, { taskId: 'T1' });
    expect(new Set(saved)).toEqual(new Set([undefined, 33, 40]));
    expect(await contents(world)).toEqual(Array(40).fill(ERASED));
  });

  it('is in the feed of changes, also for a client that read it when it had seen the mark (IM-ERASE-5)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    world.advance(60_000);
    let seen: number | undefined;
    const { markChanged } = world.conversationWriter;
    const conversationWriter = {
      ...world.conversationWriter,
      async markChanged(...args: Parameters<typeof markChanged>) {
        const marked = await markChanged(...args);
        const feed = await readChanges(world, 'bob', DM, { sinceMs: NOON + 30_000 });
        expect(feed.messages).toEqual([]);
        seen = feed.serverTime;
        return marked;
      },
    };
    await startTask(world, TASK);
    await runTask({ ...world, conversationWriter }, STEPS, { taskId: 'T1' });
    const { messages } = await readChanges(world, 'bob', DM, { sinceMs: seen ?? 0 });
    expect(messages).toMatchObject([{ seq: 1, content: ERASED, rev: 1 }]);
  });

  it('marks a conversation again every 2 s, before what it writes then (IM-CHANGE-2)', async () => {
    const world = await createWorldOf('bob');
    for (let n = 0; n < 6; n += 1) await sayIn(world, `n${n}`);
    const marks: number[] = [];
    const conversationWriter = {
      ...world.conversationWriter,
      async markChanged(_: unknown, atMs: number) {
        marks.push(atMs - NOON);
        return true;
      },
    };
    await startTask(world, TASK);
    await runTask({ ...world, conversationWriter, pace: async () => world.advance(1_000) }, STEPS, {
      taskId: 'T1',
    });
    const written = (await all(world)).map(({ changedAt = 0 }) => changedAt - NOON);
    expect(written.every((at) => marks.some((mark) => mark <= at && at - mark <= 4_000))).toBe(true);
    expect(marks.length).toBeGreaterThan(1);
  });

  it('pushes one message of a conversation, the latest, however many there are (IM-ERASE-5)', async () => {
    const world = await createWorldOf('bob');
    const { conversationId } = await members(world);
    for (const text of ['one', 'two', 'three']) {
      await sayIn(world, text);
      await sayIn(world, text, { conversationId });
    }
    await world.routes.connect(aSession({ userId: 'carol' }));
    await erase(world);
    const change = { kind: 'erased', by: 'system' };
    const pushed = changedPushes(world).map(({ connectionId, frame }) => [connectionId, frame]);
    const inDirect = { conversationId: DM, change, message: { seq: 3, content: ERASED } };
    const inGroup = { conversationId, change, message: { seq: 4, content: ERASED } };
    expect(pushed).toMatchObject([
      ['bob-phone', inDirect],
      ['bob-phone', inGroup],
      ['carol-phone', inGroup],
    ]);
    expect(pushed).toHaveLength(3);
  });

  it('leaves the push to a large group to its workers, and makes none for reactions there (IM-ERASE-5)', async () => {
    const world = await createWorldOf('bob');
    const names = Array.from({ length: 101 }, (_, n) => `m${n}`);
    const { conversationId } = await createGroup(world, 'bob', {
      ...{ name: 'Many', openHistory: false },
      members: ['alice', ...names.slice(0, 98)],
    });
    await addMembers(world, 'bob', conversationId, names.slice(98));
    await sayIn(world, 'hello', { conversationId }, 'bob');
    const { seq } = await sayIn(world, 'secret', { conversationId });
    await react(world, by('alice'), { conversationId, seq: seq - 1, name: '👍', on: true });
    world.fanOutQueue.jobs.length = 0;
    expect(await erase(world)).toMatchObject({ messages: 1, reactions: 1 });
    const jobs = world.fanOutQueue.jobs.map((job) => (job as FanOutJob).what);
    // With a closed history, those who joined later can see none of it.
    expect(jobs).toEqual([
      { frame: expect.stringContaining('"kind":"erased"'), joinedBy: seq },
      // Of the removal from the group.
      { reference: expect.objectContaining({ from: 'system' }) },
    ]);
  });

  it('takes the topic from the message that opened a support chat (IM-ERASE-4)', async () => {
    const world = await createWorldOf('alice');
    const { conversationId } = await openChat(world, callerOf('alice'), { topic: 'typed' });
    await erase(world);
    expect(await contents(world, conversationId)).toContainEqual({
      type: 'system',
      event: 'opened',
      by: 'alice',
    });
  });

  it('pushes what a worker has erased that died before it could say so (IM-ERASE-5)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    await startTask(world, TASK);
    const messages = { ...world.messages, getMany: async () => Promise.reject(new Error('died')) };
    await expect(runTask({ ...world, messages }, STEPS, { taskId: 'T1' })).rejects.toThrow('died');
    expect(await contents(world)).toEqual([ERASED]);
    await runTask(world, STEPS, { taskId: 'T1' });
    expect(changedPushes(world)).toMatchObject([{ frame: { change: { kind: 'erased' } } }]);
  });

  it('forgets a pin that comes while the message is erased', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    let isPinned = false;
    const conversationWriter = {
      ...world.conversationWriter,
      async markChanged(...args: Parameters<World['conversationWriter']['markChanged']>) {
        if (!isPinned) await pin(world, by('bob'), { to: 'alice', seq: 1, on: true });
        isPinned = true;
        return world.conversationWriter.markChanged(...args);
      },
    };
    await startTask(world, TASK);
    await runTask({ ...world, conversationWriter }, STEPS, { taskId: 'T1' });
    expect((await world.pins.pins(DM)).pins).toEqual([]);
  });

  it.each([
    ['let in', 'settle', undefined],
    ['let in', 'desk again', undefined],
    ['banned for another reason', 'ban again', 'what she did'],
  ])('bans again who was %s before the step %s (IM-ERASE-2)', async (_, step, reason) => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    const { save } = world.taskWriter;
    const taskWriter = {
      ...world.taskWriter,
      async save(task: Parameters<typeof save>[0]) {
        if (task.step === step && task.cursor === undefined) {
          world.advance(1);
          if (reason === undefined) await unbanUser(world, { userId: 'alice' }, world.clock());
          else await banUser(world, { userId: 'alice', reason }, world.clock());
          world.advance(1);
        }
        return save(task);
      },
    };
    await erase({ ...world, taskWriter });
    const { ban } = (await world.routes.presencesOf(['alice'])).get('alice') ?? {};
    expect(ban).toMatchObject({ untilMs: NO_END, reason: 'erased' });
  });

  it('gives a repeat of the send the ack of the first, without a look at what it says (IM-ERASE-4)', async () => {
    const world = await createWorldOf('bob');
    const first = await sayIn(world, 'secret');
    await erase(world);
    await unbanUser(world, { userId: 'alice' }, NOON + 60_000);
    const repeat = await send(world, 'alice', {
      ...{ clientMsgId: 'secret', to: 'bob' },
      content: { type: 'text', text: 'a guess' },
    });
    expect(repeat).toMatchObject({ seq: first.seq, messageId: first.messageId, duplicate: true });
    expect(repeat).not.toHaveProperty('content');
  });

  it('lets no later change find the message (IM-ERASE-4)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'secret');
    await erase(world);
    const target = { to: 'alice', seq: 1 };
    await expect(react(world, by('bob'), { ...target, name: '👍', on: true })).rejects.toThrow('recalled');
    await expect(pin(world, by('bob'), { ...target, on: true })).rejects.toThrow('recalled');
    expect(
      await recall(world, { userId: 'system', isOperator: true }, { conversationId: DM, seq: 1 }),
    ).toMatchObject({
      content: ERASED,
    });
    expect(await contents(world)).toEqual([ERASED]);
  });
});

describe("the erasure of a user's reactions", () => {
  const reactionsOf = async (world: World, seq = 1, conversationId = DM) =>
    toMessage((await all(world, conversationId))[seq - 1] as never).reactions;

  it("takes them from others' messages, and leaves those of others, with the right count (IM-ERASE-4)", async () => {
    const world = await createWorldOf('bob');
    const { conversationId } = await members(world);
    await sayIn(world, 'hello', { conversationId }, 'bob');
    for (const [user, name] of [
      ['alice', '👍'],
      ['carol', '👍'],
      ['alice', '🎉'],
    ] as const)
      await react(world, by(user), { conversationId, seq: 2, name, on: true });
    expect(await erase(world)).toMatchObject({ reactions: 2 });
    expect(await reactionsOf(world, 2, conversationId)).toEqual([{ name: '👍', count: 1 }]);
    const [, message] = await all(world, conversationId);
    expect(message).toMatchObject({
      rev: 4,
      contentJson: '{"text":"hello","type":"text"}',
      reactions: { list: [{ users: ['carol'] }] },
      change: { kind: 'erased', by: 'system' },
    });
    expect(changedPushes(world).at(-1)?.frame).toMatchObject({
      change: { kind: 'erased' },
      message: { seq: 2, rev: 4 },
    });
  });

  it('shows them gone when a worker died after it took them back (IM-ERASE-1)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'hello', { to: 'alice' }, 'bob');
    await react(world, by('alice'), { to: 'bob', seq: 1, name: '👍', on: true });
    await startTask(world, TASK);
    const erasure = { ...world.erasure, showWithout: async () => Promise.reject(new Error('died')) };
    await expect(runTask({ ...world, erasure }, STEPS, { taskId: 'T1' })).rejects.toThrow('died');
    expect(await reactionsOf(world)).toHaveLength(1);
    await runTask(world, STEPS, { taskId: 'T1' });
    expect(await reactionsOf(world)).toBeUndefined();
  });

  it('takes back one that was on its way when the ban came (IM-ERASE-2)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'hello', { to: 'alice' }, 'bob');
    await startTask(world, TASK);
    await runOnce(world);
    await react(world, by('alice'), { to: 'bob', seq: 1, name: '👍', on: true });
    while (await runOnce(world));
    expect(await reactionsOf(world)).toBeUndefined();
  });

  it('takes back more than a cursor keeps, in every volume (IM-ERASE-4)', async () => {
    vi.stubEnv('MESSAGES_PER_VOLUME', '30');
    const world = await createWorldOf('bob');
    for (let seq = 1; seq <= 50; seq += 1) {
      await sayIn(world, `n${seq}`, { to: 'alice' }, 'bob');
      await react(world, by('alice'), { to: 'bob', seq, name: '👍', on: true });
    }
    expect(await erase(world)).toMatchObject({ reactions: 50 });
    for (let seq = 1; seq <= 50; seq += 1) expect(await reactionsOf(world, seq)).toBeUndefined();
  });

  it('removes their names from what events say of the last change (IM-ERASE-4)', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'hello', { to: 'alice' }, 'bob');
    for (const on of [true, false]) await react(world, by('alice'), { to: 'bob', seq: 1, name: '👍', on });
    expect((await all(world))[0]?.change).toMatchObject({ by: 'alice', name: '👍' });
    await erase(world);
    expect((await all(world))[0]?.change).toEqual({ kind: 'erased', by: 'system' });
  });

  it('reads only messages that have changed, and the second time only those that did since the task began', async () => {
    const world = await createWorldOf('bob');
    await sayIn(world, 'hello', { to: 'alice' }, 'bob');
    await react(world, by('bob'), { to: 'alice', seq: 1, name: '👍', on: true });
    await sayIn(world, 'quiet', { to: 'carol' });
    world.advance(3_600_000);
    const read: (readonly [string, number])[] = [];
    const messages = {
      ...world.messages,
      changed(id: string, range: Parameters<World['messages']['changed']>[1]) {
        read.push([id, range.sinceMs - NOON]);
        return world.messages.changed(id, range);
      },
    };
    await startTask(world, TASK);
    for (let job = world.taskQueue.jobs.shift(); job !== undefined; job = world.taskQueue.jobs.shift())
      await runTask({ ...world, messages }, STEPS, job);
    // The direct conversation with Carol has changed by the erasure itself.
    expect(read).toEqual([
      [DM, -NOON],
      ['dm:alice:carol', -NOON],
      ['dm:alice:carol', 3_600_000 - 15_000],
    ]);
  });
});
