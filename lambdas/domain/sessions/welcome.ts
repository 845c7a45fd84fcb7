import type { InboxPage, WelcomeFrame } from '../../../protocol/frames.ts';
import { settleAll } from '../../shared/settle.ts';
import { keepLease, requireLiveSession } from '../access/live-session.ts';
import {
  decodeBatch,
  fillPage,
  firstEntries,
  type InboxPorts,
  pageBytesFor,
  toInboxPage,
} from '../delivery/inbox.ts';
import type { Budget } from '../model/budget.ts';
import { acknowledgedPrice, readsPrice } from '../model/prices.ts';
import { type Caller, heartbeatIntervalMs, type RouteTable } from '../model/session.ts';

export interface InboxSessionPorts extends InboxPorts {
  readonly routes: RouteTable;
  readonly budget: Budget;
  readonly leaseMs: number;
}

/**
 * Answers `hello` with the session's identity and the first inbox page (IM-HELLO-1). Both reads are strong, and must be:
 * see `processOfflineJobs`.
 * @throws {SessionEndedError} the route is gone
 */
export async function welcome(
  ports: InboxSessionPorts,
  caller: Caller,
): Promise<Omit<WelcomeFrame, 'type' | 'id'>> {
  const { userId, deviceId, connectionId } = caller;
  const [found, first] = await settleAll([ports.routes.find(userId, deviceId), firstEntries(ports, userId)]);
  const session = requireLiveSession(found, caller, ports.clock());
  const [page] = await settleAll([
    fillPage(ports, userId, first, pageBytesFor(session)),
    keepLease(ports.routes, session, ports.leaseMs, ports.clock()),
    ports.budget.charge(readsPrice(first.references.length)),
  ]);
  return {
    userId,
    deviceId,
    connectionId,
    serverTime: ports.clock(),
    session: { expiresAt: session.expiresAtMs },
    heartbeatIntervalMs: heartbeatIntervalMs(session.idleTimeoutMs),
    inbox: toInboxPage(userId, page),
  };
}

/**
 * Removes exactly the entries of the acknowledged page. Returns the next page (IM-HELLO-2).
 * @throws {InvalidRequestError} the `batch` was altered, or is another user's
 */
export async function acknowledgePage(
  ports: InboxSessionPorts,
  caller: Caller,
  batch: string,
): Promise<InboxPage> {
  const { userId, deviceId } = caller;
  const messageIds = decodeBatch(userId, batch);
  const session = requireLiveSession(await ports.routes.find(userId, deviceId), caller, ports.clock());
  await settleAll([
    ports.inbox.remove(userId, messageIds),
    keepLease(ports.routes, session, ports.leaseMs, ports.clock()),
    ports.budget.charge(acknowledgedPrice(messageIds.length)),
  ]);
  const next = await firstEntries(ports, userId);
  const [page] = await settleAll([
    fillPage(ports, userId, next, pageBytesFor(session)),
    ports.budget.charge(readsPrice(next.references.length)),
  ]);
  return toInboxPage(userId, page);
}
