import { ulid } from 'ulid';
import type { PollBody } from '../../../protocol/http.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Pause } from '../../shared/clock.ts';
import { RateLimitedError, SessionEndedError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import {
  decodeBatch,
  type FilledPage,
  fillPage,
  firstEntries,
  type InboxPorts,
  toInboxPage,
} from '../delivery/inbox.ts';
import type { Budget } from '../model/budget.ts';
import { acknowledgedPrice, readsPrice, waitPrice } from '../model/prices.ts';
import { deviceOf, pollWaitsUntilMs, type Session } from '../model/session.ts';
import { type DevicePorts, takeDevice } from './connect.ts';

export interface PollPorts extends DevicePorts, InboxPorts {
  readonly budget: Budget;
  readonly leaseMs: number;
  readonly pause: Pause;
}

export interface PollRequest {
  readonly userId: string;
  readonly deviceId: string;
  readonly waitMs: number;
  readonly batch?: string | null | undefined;
}

/** The time between reads of the inbox (IM-POLL-1). */
const READ_INTERVAL_MS = 1_000;

/**
 * Waits until the inbox has messages, or the wait is over (IM-POLL-1).
 *
 * The session is written *before* the first read. Earlier messages that a socket took are in history; later messages
 * find this session and go to the inbox (IM-POLL-2).
 * @throws {SessionEndedError} the session ended during the wait: the user logged out, or the device connected or polls
 *   again
 * @throws {RateLimitedError} nothing is there, and three other devices of the user wait (IM-POLL-4)
 * @throws {ConflictError} with `duplicateLogin: reject`, if the device has an open socket
 * @throws {InvalidRequestError} the `batch` was altered, or is another user's
 */
export async function poll(ports: PollPorts, request: PollRequest): Promise<PollBody> {
  const { userId, batch } = request;
  const acknowledged = batch ? decodeBatch(userId, batch) : [];
  const session = newSession(ports, request);
  const [others] = await settleAll([
    takeDevice(ports, session, undefined),
    acknowledged.length > 0 && ports.inbox.remove(userId, acknowledged),
    ports.budget.charge(acknowledgedPrice(acknowledged.length)),
  ]);
  const mayWaitAtMs = whenMayWait(session, others);
  const mayWait = request.waitMs === 0 || mayWaitAtMs <= ports.clock();
  const page = await waitAndPay(ports, session, mayWait);
  if (page.messages.length === 0 && !mayWait) return refuse(ports, session, mayWaitAtMs);
  return {
    ...toInboxPage(userId, page),
    timedOut: page.messages.length === 0,
    session: { expiresAt: session.expiresAtMs },
  };
}

function newSession({ clock, leaseMs, maxDevices }: PollPorts, request: PollRequest): Session {
  const { userId, deviceId, waitMs } = request;
  const nowMs = clock();
  return {
    userId,
    deviceId: deviceOf(deviceId, maxDevices),
    connectionId: `poll-${ulid()}`,
    mode: 'polling',
    connectedAtMs: nowMs,
    expiresAtMs: nowMs + waitMs + LIMITS.pollAliveMs,
    leaseUntilMs: nowMs + leaseMs,
  };
}

/**
 * Returns when a waiting poll of the user's other devices ends, so that fewer than three are left; 0 if fewer wait. The
 * sessions come from the write of this one, and writes of one user are in order, so of two simultaneous polls the second
 * counts the first.
 */
function whenMayWait({ deviceId }: Session, others: readonly Session[]): number {
  const ends = others
    .filter((other) => other.deviceId !== deviceId)
    .map(pollWaitsUntilMs)
    .toSorted((a, b) => b - a);
  return ends[LIMITS.waitingPolls - 1] ?? 0;
}

/** Refuses to wait, and records that in the session: otherwise it would count as a waiting one. */
async function refuse({ routes, clock }: PollPorts, session: Session, mayWaitAtMs: number): Promise<never> {
  const nowMs = clock();
  await routes.setExpiry(session, nowMs + LIMITS.pollAliveMs);
  throw new RateLimitedError('Too many devices of this user wait.', Math.max(0, mayWaitAtMs - nowMs));
}

/** A wait that fails is paid for, too: otherwise each poll could end the one before it just before it has to pay. */
async function waitAndPay(ports: PollPorts, session: Session, mayWait: boolean): Promise<FilledPage> {
  let page: FilledPage | undefined;
  try {
    page = await waitForPage(ports, session, mayWait);
    return page;
  } finally {
    const waitedMs = ports.clock() - session.connectedAtMs;
    await ports.budget.charge(waitPrice(waitedMs) + readsPrice(page?.messages.length ?? 0));
  }
}

/**
 * Returns the first page with messages, or an empty one at the deadline. From the second look on, checks that the session
 * is still the device's, so that a replaced poll frees its function within a second.
 */
async function waitForPage(ports: PollPorts, session: Session, mayWait: boolean): Promise<FilledPage> {
  const { userId } = session;
  const deadlineMs = mayWait ? pollWaitsUntilMs(session) : 0;
  for (let isFirst = true; ; isFirst = false) {
    const page = await fillPage(ports, userId, await firstEntries(ports, userId));
    const leftMs = deadlineMs - ports.clock();
    const isOver = page.messages.length > 0 || leftMs <= 0;
    // After the read: a log-out before it must end the poll.
    if (isOver || !isFirst) await requireCurrent(ports, session);
    if (isOver) return page;
    await ports.pause(Math.min(READ_INTERVAL_MS, leftMs));
  }
}

/** Refuses a session that was logged out, or replaced by the device's next poll or socket. */
async function requireCurrent(
  { routes }: PollPorts,
  { userId, deviceId, connectionId }: Session,
): Promise<void> {
  const holder = await routes.find(userId, deviceId);
  if (holder?.connectionId !== connectionId) {
    throw new SessionEndedError('session_expired', 'The session has ended.');
  }
}
