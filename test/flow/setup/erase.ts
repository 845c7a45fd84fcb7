import { expect, vi } from 'vitest';
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

/** Waits until the task is at this step; or lets the queue's time pass until it is done. */
export function untilTask(stack: Stack, taskId: string, step?: string): Promise<Json> {
  return vi.waitFor(
    async () => {
      if (step === undefined) stack.advanceQueues(60);
      const task = await taskOf(stack, taskId);
      expect(step === undefined ? task.state : task.step).toBe(step ?? 'done');
      return task;
    },
    { timeout: 60_000, interval: 100 },
  );
}

/** Erases a user. */
export async function eraseUser(stack: Stack, userId: string): Promise<Json> {
  return untilTask(stack, await startErasure(stack, userId));
}
