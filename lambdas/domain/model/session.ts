import { LIMITS } from '../../../protocol/limits.ts';
import type { Ban } from './ban.ts';

/** The mode requested in the upgrade, or `polling`: a session without a socket (IM-POLL-2). */
export type Mode = 'managed' | 'plain' | 'polling';

/** Encodings of frames other than JSON. */
export type Encoding = 'protobuf';

/** A device of a user while it is connected or polls. */
export interface Session {
  readonly userId: string;
  readonly deviceId: string;
  readonly connectionId: string;
  readonly mode: Mode;
  readonly connectedAtMs: number;
  /** From then on frames are refused. Pushes continue for a grace period (IM-RENEW). */
  readonly expiresAtMs: number;
  /** For presence, and for delivery with the idle option only (IM-BEAT, IM-IDLE). */
  readonly leaseUntilMs: number;
  /** The idle option at the time of the connect: how long the session stays trusted without a frame (IM-IDLE). */
  readonly idleTimeoutMs?: number;
  /** The client has said that the user does not see the app (IM-NOTIFY-2). @default false */
  readonly isInBackground?: true;
  /** The encoding requested in the upgrade (IM-PB). @default - JSON */
  readonly encoding?: Encoding;
}

/** The session that a frame comes from, as the gateway's event identifies it. */
export type Caller = Pick<Session, 'userId' | 'deviceId' | 'connectionId'>;

export interface Presence {
  readonly sessions: readonly Session[];
  readonly seenAtMs: number | undefined;
  /** When the user's ban ends (`isBanned`). */
  readonly bannedUntilMs?: number | undefined;
  /** The same in full. */
  readonly ban?: Ban | undefined;
}

/** The sessions of all users: one session per device (IM-CONN-3). Reads are strong unless told otherwise. */
export interface RouteReader {
  find(userId: string, deviceId: string): Promise<Session | undefined>;
  /** Reads the sessions of up to 100 users in one request. A user without sessions has an empty list. */
  sessionsOf(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly Session[]>>;
  /** Like `sessionsOf`, with the time of each user's last disconnect. `mayBeStale`: half the cost, up to a second old. */
  presencesOf(
    userIds: readonly string[],
    options?: { readonly mayBeStale?: boolean },
  ): Promise<ReadonlyMap<string, Presence>>;
}

/** The user when a ban was stored. */
export interface Banned {
  readonly sessions: readonly Session[];
  readonly before?: Ban | undefined;
}

/** Reads and writes sessions. One interface, since every push removes stale routes. */
export interface RouteTable extends RouteReader {
  /**
   * Stores the session, replacing the device's former one. Returns all sessions of the user before that, or `undefined`
   * if the device has a socket that was opened later: a late write must not replace it.
   * @throws {BannedError} the user is banned (IM-BAN-1)
   */
  connect(session: Session): Promise<readonly Session[] | undefined>;
  /**
   * Stores the session if the device's connection is `former`, or if the device has none and `former` is `undefined`.
   * Returns all sessions of the user before that, or `undefined` if another connection came first.
   * @throws {BannedError} the user is banned (IM-BAN-1)
   */
  claim(session: Session, former: string | undefined): Promise<readonly Session[] | undefined>;
  /**
   * Removes the session if the device still has this connection; otherwise does nothing (IM-CONN-5).
   * @param seenAtMs when the user was last seen, if known
   */
  disconnect(caller: Caller, seenAtMs?: number): Promise<void>;
  /**
   * Stores a ban, or that one was lifted: from then on `connect` and `claim` judge by it. Returns the sessions of the user,
   * which it leaves as they are, and the ban that was stored before; `undefined` if that one is later.
   */
  ban(userId: string, ban: Ban): Promise<Banned | undefined>;
  /** Sets the session's expiry if the device still has this connection. Returns whether it does. */
  setExpiry(caller: Caller, expiresAtMs: number): Promise<boolean>;
  /**
   * Records that the caller types, if its session is live and the last record is at least `intervalMs` old.
   * @returns whether it was recorded, and the session before
   */
  noteTyping(
    caller: Caller,
    nowMs: number,
    intervalMs: number,
  ): Promise<{ readonly noted: boolean; readonly session: Session | undefined }>;
  /** Notes whether the user sees the app, if the device still has this connection. Returns whether it does. */
  setActive(caller: Caller, isActive: boolean): Promise<boolean>;
  /** Extends the lease if the device still has this connection. */
  extendLease(caller: Caller, leaseUntilMs: number): Promise<void>;
}

const ONLY_DEVICE = 'only';

/**
 * The device that a session belongs to. A user who may have one session has one device, whatever its clients call themselves: so
 * the next session replaces the last or is refused, by the conditions of the writes that do so for any device (IM-CONN-4).
 */
export function deviceOf(deviceId: string, maxDevices: number): string {
  return maxDevices === 1 ? ONLY_DEVICE : deviceId;
}

/** min(token expiry, connectedAt + 2 h − 5 min): before the gateway closes the connection (IM-RENEW). */
export function sessionExpiryMs(connectedAtMs: number, tokenExpiresAtMs: number): number {
  return Math.min(tokenExpiresAtMs, connectedAtMs + LIMITS.connectionLifetimeMs - LIMITS.sessionMarginMs);
}

/**
 * Whether pushes still go to the session: until the grace period after its expiry ends (IM-RENEW). A polling session has
 * no grace period (IM-POLL-2).
 */
export function takesPushes(session: Session, nowMs: number): boolean {
  return nowMs < session.expiresAtMs + (isPolling(session) ? 0 : LIMITS.expiryGraceMs);
}

/** Whether the session has no socket, and reads new messages from the inbox (IM-POLL-2). */
export function isPolling({ mode }: Pick<Session, 'mode'>): boolean {
  return mode === 'polling';
}

/** Whether the user sees what the session gets, as far as we know. A device that polls can't say otherwise (IM-NOTIFY-2). */
export function isInFront({ isInBackground }: Pick<Session, 'isInBackground'>): boolean {
  return isInBackground !== true;
}

/** When the device's poll answers at the latest; 0 for a session with a socket. Its session outlives it (IM-POLL-2). */
export function pollWaitsUntilMs(session: Session): number {
  return isPolling(session) ? session.expiresAtMs - LIMITS.pollAliveMs : 0;
}

/**
 * How long the gateway may answer 410 for a new connection: as long as the authorizer (5 s) and `$connect` (10 s) may take. A cold
 * start or a slow issuer alone takes seconds, and the inbox is pushed to a new plain session right after `$connect` has stored it.
 */
const CONNECT_MS = 15_000;

/** Whether a 410 may only mean that the socket isn't open yet (IM-FAULT-7). */
export function isConnecting(session: Session, nowMs: number): boolean {
  return nowMs - session.connectedAtMs < CONNECT_MS;
}

/** The term of a session's lease: with the idle option, the session is present only while it is trusted. */
export function leaseTermMs({ idleTimeoutMs }: Pick<Session, 'idleTimeoutMs'>, leaseMs: number): number {
  return idleTimeoutMs ?? leaseMs;
}

/** False if the idle option is on and the session has been silent for too long (IM-IDLE). */
export function isTrusted({ idleTimeoutMs, leaseUntilMs }: Session, nowMs: number): boolean {
  return idleTimeoutMs === undefined || nowMs < leaseUntilMs;
}

/** Two heartbeats must fit into the lease, since the first may come too early to extend it (IM-IDLE). */
export function heartbeatIntervalMs(idleTimeoutMs: number | undefined): number {
  return Math.min(LIMITS.heartbeatIntervalMs, Math.floor((idleTimeoutMs ?? Infinity) * 0.4));
}
