import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsProxy } from '../../../local/aws-proxy/index.ts';

interface World {
  readonly proxy: Pick<AwsProxy, 'untilIdle'>;
  /** Lets time pass. @param seconds of the queues */
  readonly advance: (seconds: number) => void;
}

/** For the queues to hand out what is due. */
const TURN_MS = 20;

/**
 * Settles as the promise does. Until then time passes for the queues, a second whenever no function runs: so nobody waits for a
 * delay, and a busy machine changes nothing.
 */
export async function whileTimePasses<Wanted>(
  { proxy, advance }: World,
  wanted: Promise<Wanted>,
): Promise<Wanted> {
  let isOver = false;
  const over = wanted.then(
    () => undefined,
    () => undefined,
  );
  void over.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await Promise.race([proxy.untilIdle(), over]);
    advance(1);
    await sleep(TURN_MS);
  }
  return wanted;
}
