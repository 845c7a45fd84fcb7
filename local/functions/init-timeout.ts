import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

interface InitLimits {
  readonly seconds: number;
  /** Ends an initialization that neither computes nor waits for an event: it blocks its thread. */
  readonly blockedSeconds: number;
}

/** Lambda's limit for initialization, separate from the function's timeout. */
export const INIT_LIMITS: InitLimits = { seconds: 10, blockedSeconds: 60 };
const LOOK_AGAIN_SECONDS = 1;

/**
 * Waits until a thread has had its time for initialization: true then, false if it was done before. What counts is the time
 * in which the thread computed or waited for an event, not that in which it waited for a processor: a sandbox of Lambda has
 * one of its own, and on this machine some twenty functions may start at once.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
 */
export async function initTimeout(
  worker: Pick<Worker, 'cpuUsage' | 'performance'>,
  done: AbortSignal,
  { seconds, blockedSeconds } = INIT_LIMITS,
): Promise<boolean> {
  const wait = (s: number) => pause(s * 1000, undefined, { signal: done });
  try {
    await wait(seconds);
    for (let waited = seconds; waited < blockedSeconds; waited += LOOK_AGAIN_SECONDS) {
      if ((await secondsOf(worker)) >= seconds) return !done.aborted;
      await wait(LOOK_AGAIN_SECONDS);
    }
    return true;
  } catch {
    // It is initialized, or its thread has ended.
    return false;
  }
}

async function secondsOf(worker: Pick<Worker, 'cpuUsage' | 'performance'>): Promise<number> {
  const { user, system } = await worker.cpuUsage();
  return (user + system) / 1e6 + worker.performance.eventLoopUtilization().idle / 1e3;
}
