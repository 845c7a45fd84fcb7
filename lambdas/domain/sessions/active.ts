import type { Clock } from '../../shared/clock.ts';
import { SessionEndedError } from '../../shared/errors.ts';
import { recordActivity, requireLiveSession } from '../access/live-session.ts';
import { type Caller, isInFront, type RouteTable } from '../model/session.ts';

export interface ActivePorts {
  readonly routes: RouteTable;
  readonly clock: Clock;
}

/**
 * Notes whether the user sees the app on this device (IM-NOTIFY-2). Writes only if that has changed. Idempotent. The next session
 * of the device is in front again.
 * @throws {SessionEndedError} the session is over
 */
export async function setActive(
  { routes, clock }: ActivePorts,
  caller: Caller,
  isActive: boolean,
): Promise<void> {
  const session = requireLiveSession(await routes.find(caller.userId, caller.deviceId), caller, clock());
  // Replaced or logged out between the read and the write.
  if (isInFront(session) !== isActive && !(await routes.setActive(caller, isActive)))
    throw new SessionEndedError('session_expired', 'The session has ended.');
  await recordActivity(routes, session, clock());
}
