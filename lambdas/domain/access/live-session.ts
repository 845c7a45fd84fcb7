import { SessionEndedError, SessionExpiredError } from '../../shared/errors.ts';
import { type Caller, leaseTermMs, type RouteTable, type Session, takesPushes } from '../model/session.ts';

const SESSION_OVER = 'The session has ended.';

/**
 * Returns the caller's session if the server still accepts its frames.
 * @throws {SessionExpiredError} the session has expired, but is within its grace period
 * @throws {SessionEndedError} the route is gone, or the grace period is over
 */
export function requireLiveSession(session: Session | undefined, caller: Caller, nowMs: number): Session {
  const known = requireKnownSession(session, caller, nowMs);
  if (nowMs >= known.expiresAtMs) throw new SessionExpiredError();
  return known;
}

/**
 * Like `requireLiveSession`, but accepts a session within its grace period: it may still `renew` (IM-RENEW).
 * @throws {SessionEndedError} the route is gone, or the grace period is over
 */
export function requireKnownSession(session: Session | undefined, caller: Caller, nowMs: number): Session {
  if (session?.connectionId !== caller.connectionId) {
    throw new SessionEndedError('session_expired', SESSION_OVER);
  }
  if (!takesPushes(session, nowMs))
    throw new SessionEndedError('session_expired', SESSION_OVER, { code: 'expired' });
  return session;
}

/**
 * Extends the lease once half of it has passed. A client that sends a heartbeat every 8 minutes then costs one write
 * per two heartbeats, and a client that sends messages stays online without heartbeats.
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

/** With the idle option, every frame counts as activity, so it extends the lease. Never throws. */
export async function recordActivity(
  routes: RouteTable,
  session: Session | undefined,
  nowMs: number,
): Promise<void> {
  if (session?.idleTimeoutMs === undefined) return;
  await keepLease(routes, session, session.idleTimeoutMs, nowMs).catch(() => undefined);
}
