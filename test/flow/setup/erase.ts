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

/** Lets the queue's time pass until the task is done, or is at this step. */
export function untilTask(stack: Stack, taskId: string, step?: string): Promise<Json> {
  return vi.waitFor(
    async () => {
      const task = await taskOf(stack, taskId);
      expect(step === undefined ? task.state : task.step).toBe(step ?? 'done');
      return task;
    },
    { timeout: 60_000, interval: 100 },
  );
}

/** Erases a user, whose second pass waits for 15 s of the queue's time. */
export async function eraseUser(stack: Stack, userId: string): Promise<Json> {
  const taskId = await startErasure(stack, userId);
  await untilTask(stack, taskId, 'settle');
  stack.advanceQueues(15);
  return untilTask(stack, taskId);
}
