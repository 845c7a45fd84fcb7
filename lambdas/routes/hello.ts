import { helloSchema } from '../../protocol/frames.ts';
import { createConnections } from '../adapters/connections.ts';
import { fillPage, firstEntries, pageBytesFor, toInboxPage } from '../domain/inbox.ts';
import { heartbeatIntervalMs, keepLease, requireLiveSession } from '../domain/session.ts';
import { frameRoute } from '../edge/frame.ts';
import { settleAll } from '../shared/settle.ts';
import { createReaderPorts } from './reader-ports.ts';

const ports = createReaderPorts();

/** Tells a managed session who it is and what it missed (IM-HELLO-1). Both reads are strong: see `handOff`. */
export const handler = frameRoute(createConnections(), helloSchema, async ({ id }, speaker) => {
  const { userId, deviceId, connectionId } = speaker;
  const [found, first] = await settleAll([ports.routes.find(userId, deviceId), firstEntries(ports, userId)]);
  const session = requireLiveSession(found, speaker, ports.clock());
  const [page] = await settleAll([
    fillPage(ports, userId, first, pageBytesFor(session)),
    keepLease(ports.routes, session, ports.leaseMs, ports.clock()),
  ]);
  return {
    type: 'welcome',
    id,
    userId,
    deviceId,
    connectionId,
    serverTime: ports.clock(),
    session: { expiresAt: session.expiresAtMs },
    heartbeatIntervalMs: heartbeatIntervalMs(session.idleTimeoutMs),
    inbox: toInboxPage(userId, page),
  };
});
