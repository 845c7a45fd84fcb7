import type { Clock } from '../../shared/clock.ts';
import { SessionEndedError } from '../../shared/errors.ts';
import { noteHeard, requireKnownSession } from '../access/live-session.ts';
import { type Caller, type RouteTable, sessionExpiryMs } from '../model/session.ts';
import type { TokenVerifier } from '../model/token.ts';

export interface RenewPorts {
  readonly routes: RouteTable;
  readonly tokens: TokenVerifier;
  readonly clock: Clock;
}

/**
 * Gives the session a new end by a fresh token of the same user; returns it in epoch milliseconds (IM-RENEW).
 * @throws {UnauthorizedError} the token is not valid; the session goes on as it was
 * @throws {SessionEndedError} another user's token, or a session that is over: disconnect (IM-REFUSE-6, IM-REFUSE-7)
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
  // Removed between the look and the write: replaced, or logged out.
  if (!(await routes.setExpiry(caller, expiresAtMs))) {
    throw new SessionEndedError('session_expired', 'The session has ended.');
  }
  await noteHeard(routes, session, clock());
  return expiresAtMs;
}
