import { ulid } from 'ulid';
import type { PollBody } from '../../../protocol/http.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Pause } from '../../shared/clock.ts';
import { SessionEndedError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import {
  decodeBatch,
  type FilledPage,
  fillPage,
  firstEntries,
  type InboxPorts,
  toInboxPage,
} from '../delivery/inbox.ts';
import type { Session } from '../model/session.ts';
import { type DevicePorts, takeDevice } from './connect.ts';

export interface PollPorts extends DevicePorts, InboxPorts {
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
 * @throws {SessionEndedError} the session ended during the wait: the user logged out, or the device connected
 * @throws {ConflictError} with `duplicateLogin: reject`, if the device has an open socket
 * @throws {InvalidRequestError} the `batch` was altered, or is another user's
 */
export async function poll(ports: PollPorts, request: PollRequest): Promise<PollBody> {
  const { userId, batch } = request;
  const acknowledged = batch ? decodeBatch(userId, batch) : [];
  const session = newSession(ports, request);
  await settleAll([
    takeDevice(ports, session, undefined),
    acknowledged.length > 0 && ports.inbox.remove(userId, acknowledged),
  ]);
  const page = await waitForPage(ports, userId, ports.clock() + request.waitMs);
  await requireCurrent(ports, session);
  return {
    ...toInboxPage(userId, page),
    timedOut: page.messages.length === 0,
    session: { expiresAt: session.expiresAtMs },
  };
}

function newSession({ clock, leaseMs }: PollPorts, { userId, deviceId, waitMs }: PollRequest): Session {
  const nowMs = clock();
  return {
    userId,
    deviceId,
    connectionId: `poll-${ulid()}`,
    mode: 'polling',
    connectedAtMs: nowMs,
    expiresAtMs: nowMs + waitMs + LIMITS.pollAliveMs,
    leaseUntilMs: nowMs + leaseMs,
  };
}

/** Returns the first page with messages, or an empty one at the deadline. */
async function waitForPage(ports: PollPorts, userId: string, deadlineMs: number): Promise<FilledPage> {
  for (;;) {
    const page = await fillPage(ports, userId, await firstEntries(ports, userId));
    const leftMs = deadlineMs - ports.clock();
    if (page.messages.length > 0 || leftMs <= 0) return page;
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
