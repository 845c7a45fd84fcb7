import type { Standing } from './role.ts';

/** Whose token it is, what they are here, and until when. */
export interface Identity extends Standing {
  readonly userId: string;
  readonly expiresAtMs: number;
}

export interface TokenVerifier {
  /**
   * @throws {UnauthorizedError} malformed, expired, of wrong issuer, audience, or algorithm, or its user id invalid
   * @throws {UnavailableError} the issuer's keys are not to be had
   */
  verify(token: string): Promise<Identity>;
}
