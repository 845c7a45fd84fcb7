import type { UserBannedEvent, UserUnbannedEvent } from '../../../protocol/service.ts';
import type { Clock } from '../../shared/clock.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { endSession } from '../delivery/end-session.ts';
import { type Ban, isBanned, NO_END } from '../model/ban.ts';
import type { Connections } from '../model/connections.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import type { RouteTable } from '../model/session.ts';

export interface BanPorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly clock: Clock;
  /** For a check of a banned agent. @default - no desk in this deployment */
  readonly deskEvents?: DeskEvents | undefined;
}

/**
 * Bans a user, and ends their sessions (IM-BAN-1). One write stores the ban and returns the sessions; every session is stored
 * by a write that the ban refuses, so a connect on its way is either among them or refused. Removes the routes before it
 * closes the sockets, as a log-out does. Idempotent, and an event that is older than the last one changes nothing.
 * @param sentAtMs when the operator sent the event
 * @throws {UnavailableError} retry: sessions may be left
 */
export async function banUser(
  ports: BanPorts,
  { userId, until, reason }: Omit<UserBannedEvent, 'type'>,
  sentAtMs: number,
): Promise<void> {
  const ban: Ban = { atMs: sentAtMs, untilMs: until ?? NO_END, reason };
  const sessions = await ports.routes.ban(userId, ban);
  if (sessions === undefined || !isBanned(ban.untilMs, ports.clock())) return;
  await Promise.all(sessions.map((session) => ports.routes.disconnect(session, ports.clock())));
  const closing = { code: 'banned', ...(until !== undefined && { until }) } as const;
  await Promise.all(sessions.map((session) => endSession(ports.connections, session, closing)));
  await requestAgentCheck(ports, userId);
}

/** Lifts a ban. Idempotent. */
export async function unbanUser(
  { routes }: Pick<BanPorts, 'routes'>,
  { userId }: Omit<UserUnbannedEvent, 'type'>,
  sentAtMs: number,
): Promise<void> {
  await routes.ban(userId, { atMs: sentAtMs, untilMs: 0 });
}
