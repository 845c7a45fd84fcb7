import { endSession } from '../delivery/end-session.ts';
import type { Connections } from '../model/connections.ts';
import { deviceOf, type RouteTable } from '../model/session.ts';

export interface LogOutPorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly maxDevices: number;
}

/**
 * Ends all sessions of a user, or the session of one device. Removes the routes before it closes the sockets, so that
 * frames are refused and pushes stop at once (IM-REFUSE-7). Does nothing if the user has no session. Does not revoke the
 * token: only its issuer can. Idempotent.
 * @throws {UnavailableError} a route could not be removed: retry
 */
export async function logOut(
  { routes, connections, maxDevices }: LogOutPorts,
  { userId, deviceId }: { readonly userId: string; readonly deviceId?: string | undefined },
): Promise<void> {
  const sessions = (await routes.sessionsOf([userId])).get(userId) ?? [];
  const ending = sessions.filter(
    (session) => deviceId === undefined || session.deviceId === deviceOf(deviceId, maxDevices),
  );
  await Promise.all(ending.map((session) => routes.disconnect(session)));
  await Promise.all(ending.map((session) => endSession(connections, session, 'logged_out')));
}
