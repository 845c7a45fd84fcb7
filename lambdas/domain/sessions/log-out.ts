import { endSession } from '../delivery/end-session.ts';
import type { Connections } from '../model/connections.ts';
import type { RouteTable } from '../model/session.ts';

export interface LogOutPorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
}

/**
 * Ends a user's sessions, or the one of a device: routes first, so that no frame is heard and nothing is sent any
 * more, sockets after (IM-REFUSE-7). Nobody connected is fine. It doesn't void the token: its issuer does.
 * @throws {UnavailableError} a route could not be removed; repeat
 */
export async function logOut(
  { routes, connections }: LogOutPorts,
  { userId, deviceId }: { readonly userId: string; readonly deviceId?: string | undefined },
): Promise<void> {
  const sessions = (await routes.sessionsOf([userId])).get(userId) ?? [];
  const ending = sessions.filter((session) => deviceId === undefined || session.deviceId === deviceId);
  await Promise.all(ending.map((session) => routes.disconnect(session)));
  await Promise.all(ending.map((session) => endSession(connections, session, 'logged_out')));
}
