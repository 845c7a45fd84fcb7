import { describe, expect, it } from 'vitest';
import type { Task } from '../../../lambdas/domain/model/task.ts';
import { userHashOf } from '../../../lambdas/shared/user-hash.ts';
import { line, startAdmin } from './admin-api.ts';

const TASK = 'GET /admin/tasks/{taskId}';
const ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const ULID = expect.stringMatching(/^[0-9A-Z]{26}$/);
const DAY_MS = 86_400_000;

describe('a task (IM-ERASE-1)', () => {
  it.each([
    ['export', 'POST /admin/users/{userId}/export'],
    ['erase', 'DELETE /admin/users/{userId}'],
  ])('is started once, and read: %s', async (kind, route) => {
    const { call, lines, taskQueue, clock } = startAdmin();
    const started = await call(route, { userId: 'bob' });
    const { taskId } = started.body;
    expect(started).toEqual({ status: 202, body: { taskId: expect.stringMatching(/^[0-9A-Z]{26}$/) } });
    expect(taskQueue.jobs).toEqual([{ taskId, delaySeconds: 0, version: 1 }]);
    expect(await call(TASK, { taskId })).toEqual({
      status: 200,
      body: {
        ...{ taskId, kind, userId: 'bob', state: 'running', step: 'begin', counts: {} },
        startedAt: clock(),
        updatedAt: clock(),
      },
    });
    expect(lines).toEqual([line(route, 'done', { userId: 'bob', taskId }), line(TASK, 'done', { taskId })]);
    const unknown = { status: 404, body: { message: 'There is no such task.' } };
    expect(await call(TASK, { taskId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })).toMatchObject(unknown);
  });
});

describe('a task that is done', () => {
  /** The answer for a task that was saved `ageMs` ago. */
  async function lookAt(task: Pick<Task, 'kind'> & Partial<Task>, ageMs = 0) {
    const { call, taskWriter, clock } = startAdmin();
    const times = { startedAtMs: clock() - ageMs - 9, updatedAtMs: clock() - ageMs };
    await taskWriter.create({
      taskId: ID,
      step: undefined,
      counts: { messages: 3 },
      version: 7,
      ...times,
      ...task,
    });
    const { status, body } = await call(TASK, { taskId: ID });
    expect(status).toBe(200);
    const { startedAt, updatedAt, expiresAt, ...rest } = body;
    expect([startedAt, updatedAt]).toEqual([times.startedAtMs, times.updatedAtMs]);
    expect(expiresAt).toBe('link' in rest ? clock() + 3_600_000 : undefined);
    return rest;
  }
  const done = { taskId: ID, state: 'done', counts: { messages: 3 } };
  const report = `https://files/imports/${ID}`;

  it('has a link to the file of an export, as long as the bucket has it (IM-ERASE-3)', async () => {
    const task = { kind: 'export', userId: 'bob' } as const;
    const link = `https://files/${userHashOf('bob')}/${ID}`;
    expect(await lookAt(task)).toEqual({ ...done, ...task, link });
    expect(await lookAt(task, 7 * DAY_MS - 1)).toEqual({ ...done, ...task, link });
    expect(await lookAt(task, 7 * DAY_MS)).toEqual({ ...done, ...task });
    expect(await lookAt({ ...task, step: 'last' })).toEqual({
      ...done,
      ...task,
      state: 'running',
      step: 'last',
    });
  });

  it('has a link to the report of an import, and says if it was a dry run (IM-IMPORT-1)', async () => {
    const task = { kind: 'import', importId: ID } as const;
    expect(await lookAt({ ...task, dryRun: true })).toEqual({ ...done, ...task, dryRun: true, link: report });
    expect(await lookAt({ ...task, dryRun: false })).toEqual({ ...done, ...task, link: report });
  });

  it('has no link if it makes no file', async () => {
    const task = { kind: 'delete-group', conversationId: `g:${ID}` } as const;
    expect(await lookAt(task)).toEqual({ ...done, ...task });
    expect(await lookAt({ kind: 'erase', userId: 'bob' })).toEqual({ ...done, kind: 'erase', userId: 'bob' });
  });
});

describe('an import (IM-IMPORT-1)', () => {
  const START = 'POST /admin/imports/{importId}/tasks';

  it('begins with a form for a file of that size', async () => {
    const { call, lines, clock } = startAdmin();
    const { status, body } = await call('POST /admin/imports', {}, { size: 9 });
    const { importId } = body;
    expect([status, body]).toEqual([
      201,
      {
        importId: ULID,
        upload: { url: 'https://files', fields: { key: importId, size: '9' } },
        expiresAt: clock() + 900_000,
      },
    ]);
    expect(lines).toEqual([line('POST /admin/imports', 'done', { importId })]);
  });

  it('goes on with a task, which writes unless it is told not to', async () => {
    const { call, lines, taskQueue } = startAdmin();
    const real = await call(START, { importId: ID });
    const dry = await call(START, { importId: ID }, { dryRun: true });
    expect([real, dry]).toEqual([
      { status: 202, body: { taskId: ULID } },
      { status: 202, body: { taskId: ULID } },
    ]);
    const started = [real.body.taskId, dry.body.taskId];
    expect(taskQueue.jobs.map(({ taskId }) => taskId)).toEqual(started);
    expect(lines).toEqual(started.map((taskId) => line(START, 'done', { importId: ID, taskId })));
    expect((await call(TASK, { taskId: real.body.taskId })).body).not.toHaveProperty('dryRun');
    expect((await call(TASK, { taskId: dry.body.taskId })).body).toMatchObject({
      ...{ kind: 'import', importId: ID, dryRun: true, state: 'running' },
    });
  });
});
