import { type Ban, requireNotBanned } from '../../../lambdas/domain/model/ban.ts';
import { isPolling, type RouteTable, type Session } from '../../../lambdas/domain/model/session.ts';

export function inMemoryRoutes(): RouteTable {
  const users = new Map<string, Map<string, Session>>();
  const seen = new Map<string, number>();
  const typed = new Map<string, number>();
  const bans = new Map<string, Ban>();
  const devicesOf = (userId: string) => users.get(userId) ?? new Map<string, Session>();
  function put(session: Session): readonly Session[] {
    requireNotBanned(bans.get(session.userId)?.untilMs, session.connectedAtMs);
    const devices = devicesOf(session.userId);
    const before = [...devices.values()];
    users.set(session.userId, devices.set(session.deviceId, session));
    return before;
  }
  const isOvertaken = (session: Session): boolean => {
    const holder = devicesOf(session.userId).get(session.deviceId);
    if (holder === undefined || isPolling(session) || isPolling(holder)) return false;
    return holder.connectedAtMs > session.connectedAtMs;
  };
  return {
    connect: async (session) => (isOvertaken(session) ? undefined : put(session)),
    async claim(session, former) {
      const holder = devicesOf(session.userId).get(session.deviceId);
      return holder?.connectionId === former ? put(session) : undefined;
    },
    async disconnect({ userId, deviceId, connectionId }, seenAtMs) {
      const devices = devicesOf(userId);
      if (devices.get(deviceId)?.connectionId !== connectionId) return;
      devices.delete(deviceId);
      if (seenAtMs !== undefined) seen.set(userId, seenAtMs);
    },
    async presencesOf(userIds) {
      return new Map(
        userIds.map((userId) => [
          userId,
          {
            sessions: [...devicesOf(userId).values()],
            seenAtMs: seen.get(userId),
            ...(bans.has(userId) && { ban: bans.get(userId), bannedUntilMs: bans.get(userId)?.untilMs }),
          },
        ]),
      );
    },
    async noteTyping({ userId, deviceId, connectionId }, nowMs, intervalMs) {
      const session = devicesOf(userId).get(deviceId);
      const before = typed.get(connectionId) ?? Number.NEGATIVE_INFINITY;
      const isAlive = session?.connectionId === connectionId && session.expiresAtMs > nowMs;
      if (!isAlive || before > nowMs - intervalMs) return { noted: false, session };
      typed.set(connectionId, nowMs);
      return { noted: true, session };
    },
    find: async (userId, deviceId) => devicesOf(userId).get(deviceId),
    sessionsOf: async (userIds) =>
      new Map(userIds.map((userId) => [userId, [...devicesOf(userId).values()]])),
    async ban(userId, ban) {
      if ((bans.get(userId)?.atMs ?? 0) > ban.atMs) return undefined;
      const before = bans.get(userId);
      bans.set(userId, ban);
      return { sessions: [...devicesOf(userId).values()], before };
    },
    async setExpiry({ userId, deviceId, connectionId }, expiresAtMs) {
      const session = devicesOf(userId).get(deviceId);
      if (session?.connectionId !== connectionId) return false;
      devicesOf(userId).set(deviceId, { ...session, expiresAtMs });
      return true;
    },
    async setActive({ userId, deviceId, connectionId }, isActive) {
      const session = devicesOf(userId).get(deviceId);
      if (session?.connectionId !== connectionId) return false;
      const { isInBackground: _, ...rest } = session;
      devicesOf(userId).set(deviceId, isActive ? rest : { ...rest, isInBackground: true });
      return true;
    },
    async extendLease({ userId, deviceId, connectionId }, leaseUntilMs) {
      const session = devicesOf(userId).get(deviceId);
      if (session?.connectionId === connectionId)
        devicesOf(userId).set(deviceId, { ...session, leaseUntilMs });
    },
  };
}
