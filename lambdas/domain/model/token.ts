import type { CallerRoles } from './roles.ts';

/** Whose token it is, what they are here, and until when. */
export interface Identity extends CallerRoles {
  readonly userId: string;
  readonly expiresAtMs: number;
}

export interface TokenVerifier {
  /**
   * @throws {UnauthorizedError} malformed, expired, of wrong issuer, audience, or algorithm, or its user id invalid
   * @throws {UnavailableError} the issuer's keys can't be read
   */
  verify(token: string): Promise<Identity>;
}
