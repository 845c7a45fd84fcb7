import {
  allowedOrigins,
  clock,
  connections,
  conversations,
  conversationWriter,
  desk,
  deskEventsIfAny,
  fanOutQueue,
  groups,
  groupWriter,
  hasDesk,
  idleTimeoutMs,
  leaseMs,
  messages,
  messageWriter,
  offlineQueue,
  queues,
  routes,
} from '../composition.ts';
import { requireEnv, text } from '../shared/env.ts';
import { lazily } from '../shared/lazy.ts';
import { createHttpHandler } from '../transport/http.ts';
import { deskHttpAnswers, httpAnswers } from '../transport/http-answers.ts';

requireEnv(
  'routesTable',
  'conversationsTable',
  'messagesTable',
  'offlineQueueUrl',
  'fanOutQueueUrl',
  'connectionsEndpoint',
  'leaseSeconds',
  'historyTtlSeconds',
  'idleTimeoutMs',
  'webSocketUrl',
  'userIdClaim',
  'rolesClaim',
  'allowedOrigins',
);
if (hasDesk()) requireEnv('deskTable', 'deskQueueUrl', 'deskQueues');

const ports = lazily({
  routes,
  connections,
  conversations,
  conversationWriter,
  groups,
  groupWriter,
  messages,
  messageWriter,
  offlineQueue,
  fanOutQueue,
  deskEvents: deskEventsIfAny,
  webSocketUrl: () => text('webSocketUrl'),
  idleTimeoutMs,
  leaseMs,
  clock,
});
const options = {
  userIdClaim: text('userIdClaim'),
  rolesClaim: text('rolesClaim'),
  allowedOrigins: allowedOrigins(),
};

/** Everything of the HTTP API but the poll. */
export const handler = createHttpHandler(options, {
  ...httpAnswers(ports),
  ...(hasDesk() && deskHttpAnswers(lazily({ desk, queues, conversations, clock }))),
});
