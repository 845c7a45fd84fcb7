import { createConnections } from '../adapters/connections.ts';
import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import { createOfflineQueue } from '../adapters/offline-queue.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import type { SendPorts } from '../domain/send.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';

/** What sending needs, over the socket and over HTTP. */
export function createSenderPorts(): SendPorts {
  const env = readEnv(
    'routesTable',
    'conversationsTable',
    'messagesTable',
    'offlineQueueUrl',
    'connectionsEndpoint',
    'leaseSeconds',
    'historyTtlSeconds',
  );
  const documents = createDocumentClient();
  const clock = systemClock;
  return {
    routes: createRouteTable(documents, env.routesTable),
    conversations: createConversationTable(documents, env.conversationsTable),
    messages: createMessageTable(documents, {
      tableName: env.messagesTable,
      historyTtlSeconds: wholeNumber('HISTORY_TTL_SECONDS', env.historyTtlSeconds),
      clock,
    }),
    queue: createOfflineQueue(env.offlineQueueUrl),
    connections: createConnections(),
    leaseMs: wholeNumber('LEASE_SECONDS', env.leaseSeconds) * 1000,
    clock,
  };
}
