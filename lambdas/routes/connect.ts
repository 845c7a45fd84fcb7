import * as z from 'zod/mini';
import { DEVICE_ID } from '../../protocol/ids.ts';
import { createConnections } from '../adapters/connections.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createInboxTable } from '../adapters/inbox-table.ts';
import { createOfflineQueue } from '../adapters/offline-queue.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { type ConnectPorts, connect } from '../domain/connect.ts';
import { acceptedSubprotocol } from '../domain/credential.ts';
import { CONTEXT, type SocketEvent, sessionEncodingOf, speakerOf } from '../edge/frame.ts';
import { header, type UpgradeEvent } from '../edge/upgrade.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { ConflictError, InvalidRequestError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';

const env = readEnv(
  'routesTable',
  'inboxTable',
  'offlineQueueUrl',
  'connectionsEndpoint',
  'leaseSeconds',
  'inboxTtlSeconds',
  'duplicateLogin',
  'idleTimeoutMs',
);
const documents = createDocumentClient();
const clock = systemClock;
const ports: ConnectPorts = {
  routes: createRouteTable(documents, env.routesTable),
  inbox: createInboxTable(documents, {
    tableName: env.inboxTable,
    inboxTtlSeconds: wholeNumber('INBOX_TTL_SECONDS', env.inboxTtlSeconds),
    clock,
  }),
  queue: createOfflineQueue(env.offlineQueueUrl),
  connections: createConnections(),
  leaseMs: wholeNumber('LEASE_SECONDS', env.leaseSeconds) * 1000,
  idleTimeoutMs: wholeNumber('IDLE_TIMEOUT_MS', env.idleTimeoutMs) || undefined,
  duplicateLogin: env.duplicateLogin === 'reject' ? 'reject' : 'replace',
  clock,
};

const querySchema = z.object({
  deviceId: z.string().check(z.regex(DEVICE_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ . -')),
  mode: z._default(z.enum(['managed', 'plain']), 'managed'),
  replaces: z.optional(z.string()),
});

/**
 * Stores the session (IM-CONN-3). 400 and 409 for what the authorizer can't refuse with that status; anything else that
 * fails is thrown, and the upgrade fails with 502: a client must never hold a socket that no route knows.
 */
export async function handler(event: SocketEvent & UpgradeEvent) {
  const speaker = speakerOf(event);
  if (speaker === undefined) throw new Error('The gateway named no speaker.');
  try {
    const query = parseWith(querySchema, { ...event.queryStringParameters, deviceId: speaker.deviceId });
    await connect(ports, {
      ...speaker,
      mode: query.mode,
      encoding: sessionEncodingOf(event),
      replaces: query.replaces,
      connectedAtMs: event.requestContext.connectedAt,
      tokenExpiresAtMs: Number(event.requestContext.authorizer?.[CONTEXT.tokenExpiresAtMs]),
    });
  } catch (error) {
    if (error instanceof InvalidRequestError) return { statusCode: 400 };
    if (error instanceof ConflictError) return { statusCode: 409 };
    throw error;
  }
  const subprotocol = acceptedSubprotocol(header(event, 'sec-websocket-protocol'));
  return { statusCode: 200, ...(subprotocol && { headers: { 'Sec-WebSocket-Protocol': subprotocol } }) };
}
