import type { Clock } from '../../shared/clock.ts';
import type { Caller, RouteTable, Session } from '../model/session.ts';
import { recordActivity, requireLiveSession } from './live-session.ts';

export interface CallerPorts {
  readonly routes: RouteTable;
  readonly clock: Clock;
}

/**
 * Returns the caller's session, by one strong read. With the idle option, the frame counts as activity.
 * @throws {SessionExpiredError} the session has expired, but is within its grace period
 * @throws {SessionEndedError} the route is gone, or the grace period is over
 */
export async function requireCaller({ routes, clock }: CallerPorts, caller: Caller): Promise<Session> {
  const session = requireLiveSession(await routes.find(caller.userId, caller.deviceId), caller, clock());
  await recordActivity(routes, session, clock());
  return session;
}
