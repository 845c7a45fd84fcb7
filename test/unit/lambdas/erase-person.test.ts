import { expect, it } from 'vitest';
import { toMessage } from '../../../lambdas/domain/model/message.ts';
import { blockUser } from '../../../lambdas/domain/people/blocks.ts';
import { putContact } from '../../../lambdas/domain/people/contacts.ts';
import { reportMessage } from '../../../lambdas/domain/people/reports.ts';
import { ERASE_STEPS } from '../../../lambdas/domain/tasks/erase.ts';
import { runTask, startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { createWorldOf, NOON, sayIn, type World } from '../../adapters/memory/world.ts';

const STEPS = { erase: ERASE_STEPS, export: [] };
const DM = 'dm:alice:bob';
const DAY_MS = 86_400_000;

/** Erases Alice, as the queue of tasks would. */
async function eraseAlice(world: World) {
  await startTask(world, { taskId: 'T1', kind: 'erase', userId: 'alice' });
  for (let job = world.taskQueue.jobs.shift(); job !== undefined; job = world.taskQueue.jobs.shift()) {
    world.advance(job.delaySeconds * 1_000);
    await runTask(world, STEPS, job);
  }
  return (await world.tasks.task('T1'))?.counts ?? {};
}

const report = (world: World, reporter: string, seq: number) =>
  reportMessage(world, reporter, { conversationId: DM, seq, reason: `${reporter} says` }, { roles: [] });

it('an erasure removes profile, devices, contacts, blocks, and inbox, and leaves what others keep of the user (IM-ERASE-4)', async () => {
  const world = await createWorldOf('alice');
  await world.profileWriter.put('alice', { name: 'Alice' });
  await world.pushDeviceWriter.register('alice', 'phone', { provider: 'fcm', token: 't' }, 20);
  for (let n = 0; n < 60; n += 1) await putContact(world, 'alice', { userId: `friend${n}` });
  for (let n = 0; n < 25; n += 1) await blockUser(world, 'alice', `foe${n}`);
  await putContact(world, 'bob', { userId: 'alice', alias: 'his word' });
  await blockUser(world, 'bob', 'alice');
  const reference = { conversationId: DM, from: 'bob', clientMsgId: 'c', seq: 1, sentAt: NOON, bytes: 1 };
  for (let n = 0; n < 30; n += 1)
    await world.inboxWriter.put([{ userId: 'alice', reference: { ...reference, messageId: `m${n}` } }]);
  expect(await eraseAlice(world)).toMatchObject({ contacts: 60, blocks: 25, inbox: 30 });
  expect(await world.profiles.profiles(['alice'], false)).toEqual([]);
  expect(await world.pushDevices.devicesOf(['alice'])).toEqual(new Map());
  expect(await world.contacts.contacts('alice', { limit: 10 })).toEqual([]);
  expect(await world.blocks.blocks('alice', { limit: 10 })).toEqual([]);
  expect((await world.conversations.head('dm:alice:foe7')).blockedBy ?? []).toEqual([]);
  expect((await world.inbox.first('alice', 10)).references).toEqual([]);
  expect(world.person.forgotten).toEqual(['alice']);
  expect(await world.contacts.contacts('bob', { limit: 10 })).toMatchObject([{ alias: 'his word' }]);
  expect(await world.blocks.blocks('bob', { limit: 10 })).toMatchObject([{ userId: 'alice' }]);
  expect((await world.conversations.head(DM)).blockedBy).toEqual(['bob']);
});

it('an erasure finds what a request wrote that had begun before the ban (IM-ERASE-2)', async () => {
  const world = await createWorldOf('alice');
  const enqueue = world.taskQueue.enqueue;
  world.taskQueue.enqueue = async (job, delaySeconds) => {
    if (delaySeconds === 15) await putContact(world, 'alice', { userId: 'late' });
    await enqueue(job, delaySeconds);
  };
  await eraseAlice(world);
  expect(await world.contacts.contacts('alice', { limit: 10 })).toEqual([]);
});

it('an erasure deletes the reports that the user made, and erases copies of the user’s messages in those of others (IM-ERASE-4)', async () => {
  const world = await createWorldOf('alice');
  await sayIn(world, 'hers');
  await sayIn(world, 'his', { to: 'alice' }, 'bob');
  for (const day of [0, 1, 89]) {
    const reporter = `bob${day}`;
    const message = (await world.messages.page(DM, { limit: 1, before: 2, head: 2 })).messages[0];
    if (message === undefined) throw new Error('no message');
    await world.reportWriter.keep({ reporter, message, reason: 'his words', atMs: NOON + day * DAY_MS });
  }
  world.advance(89 * DAY_MS);
  await report(world, 'alice', 2);
  const counts = await eraseAlice(world);
  expect(counts).toMatchObject({ reports: 1, copies: 3 });
  expect(world.reportWriter.kept.map(({ reporter, reason }) => [reporter, reason])).toEqual([
    ['bob0', 'his words'],
    ['bob1', 'his words'],
    ['bob89', 'his words'],
  ]);
  for (const { message } of world.reportWriter.kept)
    expect(toMessage(message)).toMatchObject({ from: 'alice', seq: 1, content: { type: 'erased' } });
});

it('an erasure leaves a ban that says so, forgets those of former bans, and tells subscribers once (IM-ERASE-2, IM-EVENT-1)', async () => {
  const world = await createWorldOf('alice');
  await world.routes.ban('alice', { atMs: NOON - 1, untilMs: NOON + DAY_MS, reason: 'what she did' });
  await world.userEvents.put({ type: 'user.banned', userId: 'alice', at: NOON - 1, reason: 'what she did' });
  await eraseAlice(world);
  expect((await world.routes.presencesOf(['alice'])).get('alice')?.ban).toEqual({
    atMs: NOON,
    untilMs: Number.MAX_SAFE_INTEGER,
    reason: 'erased',
  });
  expect(world.userEvents.all()).toEqual([{ type: 'user.erased', userId: 'alice', at: NOON }]);
});
