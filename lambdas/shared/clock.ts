import { setTimeout as sleep } from 'node:timers/promises';

/** Epoch milliseconds. Injected, so that tests advance it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Waits. Injected, so that tests don't. */
export type Pause = (milliseconds: number) => Promise<void>;

export const systemPause: Pause = async (milliseconds) => sleep(milliseconds);

declare const seconds: unique symbol;
/** DynamoDB's TTL attribute holds epoch seconds; the brand keeps milliseconds out of it. */
export type EpochSeconds = number & { readonly [seconds]: true };

/** The second in which `epochMs + ttlSeconds` lies. */
export function epochSecondsAfter(epochMs: number, ttlSeconds: number): EpochSeconds {
  return (Math.floor(epochMs / 1000) + ttlSeconds) as EpochSeconds;
}
