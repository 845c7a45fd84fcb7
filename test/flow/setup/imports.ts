import { ulid } from 'ulid';
import { expect } from 'vitest';
import { asAdmin } from './admin.ts';
import type { Json } from './json.ts';
import type { Stack } from './stack.ts';
import { untilTask } from './tasks.ts';

/** A year ago. */
export const THEN = Date.now() - 365 * 86_400_000;

/** The lines of a direct conversation with so many messages, by turns. */
export function directLines([a, b]: readonly [string, string], count: number, more: object = {}): Json[] {
  const conversationId = `dm:${[a, b].toSorted().join(':')}`;
  return [
    { kind: 'conversation', conversationId, lastSeq: count, ...more },
    ...Array.from({ length: count }, (_, n) => messageLine(conversationId, n + 1, n % 2 === 0 ? a : b)),
  ];
}

export const newGroupId = () => `g:${ulid()}`;

export function messageLine(conversationId: string, seq: number, from: string, more: object = {}): Json {
  const content = { type: 'text', text: `old ${seq}` };
  return { kind: 'message', conversationId, seq, from, sentAt: THEN + seq * 1_000, content, ...more };
}

export const textOf = (lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).join('\n');

/** Uploads lines. @returns the id of the import */
export async function uploadImport(stack: Pick<Stack, 'httpUrl'>, text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const { status, body } = await asAdmin(stack, 'POST /admin/imports', { size: bytes.length });
  expect(status).toBe(201);
  const form = new FormData();
  for (const [name, value] of Object.entries(body.upload.fields)) form.set(name, String(value));
  form.set('file', new Blob([bytes]));
  expect((await fetch(body.upload.url, { method: 'POST', body: form })).status).toBe(204);
  return body.importId;
}

/** Starts the task of an import. @returns its id */
export async function startImport(
  stack: Pick<Stack, 'httpUrl'>,
  importId: string,
  options: object = {},
): Promise<string> {
  const { status, body } = await asAdmin(stack, `POST /admin/imports/${importId}/tasks`, options);
  expect(status).toBe(202);
  return body.taskId;
}

/** The report of a task: its summary, and the refused lines. */
export async function reportOf({ link }: Json): Promise<{ summary: Json; refused: Json[] }> {
  const [summary = '', ...refused] = (await (await fetch(link)).text()).trimEnd().split('\n');
  return { summary: JSON.parse(summary), refused: refused.map((line) => JSON.parse(line)) };
}

/** Imports lines. @returns the task, and the lines that were refused */
export async function importLines(stack: Stack, lines: readonly object[] | string, options: object = {}) {
  const text = typeof lines === 'string' ? lines : textOf(lines);
  const taskId = await startImport(stack, await uploadImport(stack, text), options);
  const task = await untilTask(stack, taskId);
  return { task, ...(await reportOf(task)) };
}
