import { afterEach, describe, expect, it, vi } from 'vitest';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { addMembers, removeMember } from '../../../lambdas/domain/groups/members.ts';
import { pin } from '../../../lambdas/domain/messages/pin.ts';
import { react } from '../../../lambdas/domain/messages/react.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { PART_BYTES } from '../../../lambdas/domain/model/export-file.ts';
import { blockUser } from '../../../lambdas/domain/people/blocks.ts';
import { putContact } from '../../../lambdas/domain/people/contacts.ts';
import { reportMessage } from '../../../lambdas/domain/people/reports.ts';
import { changeSettings } from '../../../lambdas/domain/people/settings.ts';
import { startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { createWorld, createWorldOf, NOON, sayIn, type World } from '../../adapters/memory/world.ts';
import {
  ALL_NUMBERS,
  linesOf,
  NAME,
  numbersIn,
  ofKind,
  runOnce,
  textsIn,
  withLongHistory,
} from './export-run.ts';

const DM = 'dm:alice:bob';

/** Exports Alice's data, and returns the lines of the file. */
async function exportAlice(world: World) {
  await startTask(world, { taskId: 'T1', kind: 'export', userId: 'alice' });
  while (await runOnce(world));
  return linesOf(world);
}

const by = (userId: string) => ({ userId });
afterEach(() => vi.unstubAllEnvs());

describe('an export (IM-ERASE-3)', () => {
  it('of a user who never was is one line', async () => {
    const world = createWorld();
    expect(await exportAlice(world)).toEqual([
      { kind: 'account', userId: 'alice', exportedAt: NOON, sessions: [] },
    ]);
    expect(await world.tasks.task('T1')).toMatchObject({ step: undefined, counts: { account: 1 } });
  });

  it('has what the user keeps, and neither the reason of a ban nor where notifications go', async () => {
    const world = await createWorldOf('alice');
    await world.routes.ban('alice', { atMs: NOON, untilMs: NOON + 5, reason: 'a note of the operator’s' });
    await world.profileWriter.put('alice', { name: 'Älice 👩‍🚀\u2028' });
    for (const userId of ['bob', 'carol'])
      await putContact(world, 'alice', { userId, alias: `my ${userId}` });
    await world.pushDeviceWriter.register('alice', 'phone', { provider: 'fcm', token: 'secret' }, 20);
    await blockUser(world, 'alice', 'mallory');
    await putContact(world, 'bob', { userId: 'alice', alias: 'what Bob calls her' });
    const lines = await exportAlice(world);
    expect(lines).toEqual([
      {
        kind: 'account',
        userId: 'alice',
        exportedAt: NOON,
        sessions: [{ deviceId: 'phone', mode: 'managed', connectedAt: NOON - 60_000 }],
        ban: { at: NOON, until: NOON + 5 },
      },
      { kind: 'profile', userId: 'alice', name: 'Älice 👩‍🚀\u2028', version: 1 },
      { kind: 'device', deviceId: 'phone', provider: 'fcm', registeredAt: NOON },
      { kind: 'contact', userId: 'bob', alias: 'my bob' },
      { kind: 'contact', userId: 'carol', alias: 'my carol' },
      { kind: 'block', userId: 'mallory', at: NOON },
    ]);
  });

  it('has lists of more than a page whole, each entry once', async () => {
    const world = createWorld();
    const ids = Array.from({ length: 250 }, (_, index) => `user${String(index).padStart(3, '0')}`);
    for (const userId of ids) await putContact(world, 'alice', { userId });
    const lines = await exportAlice(world);
    expect(ofKind(lines, 'contact')).toMatchObject(ids.map((userId) => ({ userId })));
  });

  it('has all that the user wrote, as it is now, and nothing that others wrote', async () => {
    const world = createWorld();
    await sayIn(world, 'hers, edited by nobody');
    await sayIn(world, 'his', { to: 'alice' }, 'bob');
    await sayIn(world, 'recalled');
    await recall(world, by('alice'), { conversationId: DM, seq: 3 });
    await react(world, by('bob'), { conversationId: DM, seq: 1, name: '👍', on: true });
    const lines = await exportAlice(world);
    const messages = ofKind(lines, 'message');
    expect(messages).toHaveLength(2);
    expect(messages).toMatchObject([
      {
        conversationId: DM,
        seq: 1,
        from: 'alice',
        content: { text: 'hers, edited by nobody' },
        sentAt: NOON,
      },
      { seq: 3, content: { type: 'recalled', by: 'alice' } },
    ]);
    expect(JSON.stringify(lines)).not.toContain('his');
    expect(JSON.stringify(lines)).not.toContain('👍');
  });

  it('has a line for each entry, for readers that end lines at any separator of Unicode, too', async () => {
    const world = createWorld();
    const text = 'one\u2028two\u2029three\u0085four\nfive\u000b🎉';
    await sayIn(world, text);
    expect(textsIn(ofKind(await exportAlice(world), 'message'))).toEqual([text]);
    const lines = world.exportFiles.files.get(NAME)?.split(/[\n\u0085\u2028\u2029]/);
    expect(lines?.map((line) => line.slice(0, 2))).toEqual(['{"', '{"', '{"', '']);
  });

  it('finds messages in every volume of a conversation', async () => {
    vi.stubEnv('MESSAGES_PER_VOLUME', '3');
    const world = createWorld();
    for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) await sayIn(world, text);
    const lines = await exportAlice(world);
    expect(textsIn(ofKind(lines, 'message')).toSorted()).toEqual([
      'five',
      'four',
      'one',
      'six',
      'three',
      'two',
    ]);
  });

  it('has the settings, read cursor, reactions, and pins of the user, and of nobody else', async () => {
    const world = createWorld();
    await sayIn(world, 'his', { to: 'alice' }, 'bob');
    await sayIn(world, 'his second', { to: 'alice' }, 'bob');
    await changeSettings(world, 'alice', DM, { notify: 'none', pinned: true });
    await changeSettings(world, 'bob', DM, { notify: 'mentions' });
    await world.conversationWriter.advanceRead('alice', DM, 1);
    await react(world, by('alice'), { conversationId: DM, seq: 1, name: '👍', on: true });
    await react(world, by('alice'), { conversationId: DM, seq: 2, name: '❤️', on: true });
    await react(world, by('bob'), { conversationId: DM, seq: 2, name: '💔', on: true });
    await pin(world, by('alice'), { conversationId: DM, seq: 2, on: true });
    await pin(world, by('bob'), { conversationId: DM, seq: 1, on: true });
    expect((await exportAlice(world)).slice(1)).toEqual([
      {
        kind: 'conversation',
        conversationId: DM,
        readSeq: 1,
        settings: { notify: 'none', pinned: true },
      },
      { kind: 'pin', conversationId: DM, seq: 2, at: NOON },
      { kind: 'reaction', conversationId: DM, seq: 1, name: '👍' },
      { kind: 'reaction', conversationId: DM, seq: 2, name: '❤️' },
    ]);
  });

  it('has what the user wrote in groups that were left, each once, also after a return', async () => {
    const world = createWorld();
    const facts = { name: 'Boats', openHistory: false, members: ['alice', 'carol'] };
    const groups: string[] = [];
    for (const text of ['in the first', 'in the second']) {
      const { conversationId } = await createGroup(world, 'bob', facts);
      groups.push(conversationId);
      await sayIn(world, text, { conversationId });
      world.advance(1);
      await removeMember(world, 'alice', conversationId, 'alice');
    }
    const [first = '', second = ''] = groups;
    await addMembers(world, 'bob', second, ['alice']);
    // Its membership comes in a later page than its departure.
    for (let n = 0; n < 25; n += 1) await sayIn(world, 'to alice', { to: 'alice' }, `peer${n}`);
    const lines = await exportAlice(world);
    const texts = textsIn(ofKind(lines, 'message')).filter((text) => text !== undefined);
    expect(texts).toEqual(['in the first', 'in the second']);
    const ofGroups = ofKind(lines, 'conversation').filter((line) => JSON.stringify(line).includes('"g:'));
    expect(ofGroups).toMatchObject([
      { conversationId: first, leftAt: NOON + 1 },
      { conversationId: second, readSeq: expect.any(Number) },
    ]);
  });

  it('has the reports that the user made without the messages, and not those about the user', async () => {
    const world = createWorld();
    await sayIn(world, 'his insult', { to: 'alice' }, 'bob');
    await sayIn(world, 'hers');
    const roles = { roles: [] };
    await reportMessage(world, 'alice', { conversationId: DM, seq: 1, reason: 'an insult' }, roles);
    await reportMessage(world, 'bob', { conversationId: DM, seq: 2, reason: 'about her' }, roles);
    const lines = await exportAlice(world);
    expect(ofKind(lines, 'report')).toEqual([
      { kind: 'report', conversationId: DM, seq: 1, reason: 'an insult', at: NOON },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/his insult|about her/);
  });
});

describe("an export's file (IM-ERASE-3)", () => {
  it('is made of parts of 5 MiB at least but the last, and has each line once', async () => {
    const world = await withLongHistory();
    const put = vi.spyOn(world.exportFiles, 'putPart');
    while (await runOnce(world));
    const sizes = put.mock.calls.map(([, , text]) => Buffer.byteLength(text));
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.slice(0, -1).every((size) => size >= PART_BYTES)).toBe(true);
    expect(put.mock.calls.map(([, number]) => number)).toEqual(sizes.map((_, index) => index + 1));
    expect(numbersIn(world)).toEqual(ALL_NUMBERS);
  });

  it('has each line once, even if a worker that is late replaces a part', async () => {
    const world = await withLongHistory();
    const { exportFiles } = world;
    const put = exportFiles.putPart;
    const spy = vi.spyOn(exportFiles, 'putPart').mockImplementation(async (upload, number, text) => {
      const tag = await put(upload, number, text);
      if (spy.mock.calls.length === 1) await put(upload, number, 'of a worker that read less');
      return tag;
    });
    while (await runOnce(world));
    expect(numbersIn(world)).toEqual(ALL_NUMBERS);
  });

  it('is begun anew when its upload is gone', async () => {
    const world = await withLongHistory();
    const put = vi.spyOn(world.exportFiles, 'putPart');
    const { save } = world.taskWriter;
    let pages = 0;
    vi.spyOn(world.taskWriter, 'save').mockImplementation(async (task) => {
      if (task.cursor !== undefined) pages += 1;
      if (pages === 1) world.exportFiles.expire();
      return save(task);
    });
    while (await runOnce(world));
    expect(new Set(put.mock.calls.map(([{ uploadId }]) => uploadId)).size).toBe(2);
    expect(numbersIn(world)).toEqual(ALL_NUMBERS);
  });
});
