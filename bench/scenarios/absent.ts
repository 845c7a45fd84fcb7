import type { BenchStack } from '../stack/bench-stack.ts';
import { type Bench, newUser, sending } from './scenario.ts';

/**
 * Counts the cost of notifying online members, and then of storing for absent ones. The consumer of the offline queue takes up
 * to ten available messages, so the queue is paused until all have arrived.
 */
export async function measureWithAbsent<Result>(
  { stack, measure }: Pick<Bench, 'stack' | 'measure'>,
  names: { readonly told: string; readonly kept: string },
  run: () => Promise<Result>,
): Promise<Result> {
  const queue = await pauseOffline(stack);
  const result = await measure(names.told, run);
  await measure(names.kept, async () => queue.release());
  return result;
}

/** The poll in progress takes the first message, so that one is a dummy. */
export async function pauseOffline(stack: BenchStack) {
  return stack.pauseQueue('OfflineQueue', async () => {
    const { action, ...body } = sending(newUser());
    await stack.http(newUser(), '/messages', { method: 'POST', body });
  });
}
