import type { CloseReason } from '../../../protocol/codes.ts';
import type { Clock } from '../../shared/clock.ts';
import { ConflictError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { endSession } from '../delivery/end-session.ts';
import type { Connections } from '../model/connections.ts';
import type { Inbox } from '../model/inbox.ts';
import type { OfflineQueue } from '../model/offline-job.ts';
import {
  type Caller,
  type Encoding,
  isConnecting,
  isPolling,
  leaseTermMs,
  type Mode,
  type RouteTable,
  type Session,
  sessionExpiryMs,
  takesPushes,
} from '../model/session.ts';

/** How a new session of a device treats its old one (IM-CONN-4). */
export type DuplicateLogin = 'replace' | 'reject';

export interface DevicePorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly duplicateLogin: DuplicateLogin;
  /** Sessions of a user, 1 to 10. */
  readonly maxDevices: number;
}

export interface ConnectPorts extends DevicePorts {
  readonly inbox: Inbox;
  readonly offlineQueue: OfflineQueue;
  readonly leaseMs: number;
  /** The idle option (IM-IDLE); `undefined`: off. */
  readonly idleTimeoutMs?: number | undefined;
}

export interface ConnectRequest extends Caller {
  readonly mode: Mode;
  readonly encoding?: Encoding | undefined;
  /** The client's own connection that this one replaces (IM-CONN-4). */
  readonly replaces: string | undefined;
  readonly connectedAtMs: number;
  readonly tokenExpiresAtMs: number;
}

/** A post fails until `$connect` has finished. */
const DRAIN_DELAY_SECONDS = 1;
const CLAIM_ATTEMPTS = 3;

/**
 * Stores the session, then ends those that it replaces. After the write nothing is sent to the old socket (IM-CONN-3,
 * IM-CONN-4).
 * @throws {ConflictError} with `duplicateLogin: reject`, if the device has a live session
 */
export async function connect(ports: ConnectPorts, request: ConnectRequest): Promise<void> {
  const session = newSession(ports, request);
  await takeDevice(ports, session, request.replaces);
  if (session.mode === 'plain') await enqueueDrain(ports, session);
}

/**
 * Stores a session with or without a socket, then ends those that it replaces.
 * @returns the user's other sessions before the write, those that it has ended among them
 * @throws {ConflictError} with `duplicateLogin: reject`, if the device has a live session; or if the device has opened
 *   another socket since, so this `$connect` is late (a page that was reloaded while it connected)
 */
export async function takeDevice(
  ports: DevicePorts,
  session: Session,
  replaces: string | undefined,
): Promise<readonly Session[]> {
  const before =
    ports.duplicateLogin === 'reject'
      ? await claim(ports, session, replaces)
      : await ports.routes.connect(session);
  if (before === undefined) throw new ConflictError('This device has a newer session.');
  // After a lost response the AWS SDK retries the write, which then returns this session as one from before.
  const others = before.filter(({ connectionId }) => connectionId !== session.connectionId);
  await settleAll(endings(ports, others, session.deviceId, replaces).map((one) => end(ports, one, session)));
  return others;
}

function newSession({ clock, leaseMs, idleTimeoutMs }: ConnectPorts, request: ConnectRequest): Session {
  const { userId, deviceId, connectionId, mode, encoding, connectedAtMs, tokenExpiresAtMs } = request;
  const expiresAtMs = sessionExpiryMs(connectedAtMs, tokenExpiresAtMs);
  const idle = idleTimeoutMs === undefined ? {} : { idleTimeoutMs };
  return {
    userId,
    deviceId,
    connectionId,
    mode,
    connectedAtMs,
    expiresAtMs,
    leaseUntilMs: clock() + leaseTermMs(idle, leaseMs),
    ...idle,
    ...(encoding && { encoding }),
  };
}

/** Takes the device only if its session is gone: reads it, probes it, and writes if nothing has changed meanwhile. */
async function claim(
  ports: DevicePorts,
  session: Session,
  replaces: string | undefined,
): Promise<readonly Session[]> {
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt += 1) {
    const holder = await ports.routes.find(session.userId, session.deviceId);
    // A retry of a write whose response was lost.
    if (holder?.connectionId === session.connectionId) return [];
    if (holder !== undefined && holder.connectionId !== replaces && (await isAlive(ports, holder))) {
      throw new ConflictError('This device already has a session.');
    }
    const before = await ports.routes.claim(session, holder?.connectionId);
    if (before !== undefined) return before;
  }
  throw new UnavailableError();
}

/** @throws {UnavailableError} unknown: ending the session could end a live one, keeping it could lock the user out */
async function isAlive({ connections, clock }: DevicePorts, session: Session): Promise<boolean> {
  // A polling device returns to a socket or polls again: both may replace its session.
  if (isPolling(session) || !takesPushes(session, clock())) return false;
  const outcome = await connections.probe(session.connectionId);
  if (outcome === 'unsure' || outcome === 'busy') throw new UnavailableError();
  return outcome === 'took' || isConnecting(session, clock());
}

interface Ending {
  readonly session: Session;
  readonly reason: CloseReason;
}

/**
 * Returns the sessions to end: the named one, the device's former one, and, above the maximum, those silent for the longest
 * time.
 */
function endings(
  { maxDevices }: Pick<DevicePorts, 'maxDevices'>,
  others: readonly Session[],
  deviceId: string,
  replaces: string | undefined,
): Ending[] {
  const ending = others.flatMap((session): Ending[] => {
    if (session.connectionId === replaces) return [{ session, reason: 'superseded' }];
    return session.deviceId === deviceId ? [{ session, reason: 'replaced' }] : [];
  });
  const staying = others.filter((session) => !ending.some((one) => one.session === session));
  // A client's frames extend its lease, so the earliest lease is the one silent for the longest time.
  const bySilence = staying.toSorted(
    (a, b) => a.leaseUntilMs - b.leaseUntilMs || a.connectedAtMs - b.connectedAtMs,
  );
  const surplus = bySilence.slice(0, Math.max(0, staying.length + 1 - maxDevices));
  return [...ending, ...surplus.map((session): Ending => ({ session, reason: 'kicked' }))];
}

async function end(
  { routes, connections }: DevicePorts,
  { session, reason }: Ending,
  successor: Session,
): Promise<void> {
  // The route of the same device is already overwritten.
  if (session.deviceId !== successor.deviceId) await routes.disconnect(session);
  await endSession(connections, session, reason);
}

/**
 * Enqueues a push of the inbox to a plain session, which sends no `hello`. The inbox is read after the route was written, so
 * later messages find the route instead (IM-CONN-6).
 */
async function enqueueDrain(
  { inbox, offlineQueue }: ConnectPorts,
  { userId, deviceId, connectionId }: Caller,
): Promise<void> {
  const { references } = await inbox.first(userId, 1);
  if (references.length === 0) return;
  const job = { kind: 'drain', userId, deviceId, connectionId, round: 0 } as const;
  await offlineQueue.enqueue([{ job, delaySeconds: DRAIN_DELAY_SECONDS }]);
}
