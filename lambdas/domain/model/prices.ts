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

/** The members of a group whose messages are never dear. */
export const MAX_CHEAP_MEMBERS = 300;

/** What a message to a group costs beyond its frame. */
export function groupMessagePrice(memberCount: number, contentBytes: number): number {
  return memberCount * 2 + sizeExtra(contentBytes);
}

/** What a hint to so many users costs beyond one to a single peer: `read`, `typing`, `live`, a changed message. */
export function hintPrice(users: number): number {
  return Math.max(0, users - 2) * 1.3;
}

/** What the presence of so many users costs beyond the frame. */
export function presencePrice(users: number): number {
  return Math.max(0, users - 1) * 0.2;
}

/** What new members cost beyond the request. */
export function addedMembersPrice(added: number, memberCount: number): number {
  return added * 5 + groupMessagePrice(memberCount, 0);
}

/** What a direct message costs beyond its frame. */
export function directMessageExtra(contentBytes: number, sessions: number): number {
  return Math.max(0, sessions - 2) + sizeExtra(contentBytes);
}

function sizeExtra(contentBytes: number): number {
  return Math.max(0, Math.ceil(contentBytes / 1_024) - 1) * 1.3;
}

/** What an answer of this size costs beyond that. */
export function answerPrice(bytes: number): number {
  return Math.max(0, (bytes - 4_096) / 20_000);
}
