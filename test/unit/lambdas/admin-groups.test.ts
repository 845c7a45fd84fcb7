import { describe, expect, it } from 'vitest';
import { line, startAdmin } from './admin-api.ts';
import { sendPicture } from './sent-files.ts';

const GROUP = '/admin/groups/{conversationId}';
const UNKNOWN = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';

async function startWithGroup(members: readonly string[] = ['bob', 'carol']) {
  const api = startAdmin();
  const { body } = await api.call('POST /admin/groups', {}, { name: 'Rowers', members });
  api.lines.length = 0;
  return { ...api, path: { conversationId: body.conversationId as string } };
}

describe('the routes of groups (IM-ADMIN-3)', () => {
  it('show a group, and its members page by page', async () => {
    const { call, lines, path } = await startWithGroup(Array.from({ length: 100 }, (_, n) => `m${n + 100}`));
    await call(`POST ${GROUP}/members`, path, { members: ['zoe'] });
    const first = await call(`GET ${GROUP}`, path);
    expect(first).toMatchObject({ status: 200, body: { ...path, name: 'Rowers', memberCount: 101 } });
    expect(first.body.members).toHaveLength(100);
    const { cursor } = first.body;
    expect((await call(`GET ${GROUP}`, path, undefined, { query: { cursor } })).body).toMatchObject({
      members: [{ userId: 'zoe' }],
      cursor: null,
    });
    expect(lines.slice(1)).toEqual([line(`GET ${GROUP}`, 'done', path), line(`GET ${GROUP}`, 'done', path)]);
  });

  it('answer a change with the group as it is now', async () => {
    const { call, path } = await startWithGroup();
    expect(await call(`PATCH ${GROUP}`, path, { name: 'Sailors' })).toMatchObject({
      status: 200,
      body: { ...path, name: 'Sailors', memberCount: 2 },
    });
    expect(await call(`POST ${GROUP}/members`, path, { members: ['dan'] })).toMatchObject({
      status: 200,
      body: { ...path, memberCount: 3 },
    });
  });

  it('remove a member once', async () => {
    const { call, path } = await startWithGroup();
    const bob = { ...path, userId: 'bob' };
    expect(await call(`DELETE ${GROUP}/members/{userId}`, bob)).toEqual({ status: 204, body: undefined });
    expect((await call(`GET ${GROUP}`, path)).body).toMatchObject({ memberCount: 1, admins: ['carol'] });
    expect(await call(`DELETE ${GROUP}/members/{userId}`, bob)).toMatchObject({
      status: 404,
      body: { message: 'There is no such member.' },
    });
  });

  it('delete a group by a task, and none that is not there (IM-ADMIN-4)', async () => {
    const { call, lines, taskQueue, tasks, path } = await startWithGroup();
    const { status, body } = await call(`DELETE ${GROUP}`, path);
    expect([status, body]).toEqual([202, { taskId: expect.stringMatching(/^[0-9A-Z]{26}$/) }]);
    expect(taskQueue.jobs).toEqual([{ taskId: body.taskId, delaySeconds: 0, version: 1 }]);
    expect(await tasks.task(body.taskId)).toMatchObject({ kind: 'delete-group', ...path });
    expect(lines).toEqual([line(`DELETE ${GROUP}`, 'done', { ...path, taskId: body.taskId })]);
    expect(await call(`DELETE ${GROUP}`, { conversationId: UNKNOWN })).toMatchObject({ status: 404 });
    expect(taskQueue.jobs).toHaveLength(1);
  });
});

describe('the route of files (IM-FILE-8)', () => {
  const REMOVE = 'DELETE /admin/conversations/{conversationId}/messages/{seq}/attachments/{attachmentId}';

  it('removes one file of a message', async () => {
    const api = startAdmin();
    const attachmentId = await sendPicture(api, 'c1');
    const place = { conversationId: 'dm:alice:bob', attachmentId };
    expect(await api.call(REMOVE, { ...place, seq: '1' })).toMatchObject({
      status: 200,
      body: { seq: 1, content: { type: 'file', attachments: [{ attachmentId, removed: true }] } },
    });
    expect(api.lines).toEqual([line(REMOVE, 'done', { ...place, seq: 1 })]);
    expect([...api.attachments.objects.keys()]).toEqual([]);
  });
});
