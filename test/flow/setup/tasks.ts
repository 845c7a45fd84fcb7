import { expect, vi } from 'vitest';
import { PATIENCE_MS } from '../../setup/patience.ts';
import { asAdmin } from './admin.ts';
import type { Json } from './json.ts';
import type { Stack } from './stack.ts';

/** Starts the erasure of a user. @returns its task's id */
export async function startErasure(stack: Stack, userId: string): Promise<string> {
  const { status, body } = await asAdmin(stack, `DELETE /admin/users/${userId}`);
  expect(status).toBe(202);
  return body.taskId;
}

export async function taskOf(stack: Stack, taskId: string): Promise<Json> {
  return (await asAdmin(stack, `GET /admin/tasks/${taskId}`)).body;
}

/**
 * Waits until the task is at this step, or lets the queue's time pass until it is done: only while no worker is at it, or the
 * queue would give its job to another one.
 */
export function untilTask(stack: Stack, taskId: string, step?: string): Promise<Json> {
  const worker = stack.stack.functions.find(({ logicalId }) => logicalId.includes('RunTasks'));
  return vi.waitFor(
    async () => {
      const task = await taskOf(stack, taskId);
      const isIdle = stack.workers.instances(worker?.logicalId ?? '').busy === 0;
      if (step === undefined && isIdle) stack.advanceQueues(15);
      expect(step === undefined ? task.state : task.step).toBe(step ?? 'done');
      return task;
    },
    { timeout: PATIENCE_MS, interval: 50 },
  );
}

/** Erases a user. */
export async function eraseUser(stack: Stack, userId: string): Promise<Json> {
  return untilTask(stack, await startErasure(stack, userId));
}
