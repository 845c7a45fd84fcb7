import { ROLES, type Role } from '../../../protocol/desk.ts';
import { ForbiddenError } from '../../shared/errors.ts';

/** A user's roles at the desk, and the name shown there. */
export interface CallerRoles {
  readonly roles: readonly Role[];
  /** The token's `name`, if it has one. */
  readonly name?: string | undefined;
}

const NAME_CHARS = 100;

/**
 * Parses the roles claim: a list of roles, or words separated by spaces (IM-ROLE). Ignores unknown words and claims of
 * other types.
 */
export function parseRoles(claim: unknown): Role[] {
  const words = wordsOf(claim);
  return ROLES.filter((role) => words.includes(role));
}

/** The words of a roles claim. */
export function wordsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}

/** Returns the display name, or `undefined` if it is not valid text. */
export function parseName(claim: unknown): string | undefined {
  if (typeof claim !== 'string' || !claim.isWellFormed()) return undefined;
  // By code points: half an emoji could not be encoded.
  return [...claim.trim()].slice(0, NAME_CHARS).join('') || undefined;
}

/** @throws {ForbiddenError} the user does not have this role (IM-ROLE) */
export function requireRole({ roles }: CallerRoles, role: Role): void {
  if (!roles.includes(role)) throw new ForbiddenError(`This requires the role "${role}".`);
}

/** @throws {ForbiddenError} the user is neither agent nor supervisor (IM-ROLE) */
export function requireStaff({ roles }: CallerRoles): void {
  if (!ROLES.some((role) => roles.includes(role)))
    throw new ForbiddenError('Only agents and supervisors may do this.');
}
