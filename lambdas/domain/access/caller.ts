import type { Clock } from '../../shared/clock.ts';
import type { Caller, RouteTable, Session } from '../model/session.ts';
import { noteHeard, requireLiveSession } from './live-session.ts';

export interface CallerPorts {
  readonly routes: RouteTable;
  readonly clock: Clock;
}

/**
 * The caller's session, by one strong read; with the idle option the frame is noted as a sign of life.
 * @throws {SessionExpiredError} within the grace
 * @throws {SessionEndedError} when the route is gone or the grace over
 */
export async function requireCaller({ routes, clock }: CallerPorts, caller: Caller): Promise<Session> {
  const session = requireLiveSession(await routes.find(caller.userId, caller.deviceId), caller, clock());
  await noteHeard(routes, session, clock());
  return session;
}
