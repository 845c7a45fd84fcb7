import { endSession } from '../delivery/end-session.ts';
import type { Connections } from '../model/connections.ts';
import type { PushDeviceWriter } from '../model/push-registration.ts';
import { deviceOf, type RouteTable } from '../model/session.ts';

export interface LogOutPorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly maxDevices: number;
  /** @default - nobody is notified in this deployment */
  readonly pushDeviceWriter?: PushDeviceWriter | undefined;
}

/**
 * Ends all sessions of a user, or the session of one device. Removes the routes before it closes the sockets, so that
 * frames are refused and pushes stop at once (IM-REFUSE-7). Does nothing if the user has no session. Does not revoke the
 * token: only its issuer can. A device that is logged out gets no notifications (IM-NOTIFY-1). Idempotent.
 * @throws {UnavailableError} a route could not be removed: retry
 */
export async function logOut(
  { routes, connections, maxDevices, pushDeviceWriter }: LogOutPorts,
  { userId, deviceId }: { readonly userId: string; readonly deviceId?: string | undefined },
): Promise<void> {
  const sessions = (await routes.sessionsOf([userId])).get(userId) ?? [];
  const ending = sessions.filter(
    (session) => deviceId === undefined || session.deviceId === deviceOf(deviceId, maxDevices),
  );
  await Promise.all(ending.map((session) => routes.disconnect(session)));
  // The only session has no device of its own name, and registrations keep theirs.
  await pushDeviceWriter?.unregister(userId, maxDevices === 1 ? undefined : deviceId);
  await Promise.all(ending.map((session) => endSession(connections, session, 'logged_out')));
}
