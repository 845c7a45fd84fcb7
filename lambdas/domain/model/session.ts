import { LIMITS } from '../../../protocol/limits.ts';

/** What a client can ask for in its upgrade, and `polling`: a session without a socket (IM-POLL-2). */
export type Mode = 'managed' | 'plain' | 'polling';

/** What frames can be written in beside JSON. */
export type Encoding = 'protobuf';

/** One device of a user, connected. */
export interface Session {
  readonly userId: string;
  readonly deviceId: string;
  readonly connectionId: string;
  readonly mode: Mode;
  readonly connectedAtMs: number;
  /** After it frames are refused; pushes go on for a grace (IM-RENEW). */
  readonly expiresAtMs: number;
  /** Presence only; never decides about delivery (IM-BEAT). */
  readonly leaseUntilMs: number;
  /** Set by the idle option when the session was made: how long it may be silent and still be trusted (IM-IDLE). */
  readonly idleTimeoutMs?: number;
  /** How frames are written to it; JSON unless its upgrade asked for another (IM-PB). */
  readonly encoding?: Encoding;
}

/** The session that a frame comes from: what the gateway carries with the connection. */
export type Caller = Pick<Session, 'userId' | 'deviceId' | 'connectionId'>;

export interface Presence {
  readonly sessions: readonly Session[];
  readonly seenAtMs: number | undefined;
}

/** Where a user's sessions are known: one entry a user, one session a device (IM-CONN-3). Reads are strong. */
export interface RouteReader {
  find(userId: string, deviceId: string): Promise<Session | undefined>;
  /** Sessions of up to 100 users in one request; users without any have an empty list. */
  sessionsOf(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly Session[]>>;
  /** As `sessionsOf`, with when they were last seen to leave. */
  presencesOf(userIds: readonly string[]): Promise<ReadonlyMap<string, Presence>>;
}

/** Reads and changes of sessions. One interface, since every push removes the routes that it finds stale. */
export interface RouteTable extends RouteReader {
  /**
   * Puts the session in the place of its device's former one; returns all sessions of the user before that, or `undefined`
   * if the device has a socket by now that was opened after this one: a late write must not take its place.
   */
  connect(session: Session): Promise<readonly Session[] | undefined>;
  /**
   * Puts the session if its device is held by the connection `former`, or by none if that is `undefined`; returns all
   * sessions of the user before that, or `undefined` if another connection came first.
   */
  claim(session: Session, former: string | undefined): Promise<readonly Session[] | undefined>;
  /**
   * Removes the session if that very connection still holds its device; else does nothing (IM-CONN-5).
   * @param seenAtMs when the user was last seen, if that is known
   */
  disconnect(caller: Caller, seenAtMs?: number): Promise<void>;
  /** Moves the session's end if that very connection still holds its device; returns whether it does. */
  setExpiry(caller: Caller, expiresAtMs: number): Promise<boolean>;
  /**
   * Notes that the caller types, if its session is alive and it last did so at least `intervalMs` ago.
   * @returns whether it was noted, and the session as it was
   */
  noteTyping(
    caller: Caller,
    nowMs: number,
    intervalMs: number,
  ): Promise<{ readonly noted: boolean; readonly session: Session | undefined }>;
  /** Moves the lease if that very connection still holds its device. */
  extendLease(caller: Caller, leaseUntilMs: number): Promise<void>;
}

/** min(token expiry, connectedAt + 2 h − 5 min): before the gateway's own cut (IM-RENEW). */
export function sessionExpiryMs(connectedAtMs: number, tokenExpiresAtMs: number): number {
  return Math.min(tokenExpiresAtMs, connectedAtMs + LIMITS.connectionLifetimeMs - LIMITS.sessionMarginMs);
}

/**
 * Pushes go on until the grace after the session's end is over (IM-RENEW). A polling device has no grace: it is alive as
 * long as its last poll said (IM-POLL-2).
 */
export function takesPushes(session: Session, nowMs: number): boolean {
  return nowMs < session.expiresAtMs + (isPolling(session) ? 0 : LIMITS.expiryGraceMs);
}

/** Has no socket: it finds what comes in the inbox (IM-POLL-2). */
export function isPolling({ mode }: Pick<Session, 'mode'>): boolean {
  return mode === 'polling';
}

/** How long the gateway may say 410 for a connection that is being made: `$connect` plus clock skew. */
const YOUNG_MS = 5_000;

/** A 410 for it may only mean that its socket isn't open yet (IM-FAULT-7). */
export function isBeingMade(session: Session, nowMs: number): boolean {
  return nowMs - session.connectedAtMs < YOUNG_MS;
}

/** How long a session's lease lasts: with the idle option no longer than it is trusted. */
export function leaseTermMs({ idleTimeoutMs }: Pick<Session, 'idleTimeoutMs'>, leaseMs: number): number {
  return idleTimeoutMs ?? leaseMs;
}

/** False if the idle option is on and the session has been silent for too long (IM-IDLE). */
export function isTrusted({ idleTimeoutMs, leaseUntilMs }: Session, nowMs: number): boolean {
  return idleTimeoutMs === undefined || nowMs < leaseUntilMs;
}

/** Beats must come more often than the lease is written, which is when half of it is gone (IM-IDLE). */
export function heartbeatIntervalMs(idleTimeoutMs: number | undefined): number {
  return Math.min(LIMITS.heartbeatIntervalMs, Math.floor((idleTimeoutMs ?? Infinity) * 0.4));
}
