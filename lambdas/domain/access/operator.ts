import { SYSTEM } from '../../../protocol/ids.ts';

/** The operator, who acts as `system`, and sees every conversation without being in it (IM-ADMIN-3). */
export const OPERATOR = { userId: SYSTEM, isOperator: true } as const;

/** A user, or the operator: no request of a user's can be taken for the operator's, whatever the user is called. */
export type Actor = string | typeof OPERATOR;

/** The user who must be an admin when a change is committed; the operator needs no role. */
export function adminAmong(actor: Actor): string | undefined {
  return typeof actor === 'string' ? actor : undefined;
}

/** By whom a system message says that something was done. */
export function authorOf(actor: Actor): string {
  return typeof actor === 'string' ? actor : actor.userId;
}
