import type { CloseReason } from '../../../protocol/codes.ts';
import { LIMITS } from '../../../protocol/limits.ts';
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
  isBeingMade,
  isPolling,
  leaseTermMs,
  type Mode,
  type RouteTable,
  type Session,
  sessionExpiryMs,
  takesPushes,
} from '../model/session.ts';

/** What becomes of a device's session when the same device connects again (IM-CONN-4). */
export type DuplicateLogin = 'replace' | 'reject';

export interface DevicePorts {
  readonly routes: RouteTable;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly duplicateLogin: DuplicateLogin;
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
  /** The client's own connection that this one takes over from (IM-CONN-4). */
  readonly replaces: string | undefined;
  readonly connectedAtMs: number;
  readonly tokenExpiresAtMs: number;
}

/** A post during `$connect` finds no open socket yet. */
const DRAIN_DELAY_SECONDS = 1;
const CLAIM_ATTEMPTS = 3;

/**
 * Stores the session, then ends those that it takes the place of: from the write on, nothing is sent to the old socket
 * any more (IM-CONN-3, IM-CONN-4).
 * @throws {ConflictError} `duplicateLogin: reject`, and the device's session is alive
 */
export async function connect(ports: ConnectPorts, request: ConnectRequest): Promise<void> {
  const session = newSession(ports, request);
  await takeDevice(ports, session, request.replaces);
  if (session.mode === 'plain') await enqueueDrain(ports, session);
}

/**
 * Stores a session of any kind, then ends those that it takes the place of.
 * @throws {ConflictError} `duplicateLogin: reject`, and the device's session is alive; or the device has opened another
 *   socket since: this one was given up, and its `$connect` is late (a page that is loaded again while it connects)
 */
export async function takeDevice(
  ports: DevicePorts,
  session: Session,
  replaces: string | undefined,
): Promise<void> {
  const before =
    ports.duplicateLogin === 'reject'
      ? await claim(ports, session, replaces)
      : await ports.routes.connect(session);
  if (before === undefined) throw new ConflictError('This device has a later session.');
  // The SDK repeats a write after a lost answer: what it finds "before" may be this very session.
  const others = before.filter(({ connectionId }) => connectionId !== session.connectionId);
  await settleAll(endings(others, session.deviceId, replaces).map((one) => end(ports, one, session)));
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

/** Takes the device over only from a session that is gone: looks, probes, and writes if nothing has changed. */
async function claim(
  ports: DevicePorts,
  session: Session,
  replaces: string | undefined,
): Promise<readonly Session[]> {
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS; attempt += 1) {
    const holder = await ports.routes.find(session.userId, session.deviceId);
    // The repeat of a write whose answer was lost.
    if (holder?.connectionId === session.connectionId) return [];
    if (holder !== undefined && holder.connectionId !== replaces && (await isAlive(ports, holder))) {
      throw new ConflictError('This device has a session.');
    }
    const before = await ports.routes.claim(session, holder?.connectionId);
    if (before !== undefined) return before;
  }
  throw new UnavailableError();
}

/** @throws {UnavailableError} nobody knows: neither a live session may be ended nor a user locked out for good */
async function isAlive({ connections, clock }: DevicePorts, session: Session): Promise<boolean> {
  // A device that polls is on its way back to a socket, or polls again: there is nothing to keep out.
  if (isPolling(session) || !takesPushes(session, clock())) return false;
  const outcome = await connections.probe(session.connectionId);
  if (outcome === 'unsure') throw new UnavailableError();
  return outcome === 'took' || isBeingMade(session, clock());
}

interface Ending {
  readonly session: Session;
  readonly reason: CloseReason;
}

/** Which of the user's other sessions end now: the named one, the device's former, and the longest silent above ten. */
function endings(others: readonly Session[], deviceId: string, replaces: string | undefined): Ending[] {
  const ending = others.flatMap((session): Ending[] => {
    if (session.connectionId === replaces) return [{ session, reason: 'superseded' }];
    return session.deviceId === deviceId ? [{ session, reason: 'replaced' }] : [];
  });
  const staying = others.filter((session) => !ending.some((one) => one.session === session));
  // The lease moves when a client speaks: the lowest has been silent for longest.
  const bySilence = staying.toSorted(
    (a, b) => a.leaseUntilMs - b.leaseUntilMs || a.connectedAtMs - b.connectedAtMs,
  );
  const surplus = bySilence.slice(0, Math.max(0, staying.length + 1 - LIMITS.maxDevices));
  return [...ending, ...surplus.map((session): Ending => ({ session, reason: 'kicked' }))];
}

async function end(
  { routes, connections }: DevicePorts,
  { session, reason }: Ending,
  successor: Session,
): Promise<void> {
  // The same device's route is overwritten already.
  if (session.deviceId !== successor.deviceId) await routes.disconnect(session);
  await endSession(connections, session, reason);
}

/**
 * A plain session says no `hello`: its inbox is pushed. Looked at after the route was written, so that what comes
 * later finds the route instead (IM-CONN-6).
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
