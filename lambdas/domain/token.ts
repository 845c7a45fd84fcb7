/** Whose token it is, and until when. */
export interface Identity {
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
