import type { Clock } from '../shared/clock.ts';
import { SessionEndedError } from '../shared/errors.ts';
import { noteHeard, type RouteTable, requireKnownSession, type Speaker, sessionExpiryMs } from './session.ts';
import type { TokenVerifier } from './token.ts';

export interface RenewPorts {
  readonly routes: RouteTable;
  readonly tokens: TokenVerifier;
  readonly clock: Clock;
}

/**
 * Gives the session a new end by a fresh token of the same user; returns it in epoch milliseconds (IM-RENEW).
 * @throws {UnauthorizedError} the token is not valid; the session goes on as it was
 * @throws {SessionEndedError} another user's token, or a session that is over: disconnect (refusal 6, 7)
 */
export async function renew(
  { routes, tokens, clock }: RenewPorts,
  speaker: Speaker,
  token: string,
): Promise<number> {
  const session = requireKnownSession(await routes.find(speaker.userId, speaker.deviceId), speaker, clock());
  const identity = await tokens.verify(token);
  if (identity.userId !== speaker.userId) {
    await routes.disconnect(speaker);
    throw new SessionEndedError('identity_mismatch', "The token is another user's.");
  }
  const expiresAtMs = sessionExpiryMs(session.connectedAtMs, identity.expiresAtMs);
  // Removed between the look and the write: replaced, or logged out.
  if (!(await routes.setExpiry(speaker, expiresAtMs))) {
    throw new SessionEndedError('session_expired', 'The session has ended.');
  }
  await noteHeard(routes, session, clock());
  return expiresAtMs;
}
