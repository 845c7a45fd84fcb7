import { ACTIONS, type Action } from '../../../protocol/actions.ts';

/** A debit of at least this many credits is written before what it pays for. */
export const DEAR = 700;
/** Lower prices are written as this many credits, with a probability that makes up for it. */
export const SAMPLE = 70;
/** Credits of a refused frame or request. */
export const REFUSAL_PRICE = 3;

/** Credits of a frame, whatever it causes beyond the usual. */
export const ACTION_PRICES = Object.fromEntries(
  Object.keys(ACTIONS).map((action) => [action, 7]),
) as Readonly<Record<Action, number>>;

/** Credits of an HTTP request, whatever it causes beyond the usual. */
export function routePrice(_routeKey: string): number {
  return 5;
}

/** What an answer of this size costs beyond that. */
export function answerPrice(bytes: number): number {
  return Math.max(0, (bytes - 4_096) / 20_000);
}
