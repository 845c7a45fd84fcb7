import { beforeEach, describe, expect, it } from 'vitest';
import { linkFiles } from '../../../lambdas/domain/attachments/links.ts';
import { type FilePlace, removeFile } from '../../../lambdas/domain/attachments/remove-file.ts';
import { createGroup } from '../../../lambdas/domain/groups/change.ts';
import { readChanges } from '../../../lambdas/domain/messages/changes.ts';
import { edit } from '../../../lambdas/domain/messages/edit.ts';
import { recall } from '../../../lambdas/domain/messages/recall.ts';
import { send } from '../../../lambdas/domain/messages/send.ts';
import { pendingKey } from '../../../lambdas/domain/model/attachment.ts';
import { exportNameOf } from '../../../lambdas/domain/model/export-file.ts';
import { eraseMessage } from '../../../lambdas/domain/tasks/erase-one.ts';
import { runTask, startTask } from '../../../lambdas/domain/tasks/run-task.ts';
import { STEPS } from '../../../lambdas/domain/tasks/steps.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { by, changedPushes, createWorldOf, type World } from '../../adapters/memory/world.ts';
import { filesOf, sendPicture, THUMBNAIL, uploadTo } from './sent-files.ts';

const DIRECT = 'dm:alice:bob';
const AT = { conversationId: DIRECT, seq: 1 };

let world: World;
beforeEach(async () => {
  world = await createWorldOf('alice', 'bob');
});

const keysAt = (prefix: string) =>
  [...world.attachments.objects.keys()].filter((key) => key.startsWith(prefix));
const links = () => linkFiles(world, 'bob', AT);

/** A world in which S3 deletes nothing, until it is told to. */
function whereDeletionsFail() {
  const { attachmentFiles } = world;
  world.attachmentFiles = {
    ...attachmentFiles,
    remove: () => Promise.reject(new UnavailableError()),
  };
  return () => {
    world.attachmentFiles = attachmentFiles;
  };
}

describe('a recall', () => {
  it('deletes the files and their thumbnails, and no other message’s (IM-FILE-4)', async () => {
    await sendPicture(world, 'c1');
    await sendPicture(world, 'c2');
    expect(keysAt('sent/')).toHaveLength(4);
    await recall(world, by('alice'), AT);
    expect(keysAt('sent/')).toHaveLength(2);
    expect((await linkFiles(world, 'bob', { ...AT, seq: 2 })).attachments).toHaveLength(1);
  });

  it('deletes the uploads, too: nothing of them is left in the bucket, and nobody sends them again (IM-FILE-4)', async () => {
    const id = await sendPicture(world, 'c1');
    await recall(world, by('alice'), AT);
    expect([...world.attachments.objects.keys()]).toEqual([]);
    const again = send(world, 'alice', { clientMsgId: 'c2', to: 'bob', content: filesOf(id) });
    await expect(again).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is told and in effect if S3 does not answer, and its repeat deletes the files (IM-FILE-4)', async () => {
    await sendPicture(world, 'c1');
    const mend = whereDeletionsFail();
    await expect(recall(world, by('alice'), AT)).rejects.toMatchObject({ code: 'unavailable' });
    expect(changedPushes(world)).toMatchObject([{ connectionId: 'bob-phone' }]);
    await expect(links()).rejects.toMatchObject({ code: 'not_found' });
    expect(keysAt('sent/')).toHaveLength(2);
    mend();
    expect(await recall(world, by('alice'), AT)).toMatchObject({ rev: 1, content: { type: 'recalled' } });
    expect(keysAt('sent/')).toEqual([]);
  });

  it('shows nobody the names of the files that it deleted (IM-FILE-4)', async () => {
    const id = await sendPicture(world, 'c1');
    expect(JSON.stringify(await recall(world, by('alice'), AT))).not.toContain(id);
  });
});

it('the operator’s erasure of a message deletes its files, also after a recall whose function died (IM-FILE-4, IM-ADMIN-3)', async () => {
  await sendPicture(world, 'c1');
  await eraseMessage(world, AT);
  expect(keysAt('sent/')).toEqual([]);
  await sendPicture(world, 'c2');
  const mend = whereDeletionsFail();
  await expect(recall(world, by('alice'), { ...AT, seq: 2 })).rejects.toThrow();
  mend();
  await eraseMessage(world, { ...AT, seq: 2 });
  expect(keysAt('sent/')).toEqual([]);
});

it('a send that is repeated during the operator’s erasure brings no file back (IM-FILE-4, IM-ADMIN-3)', async () => {
  const id = await sendPicture(world, 'c1');
  const { erasure } = world;
  const erase: typeof erasure.erase = async (...args) => {
    await send(world, 'alice', { clientMsgId: 'c1', to: 'bob', content: filesOf(id) });
    return erasure.erase(...args);
  };
  await eraseMessage({ ...world, erasure: { ...erasure, erase } }, AT);
  expect(keysAt('sent/')).toEqual([]);
});

describe('the operator removes a file', () => {
  let [first, second] = ['', ''];
  beforeEach(async () => {
    first = await uploadTo(world, { thumbnail: THUMBNAIL });
    second = await uploadTo(world);
    const content = { ...filesOf(first, second), text: 'look' };
    await send(world, 'alice', { clientMsgId: 'c1', to: 'bob', content });
  });
  const remove = (more: Partial<FilePlace> = {}) =>
    removeFile(world, { ...AT, attachmentId: first, ...more });

  it('and its entry says so, to all who see the message (IM-FILE-8)', async () => {
    const since = world.clock();
    const removed = {
      attachmentId: first,
      name: 'cat.jpg',
      size: 482_133,
      type: 'image/jpeg',
      removed: true,
    };
    const attachments = [removed, expect.objectContaining({ attachmentId: second, width: 1_600 })];
    const content = { type: 'file', attachments, text: 'look' };
    const message = await remove();
    expect(message).toMatchObject({ rev: 1, content });
    expect(message).not.toHaveProperty('editedAt');
    expect(changedPushes(world).map(({ frame }) => frame)).toMatchObject([
      { change: { kind: 'edited', by: 'system' }, message: { content } },
      { change: { kind: 'edited', by: 'system' }, message: { content } },
    ]);
    const feed = await readChanges(world, 'bob', DIRECT, { sinceMs: since, cursor: undefined });
    expect(feed.messages).toMatchObject([{ content }]);
    expect((await links()).attachments).toMatchObject([{ attachmentId: second }]);
    expect(keysAt('sent/')).toEqual([expect.stringContaining(second)]);
    expect(keysAt('pending/')).toEqual([pendingKey('alice', second)]);
  });

  it('once: a repeat only deletes the objects again (IM-FILE-8)', async () => {
    const mend = whereDeletionsFail();
    await expect(remove()).rejects.toMatchObject({ code: 'unavailable' });
    mend();
    expect(await remove()).toMatchObject({ rev: 1 });
    expect(keysAt('sent/')).toHaveLength(1);
  });

  it('that the message has (IM-FILE-8)', async () => {
    const wrong = [
      { attachmentId: second.replace(/.$/, '!') },
      { seq: 2 },
      { conversationId: 'dm:alice:carol' },
    ];
    for (const more of wrong) await expect(remove(more)).rejects.toMatchObject({ code: 'not_found' });
    await recall(world, by('alice'), AT);
    await expect(remove()).rejects.toMatchObject({ code: 'not_found' });
  });

  it('and neither an edit at the same time nor a repeated send brings it back (IM-FILE-8, IM-FILE-5)', async () => {
    const content = { ...filesOf(first, second), text: 'look!' };
    const change = () => edit(world, by('alice'), { to: 'bob', seq: 1, editId: 'e1', content });
    const { messageWriter } = world;
    const racing = {
      ...world,
      messageWriter: {
        ...messageWriter,
        edit: async (...args: Parameters<typeof messageWriter.edit>) => {
          await remove();
          return messageWriter.edit(...args);
        },
      },
    };
    await expect(
      edit(racing, by('alice'), { to: 'bob', seq: 1, editId: 'e1', content }),
    ).rejects.toMatchObject({ code: 'unavailable' });
    expect((await change()).content).toMatchObject({ attachments: [{ removed: true }, {}], text: 'look!' });
    await send(world, 'alice', {
      clientMsgId: 'c1',
      to: 'bob',
      content: { ...filesOf(first, second), text: 'look' },
    });
    expect(keysAt('sent/')).toEqual([expect.stringContaining(second)]);
    expect((await links()).attachments).toHaveLength(1);
  });

  it('of a message that changed meanwhile only by a repeat (IM-FILE-8)', async () => {
    const { messageWriter } = world;
    const replaceContent: typeof messageWriter.replaceContent = async (place, json, ifRev, author) => {
      world.messageWriter = messageWriter;
      await edit(world, by('alice'), {
        to: 'bob',
        seq: 1,
        editId: 'e1',
        content: filesOf(first, second),
      });
      return messageWriter.replaceContent(place, json, ifRev, author);
    };
    world.messageWriter = { ...messageWriter, replaceContent };
    await expect(remove()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await remove()).toMatchObject({ rev: 2, content: { attachments: [{ removed: true }, {}] } });
  });

  it('is the operator alone: no user’s request can do it (IM-FILE-8)', async () => {
    await expect(
      edit(world, by('alice'), { ...AT, editId: 'e1', content: filesOf(second) }),
    ).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

/** Does a task, as its queue would. */
async function run(
  kind: 'erase' | 'export' | 'delete-group',
  of: { userId?: string; conversationId?: string },
) {
  await startTask(world, { taskId: 'T1', kind, ...of });
  for (let job = world.taskQueue.jobs.shift(); job !== undefined; job = world.taskQueue.jobs.shift()) {
    world.advance(job.delaySeconds * 1_000);
    await runTask({ ...world, workQueue: undefined as never }, STEPS as never, job);
  }
  return world.tasks.task('T1');
}

describe('a task', () => {
  it('that erases a user deletes all of their files, sent or not, and the records (IM-ERASE-4, IM-FILE-4)', async () => {
    await sendPicture(world, 'c1');
    await recall(world, by('alice'), AT);
    await sendPicture(world, 'c2');
    const pending = await uploadTo(world);
    await sendPicture(world, 'c3', { to: 'alice' }, 'bob');
    expect(await run('erase', { userId: 'alice' })).toMatchObject({ counts: { files: 5 } });
    expect(world.attachments.objects.has(pendingKey('alice', pending))).toBe(false);
    expect([...world.attachments.objects.keys()]).toHaveLength(4);
    expect((await world.attachmentRecords.find('alice', [pending])).size).toBe(0);
    expect((await linkFiles(world, 'alice', { ...AT, seq: 3 })).attachments).toHaveLength(1);
  });

  it('that erases a user where there are no files does nothing about them (IM-FILE)', async () => {
    world.attachmentFolders = undefined as never;
    expect((await run('erase', { userId: 'alice' }))?.step).toBeUndefined();
  });

  it('that deletes a group deletes the files of its messages, and no others (IM-FILE-4, IM-ADMIN-4)', async () => {
    const request = { name: 'Crew', members: ['bob'], openHistory: false };
    const { conversationId } = await createGroup(world, 'alice', request);
    await sendPicture(world, 'c1', { conversationId });
    await sendPicture(world, 'c1');
    const kept = keysAt('sent/').slice(2);
    await run('delete-group', { conversationId });
    expect(keysAt('sent/')).toEqual(kept);
  });

  it('that exports a user has a line with place and link for each of their files (IM-FILE-7)', async () => {
    const id = await sendPicture(world, 'c1');
    await sendPicture(world, 'c2', { to: 'alice' }, 'bob');
    await run('export', { userId: 'alice' });
    const text = world.exportFiles.files.get(exportNameOf({ taskId: 'T1', userId: 'alice' })) ?? '';
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [key] = keysAt('sent/');
    expect(lines.filter(({ kind }) => kind === 'file')).toEqual([
      {
        kind: 'file',
        ...AT,
        attachmentId: id,
        name: 'cat.jpg',
        object: key,
        link: expect.stringContaining(`${key}?`),
      },
    ]);
    expect(lines.find(({ kind }) => kind === 'message')?.content.attachments).toMatchObject([
      { name: 'cat.jpg' },
    ]);
  });
});
