import { summarize } from '../../bench/measure/percentile.ts';
import type { World } from './world.ts';

/** Milliseconds, as this machine sees them. */
export interface Times {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface Latency {
  readonly messages: number;
  /** From the send to the ack: the message is durable. */
  readonly ack: Times;
  /** From the send to the other user's screen. Both users are on this machine. */
  readonly delivery: Times;
}

/** Few enough for the default budget of a user (IM-BUDGET), and enough for a p95. */
const MESSAGES = 100;

/** A deployment may be slow, or far away: then it is measured by fewer. */
const ENOUGH_MS = 30_000;

/** One message after the other, from one user to another. */
export async function measureLatency({ alice, bob }: Pick<World, 'alice' | 'bob'>): Promise<Latency> {
  const acks: number[] = [];
  const deliveries: number[] = [];
  const beganAtMs = performance.now();
  for (let sent = 0; sent < MESSAGES && performance.now() < beganAtMs + ENOUGH_MS; sent += 1) {
    const text = `latency ${sent}`;
    const sentAtMs = performance.now();
    const passedMs = () => performance.now() - sentAtMs;
    const [ackMs, deliveryMs] = await Promise.all([
      alice.say({ to: bob }, text).then(passedMs),
      bob.hears(text).then(passedMs),
    ]);
    acks.push(ackMs);
    deliveries.push(deliveryMs);
  }
  return { messages: acks.length, ack: timesOf(acks), delivery: timesOf(deliveries) };
}

function timesOf(values: readonly number[]): Times {
  const { p50, p95 } = summarize(values);
  return { p50: tenths(p50), p95: tenths(p95), max: tenths(Math.max(...values)) };
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
