import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { measureLatency } from '../../../cli/verify/latency.ts';
import type { World } from '../../../cli/verify/world.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** Two people of whom one hears the other after this time. */
function peopleAt(ms: number) {
  const alice = { say: async () => void vi.advanceTimersByTime(ms) };
  return { alice, bob: { hears: async () => {} } } as unknown as Pick<World, 'alice' | 'bob'>;
}

it('the latency of a quick deployment is measured by a hundred messages', async () => {
  expect(await measureLatency(peopleAt(20))).toMatchObject({ messages: 100, ack: { p50: 20, max: 20 } });
});

it('the latency of a slow deployment is measured by as many messages as half a minute holds: slowness is no failure', async () => {
  expect(await measureLatency(peopleAt(2_000))).toMatchObject({ messages: 15, ack: { p50: 2_000 } });
});
