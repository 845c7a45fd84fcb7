import { joinPair, newUser, type Pair, sending } from '../scenarios/scenario.ts';
import type { BenchStack } from '../stack/bench-stack.ts';
import { seedRoutes } from '../stack/seed.ts';
import { type Crowd, REAL_CLIENTS } from './crowd.ts';

const seeded = new WeakMap<BenchStack, number>();

/** Pairs of friends who write to each other. */
export async function joinOurs(stack: BenchStack, users: number): Promise<Crowd> {
  const before = seeded.get(stack) ?? 0;
  const missing = Math.max(0, users - REAL_CLIENTS - before);
  await seedRoutes(stack, Array.from({ length: missing }, newUser));
  seeded.set(stack, before + missing);
  const pairs: Pair[] = [];
  // Sequential: in parallel they would start a dozen instances of each function.
  for (let n = 0; n < REAL_CLIENTS / 2; n += 1) {
    pairs.push(await joinPair(stack));
  }
  return {
    async send(n) {
      const pair = pairs[n % pairs.length];
      if (pair === undefined) return [];
      const frame = sending(pair.b);
      const pushed = pair.bob.message(frame.clientMsgId);
      const sentMs = performance.now();
      const [{ atMs }] = await Promise.all([pushed, pair.alice.request(frame)]);
      return [atMs - sentMs];
    },
    leave: () => stack.leave(...pairs.flatMap(({ alice, bob }) => [alice, bob])),
  };
}
