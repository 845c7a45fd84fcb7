import { heartbeatSchema } from '../../protocol/frames.ts';
import { createConnections } from '../adapters/connections.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { keepLease, requireLiveSession } from '../domain/session.ts';
import { frameRoute } from '../edge/frame.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';

const env = readEnv('routesTable', 'connectionsEndpoint', 'leaseSeconds');
const leaseMs = wholeNumber('LEASE_SECONDS', env.leaseSeconds) * 1000;
const routes = createRouteTable(createDocumentClient(), env.routesTable);
const clock = systemClock;

/** Keeps an idle session and its presence alive (IM-BEAT). */
export const handler = frameRoute(createConnections(), heartbeatSchema, async ({ id }, speaker) => {
  const session = requireLiveSession(await routes.find(speaker.userId, speaker.deviceId), speaker, clock());
  await keepLease(routes, session, leaseMs, clock());
  return { type: 'heartbeat', id, serverTime: clock(), session: { expiresAt: session.expiresAtMs } };
});
