import type { Clock } from '../../shared/clock.ts';
import { SessionEndedError } from '../../shared/errors.ts';
import { recordActivity, requireKnownSession } from '../access/live-session.ts';
import { type Caller, type RouteTable, sessionExpiryMs } from '../model/session.ts';
import type { TokenVerifier } from '../model/token.ts';

export interface RenewPorts {
  readonly routes: RouteTable;
  readonly tokens: TokenVerifier;
  readonly clock: Clock;
}

/**
 * Renews the session with a fresh token of the same user. Returns the new expiry in epoch milliseconds (IM-RENEW).
 * @throws {UnauthorizedError} the token is invalid; the session stays as it was
 * @throws {SessionEndedError} the token is another user's, or the session is over (IM-REFUSE-6, IM-REFUSE-7)
 */
export async function renew(
  { routes, tokens, clock }: RenewPorts,
  caller: Caller,
  token: string,
): Promise<number> {
  const session = requireKnownSession(await routes.find(caller.userId, caller.deviceId), caller, clock());
  const identity = await tokens.verify(token);
  if (identity.userId !== caller.userId) {
    await routes.disconnect(caller);
    throw new SessionEndedError('identity_mismatch', "The token is another user's.");
  }
  const expiresAtMs = sessionExpiryMs(session.connectedAtMs, identity.expiresAtMs);
  // Replaced or logged out between the read and the write.
  if (!(await routes.setExpiry(caller, expiresAtMs))) {
    throw new SessionEndedError('session_expired', 'The session has ended.');
  }
  await recordActivity(routes, session, clock());
  return expiresAtMs;
}
