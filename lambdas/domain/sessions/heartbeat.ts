import type { HeartbeatFrame } from '../../../protocol/frames.ts';
import type { Clock } from '../../shared/clock.ts';
import { keepLease, recordActivity, requireLiveSession } from '../access/live-session.ts';
import type { Caller, RouteTable } from '../model/session.ts';

export interface HeartbeatPorts {
  readonly routes: RouteTable;
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Keeps an idle session and its presence alive (IM-BEAT). @throws {SessionEndedError} the route is gone */
export async function heartbeat(
  { routes, leaseMs, clock }: HeartbeatPorts,
  caller: Caller,
): Promise<Omit<HeartbeatFrame, 'type' | 'id'>> {
  const session = requireLiveSession(await routes.find(caller.userId, caller.deviceId), caller, clock());
  await keepLease(routes, session, leaseMs, clock());
  return { serverTime: clock(), session: { expiresAt: session.expiresAtMs } };
}

/**
 * Handles the text `heartbeat` of simple clients. With the idle option it counts as activity (IM-IDLE). Never throws.
 */
export async function noteLiteralHeartbeat(
  { routes, clock }: Pick<HeartbeatPorts, 'routes' | 'clock'>,
  caller: Caller,
): Promise<void> {
  const session = await routes.find(caller.userId, caller.deviceId).catch(() => undefined);
  if (session?.connectionId === caller.connectionId) await recordActivity(routes, session, clock());
}
