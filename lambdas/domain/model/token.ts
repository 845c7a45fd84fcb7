import type { CallerRoles } from './roles.ts';

/** The user of a token, with roles and expiry. */
export interface Identity extends CallerRoles {
  readonly userId: string;
  readonly expiresAtMs: number;
  /** Whether a role of the user has no budget (IM-BUDGET-4). */
  readonly isUnlimited: boolean;
}

export interface TokenVerifier {
  /**
   * @throws {UnauthorizedError} malformed or expired; wrong issuer, audience, or algorithm; or an invalid user id
   * @throws {UnavailableError} the issuer's keys can't be read
   */
  verify(token: string): Promise<Identity>;
}
