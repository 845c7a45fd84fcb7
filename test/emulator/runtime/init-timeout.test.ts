import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { initTimeout } from '../../../local/functions/init-timeout.ts';

const SHORT = { seconds: 0.2, blockedSeconds: 2 };
const never = new AbortController().signal;

async function threadOf(source: string): Promise<Worker> {
  const worker = new Worker(source, { eval: true });
  onTestFinished(() => void worker.terminate());
  await once(worker, 'online');
  return worker;
}

test.each([
  ['computes', 'for (;;);'],
  ['waits for an answer', 'setInterval(() => {}, 1e6);'],
])('an initialization that %s for longer than Lambda allows is late', async (_, source) => {
  expect(await initTimeout(await threadOf(source), never, { ...SHORT, blockedSeconds: 60 })).toBe(true);
});

test('an initialization that got no processor is not late, until it has had its time', async () => {
  let looks = 0;
  const starved = {
    cpuUsage: async () => {
      looks += 1;
      return { user: looks * 0.08e6, system: 0 };
    },
    performance: { eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }) },
  };
  expect(await initTimeout(starved, never, { ...SHORT, blockedSeconds: 60 })).toBe(true);
  expect(looks).toBe(3);
});

test('an initialization that blocks its thread without computing is late in the end', async () => {
  const blocked = await threadOf('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
  expect(await initTimeout(blocked, never, { ...SHORT, blockedSeconds: 1 })).toBe(true);
});

test.each([
  ['is done', (_: Worker, done: AbortController) => done.abort()],
  ['has ended with its thread', (worker: Worker) => worker.terminate()],
])('an initialization that %s is not late', async (_, end) => {
  const done = new AbortController();
  const worker = await threadOf('setInterval(() => {}, 1e6);');
  const isLate = initTimeout(worker, done.signal, SHORT);
  await end(worker, done);
  expect(await isLate).toBe(false);
});
