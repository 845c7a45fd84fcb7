import type { UserBannedEvent, UserUnbannedEvent } from '../../../protocol/service.ts';
import type { Clock } from '../../shared/clock.ts';
import { settleAll } from '../../shared/settle.ts';
import { requestAgentCheck } from '../delivery/agent-check.ts';
import { endSession } from '../delivery/end-session.ts';
import { type Ban, isBanned, NO_END } from '../model/ban.ts';
import type { Connections } from '../model/connections.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import type { UserEvent, UserEventWriter } from '../model/event.ts';
import type { Banned, RouteTable } from '../model/session.ts';

export interface BanPorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly clock: Clock;
  /** For a check of a banned agent. @default - no desk in this deployment */
  readonly deskEvents?: DeskEvents | undefined;
  /** @default - no events in this deployment */
  readonly userEvents?: UserEventWriter | undefined;
}

/**
 * Bans a user, and ends their sessions (IM-BAN-1). One write stores the ban and returns the sessions; every session is stored
 * by a write that the ban refuses, so a connect on its way is either among them or refused. Removes the routes before it
 * closes the sockets, as a log-out does. Idempotent, and an event that is older than the last one changes nothing.
 * @param sentAtMs when the operator sent the event
 * @returns false if a later ban or lifting is stored already
 * @throws {UnavailableError} retry: sessions may be left
 */
export async function banUser(
  ports: BanPorts,
  { userId, until, reason }: Omit<UserBannedEvent, 'type'>,
  sentAtMs: number,
): Promise<boolean> {
  const ban: Ban = { atMs: sentAtMs, untilMs: until ?? NO_END, reason };
  const banned = await storeAndTell(ports, userId, ban);
  if (banned === undefined) return false;
  if (!isBanned(ban.untilMs, ports.clock())) return true;
  const { sessions } = banned;
  await Promise.all(sessions.map((session) => ports.routes.disconnect(session, ports.clock())));
  const closing = { code: 'banned', ...(until !== undefined && { until }) } as const;
  await Promise.all(sessions.map((session) => endSession(ports.connections, session, closing)));
  await requestAgentCheck(ports, userId);
  return true;
}

/** Lifts a ban. Idempotent. Returns false if a later ban or lifting is stored already. */
export async function unbanUser(
  ports: Pick<BanPorts, 'routes' | 'userEvents' | 'clock'>,
  { userId }: Omit<UserUnbannedEvent, 'type'>,
  sentAtMs: number,
): Promise<boolean> {
  return (await storeAndTell(ports, userId, { atMs: sentAtMs, untilMs: 0 })) !== undefined;
}

/** A service event is retried for half an hour, and an operator redrives it from the dead letters within days. */
const TOLD_AFTER_MS = 14 * 86_400_000;

/**
 * Stores the ban, then its event (IM-EVENT-1), and once more the event of the ban that it replaces: the function that stored
 * that one may have died in between, and its retry is refused from now on.
 */
async function storeAndTell(
  { routes, userEvents, clock }: Pick<BanPorts, 'routes' | 'userEvents' | 'clock'>,
  userId: string,
  ban: Ban,
): Promise<Banned | undefined> {
  const banned = await routes.ban(userId, ban);
  if (banned === undefined || userEvents === undefined) return banned;
  const { before } = banned;
  const isRecent = before !== undefined && clock() - before.atMs < TOLD_AFTER_MS;
  await settleAll([
    userEvents.put(eventOf(userId, ban)),
    isRecent && userEvents.put(eventOf(userId, before)),
  ]);
  return banned;
}

function eventOf(userId: string, { atMs, untilMs, reason }: Ban): UserEvent {
  if (untilMs === 0) return { type: 'user.unbanned', userId, at: atMs };
  return {
    type: 'user.banned',
    userId,
    at: atMs,
    ...(untilMs !== NO_END && { untilMs }),
    ...(reason !== undefined && { reason }),
  };
}
