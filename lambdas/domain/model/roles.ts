import { ROLES, type Role } from '../../../protocol/desk.ts';
import { ForbiddenError } from '../../shared/errors.ts';

/** What a user may do at the desk, and the name shown there. */
export interface CallerRoles {
  readonly roles: readonly Role[];
  /** The token's `name`, if it has one. */
  readonly name?: string | undefined;
}

const NAME_CHARS = 100;

/**
 * The roles of a claim: a list, or words in a text. The HTTP API's authorizer makes one text of a list, `[agent other]`
 * (IM-ROLE). Words that mean nothing here are passed over, and so is a claim of another kind.
 */
export function parseRoles(claim: unknown): Role[] {
  const words = Array.isArray(claim) ? claim : typeof claim === 'string' ? wordsIn(claim) : [];
  return ROLES.filter((role) => words.includes(role));
}

function wordsIn(text: string): string[] {
  return text.replace(/^\[(.*)\]$/s, '$1').split(' ');
}

/** A display name that any frame can carry; else none. */
export function parseName(claim: unknown): string | undefined {
  if (typeof claim !== 'string' || !claim.isWellFormed()) return undefined;
  return claim.trim().slice(0, NAME_CHARS) || undefined;
}

/** @throws {ForbiddenError} the token doesn't give this role (IM-ROLE) */
export function requireRole({ roles }: CallerRoles, role: Role): void {
  if (!roles.includes(role)) throw new ForbiddenError(`This is for users with the role "${role}".`);
}
