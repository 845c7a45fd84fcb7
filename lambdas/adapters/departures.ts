import { LIMITS } from '../../protocol/limits.ts';
import { epochSecondsAfter } from '../shared/clock.ts';
import type { Item } from './dynamodb.ts';

/*
 * Departures, in the conversation table: the conversations that a user left or lost. The transaction that ends the membership
 * writes the row.
 *
 *   pk           sk                              attributes
 *   u#<userId>   #left#<atMs>#<conversationId>   ttl? (epoch seconds: as long as history, and at least 31 days)
 *
 * They sort by time, and before the memberships. So the query that lists a user's conversations starts at the first departure
 * to return, and needs no other call (docs/adr/0028-departures-before-memberships.md).
 */

const DEPARTURE = '#left#';
const DIGITS = 15;
const DAY_SECONDS = 86_400;
/** Clients may ask for a departure of the last 30 days; one more day covers the look-back (IM-CHANGE-3). */
const LEAST_TTL_SECONDS = (LIMITS.departureDays + 1) * DAY_SECONDS;

/** Sorts after all departures and before all conversation ids. */
export const AFTER_DEPARTURES = '$';

/** @param historyTtlSeconds 0: forever */
export function departureItem({ pk, sk }: Item, atMs: number, historyTtlSeconds: number): Item {
  const ttl = epochSecondsAfter(atMs, Math.max(historyTtlSeconds, LEAST_TTL_SECONDS));
  return { pk, sk: `${departuresFrom(atMs)}#${sk}`, ...(historyTtlSeconds > 0 && { ttl }) };
}

/** The sort key before all departures at or after `atMs`. */
export function departuresFrom(atMs: number): string {
  return DEPARTURE + String(Math.max(0, atMs)).padStart(DIGITS, '0');
}

/** When the user left, if the row is a departure. */
export function departedAtMs({ sk }: Item): number {
  return Number(String(sk).slice(DEPARTURE.length, DEPARTURE.length + DIGITS));
}

/** Returns the conversation whose departure the row is; `undefined` for a membership. */
export function departedFrom({ sk }: Item): string | undefined {
  const key = String(sk);
  return key.startsWith(DEPARTURE) ? key.slice(DEPARTURE.length + DIGITS + 1) : undefined;
}
