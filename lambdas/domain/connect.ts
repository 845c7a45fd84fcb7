import type { CloseReason } from '../../protocol/codes.ts';
import type { Clock } from '../shared/clock.ts';
import { settleAll } from '../shared/settle.ts';
import { type Connections, endSession } from './connection.ts';
import type { InboxTable } from './inbox.ts';
import type { OfflineQueue } from './offline.ts';
import { type Mode, type RouteTable, type Session, type Speaker, sessionExpiryMs } from './session.ts';

export interface ConnectPorts {
  readonly routes: RouteTable;
  readonly inbox: InboxTable;
  readonly queue: OfflineQueue;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly leaseMs: number;
}

export interface ConnectRequest extends Speaker {
  readonly mode: Mode;
  /** The client's own connection that this one takes over from (IM-CONN-4). */
  readonly replaces: string | undefined;
  readonly connectedAtMs: number;
  readonly tokenExpiresAtMs: number;
}

/** A post during `$connect` finds no open socket yet. */
const DRAIN_DELAY_SECONDS = 1;

/**
 * Stores the session, then ends those that it takes the place of: from the write on, nothing is sent to the old socket
 * any more (IM-CONN-3, IM-CONN-4).
 */
export async function connect(ports: ConnectPorts, request: ConnectRequest): Promise<void> {
  const { userId, deviceId, connectionId, mode, connectedAtMs, tokenExpiresAtMs } = request;
  const before = await ports.routes.connect({
    userId,
    deviceId,
    connectionId,
    mode,
    connectedAtMs,
    expiresAtMs: sessionExpiryMs(connectedAtMs, tokenExpiresAtMs),
    leaseUntilMs: ports.clock() + ports.leaseMs,
  });
  await settleAll([
    ...before.map((former) => endIfReplaced(ports, former, request)),
    mode === 'plain' && enqueueDrain(ports, request),
  ]);
}

async function endIfReplaced(
  { routes, connections }: ConnectPorts,
  former: Session,
  { connectionId, deviceId, replaces }: ConnectRequest,
): Promise<void> {
  // The SDK repeated the write after a lost answer: what it found "before" is this very session.
  if (former.connectionId === connectionId) return;
  const named = former.connectionId === replaces;
  if (!named && former.deviceId !== deviceId) return;
  // The same device's route is overwritten already.
  if (former.deviceId !== deviceId) await routes.disconnect(former);
  const reason: CloseReason = named ? 'superseded' : 'replaced';
  await endSession(connections, former.connectionId, reason);
}

/**
 * A plain session says no `hello`: its inbox is pushed. Looked at after the route was written, so that what comes
 * later finds the route instead (IM-CONN-6).
 */
async function enqueueDrain(
  { inbox, queue }: ConnectPorts,
  { userId, deviceId, connectionId }: Speaker,
): Promise<void> {
  const { references } = await inbox.first(userId, 1);
  if (references.length === 0) return;
  const job = { kind: 'drain', userId, deviceId, connectionId, round: 0 } as const;
  await queue.enqueue([{ job, delaySeconds: DRAIN_DELAY_SECONDS }]);
}
