import type { BenchStack } from '../stack/bench-stack.ts';
import { type Bench, newUser, sending } from './scenario.ts';

/**
 * Counts what it costs to tell, and then what it costs to keep for those who are away. The consumer of the offline queue
 * takes what it can get at once, up to ten: that is an accident of timing unless everything waits until all is there.
 */
export async function measureWithAbsent<Result>(
  { stack, measure }: Pick<Bench, 'stack' | 'measure'>,
  names: { readonly told: string; readonly kept: string },
  run: () => Promise<Result>,
): Promise<Result> {
  const queue = await holdOffline(stack);
  const result = await measure(names.told, run);
  await measure(names.kept, async () => queue.release());
  return result;
}

/** The poll that is under way gets what comes first; so that is a message of no interest. */
export async function holdOffline(stack: BenchStack) {
  return stack.holdQueue('OfflineQueue', async () => {
    const { action, ...body } = sending(newUser());
    await stack.http(newUser(), '/messages', { method: 'POST', body });
  });
}
