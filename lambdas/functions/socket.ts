import {
  clock,
  connections,
  conversations,
  conversationWriter,
  desk,
  deskEvents,
  deskEventsIfAny,
  deskWriter,
  duplicateLogin,
  fanOutQueue,
  groups,
  hasDesk,
  idleTimeoutMs,
  inbox,
  leaseMs,
  messages,
  messageWriter,
  offlineQueue,
  outbox,
  queues,
  routes,
  tokens,
} from '../composition.ts';
import { requireEnv } from '../shared/env.ts';
import { lazily } from '../shared/lazy.ts';
import type { SocketEvent } from '../transport/frame.ts';
import { createFrameHandler } from '../transport/socket.ts';
import { deskActions, socketActions } from '../transport/socket-actions.ts';
import { answerConnect, answerDisconnect, type UpgradeEvent } from '../transport/upgrade.ts';

requireEnv(
  'routesTable',
  'conversationsTable',
  'messagesTable',
  'inboxTable',
  'offlineQueueUrl',
  'fanOutQueueUrl',
  'connectionsEndpoint',
  'leaseSeconds',
  'historyTtlSeconds',
  'idleTimeoutMs',
  'duplicateLogin',
  'issuer',
  'audience',
  'jwksUri',
  'userIdClaim',
  'rolesClaim',
);
if (hasDesk()) requireEnv('deskTable', 'deskQueueUrl', 'deskQueues');

const ports = lazily({
  routes,
  connections,
  conversations,
  conversationWriter,
  groups,
  messages,
  messageWriter,
  inbox,
  offlineQueue,
  fanOutQueue,
  deskEvents: deskEventsIfAny,
  tokens,
  leaseMs,
  idleTimeoutMs,
  duplicateLogin,
  clock,
});
const deskPorts = lazily({
  routes,
  connections,
  conversations,
  messages,
  desk,
  deskWriter,
  outbox,
  offlineQueue,
  deskEvents,
  queues,
  clock,
});

const answerFrame = createFrameHandler(ports, {
  ...socketActions(ports),
  ...(hasDesk() && deskActions(deskPorts)),
});

/** Everything of the WebSocket API: `$connect`, `$disconnect`, every action, and `$default`. */
export async function handler(event: SocketEvent & UpgradeEvent) {
  switch (event.requestContext.eventType) {
    case 'CONNECT':
      return answerConnect(ports, event);
    case 'DISCONNECT':
      return answerDisconnect(ports, event);
    default:
      return answerFrame(event);
  }
}
