import { SessionEndedError, SessionExpiredError } from '../../shared/errors.ts';
import { type Caller, leaseTermMs, type RouteTable, type Session, takesPushes } from '../model/session.ts';

const SESSION_OVER = 'The session has ended.';

/**
 * The caller's session, if its frames are still heard.
 * @throws {SessionExpiredError} within the grace
 * @throws {SessionEndedError} when the route is gone or the grace over
 */
export function requireLiveSession(session: Session | undefined, caller: Caller, nowMs: number): Session {
  const known = requireKnownSession(session, caller, nowMs);
  if (nowMs >= known.expiresAtMs) throw new SessionExpiredError();
  return known;
}

/**
 * As `requireLiveSession`, but a session within its grace passes: it may still `renew` (IM-RENEW).
 * @throws {SessionEndedError} when the route is gone or the grace over
 */
export function requireKnownSession(session: Session | undefined, caller: Caller, nowMs: number): Session {
  if (session?.connectionId !== caller.connectionId) {
    throw new SessionEndedError('session_expired', SESSION_OVER);
  }
  if (!takesPushes(session, nowMs)) throw new SessionEndedError('session_expired', SESSION_OVER, 'expired');
  return session;
}

/**
 * Moves the lease when half of it is gone: so a client that beats every 8 minutes costs a write only every second
 * time, and one that sends all the time doesn't look away for not beating.
 */
export async function keepLease(
  routes: RouteTable,
  session: Session,
  leaseMs: number,
  nowMs: number,
): Promise<void> {
  const termMs = leaseTermMs(session, leaseMs);
  if (session.leaseUntilMs - nowMs > termMs / 2) return;
  await routes.extendLease(session, nowMs + termMs);
}

/**
 * For what moves no lease otherwise: with the idle option every frame counts as a sign of life. Never a reason to fail.
 */
export async function noteHeard(
  routes: RouteTable,
  session: Session | undefined,
  nowMs: number,
): Promise<void> {
  if (session?.idleTimeoutMs === undefined) return;
  await keepLease(routes, session, session.idleTimeoutMs, nowMs).catch(() => undefined);
}
