import { setTimeout as sleep } from 'node:timers/promises';

/** Returns epoch milliseconds. Injected, so that tests can control the time. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Injected, so that tests don't wait. */
export type Pause = (milliseconds: number) => Promise<void>;

export const systemPause: Pause = async (milliseconds) => sleep(milliseconds);

declare const seconds: unique symbol;
/** DynamoDB's TTL attribute holds epoch seconds; the brand keeps milliseconds out of it. */
export type EpochSeconds = number & { readonly [seconds]: true };

/** Returns `epochMs` plus `ttlSeconds`, in whole epoch seconds. */
export function epochSecondsAfter(epochMs: number, ttlSeconds: number): EpochSeconds {
  return (Math.floor(epochMs / 1000) + ttlSeconds) as EpochSeconds;
}
