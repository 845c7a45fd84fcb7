import { createConnections } from '../adapters/connections.ts';
import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDeskQueue } from '../adapters/desk-queue.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createFanOutQueue } from '../adapters/fan-out-queue.ts';
import { createGroupTable } from '../adapters/group-table.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import { createOfflineQueue } from '../adapters/offline-queue.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import type { SendPorts } from '../domain/send.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, readOptionalEnv, wholeNumber } from '../shared/env.ts';

/** What sending needs, over socket and HTTP, by services and workers; and so do changes of groups, which are messages. */
export function createSenderPorts(): SendPorts {
  const env = readEnv(
    'routesTable',
    'conversationsTable',
    'messagesTable',
    'offlineQueueUrl',
    'fanOutQueueUrl',
    'connectionsEndpoint',
    'leaseSeconds',
    'historyTtlSeconds',
  );
  const documents = createDocumentClient();
  const clock = systemClock;
  const deskQueueUrl = readOptionalEnv('deskQueueUrl');
  const historyTtlSeconds = wholeNumber('HISTORY_TTL_SECONDS', env.historyTtlSeconds);
  return {
    routes: createRouteTable(documents, env.routesTable),
    conversations: createConversationTable(documents, { tableName: env.conversationsTable, clock }),
    groups: createGroupTable(documents, { ...env, historyTtlSeconds }),
    messages: createMessageTable(documents, { tableName: env.messagesTable, historyTtlSeconds, clock }),
    queue: createOfflineQueue(env.offlineQueueUrl),
    fanOut: createFanOutQueue(env.fanOutQueueUrl),
    deskQueue: deskQueueUrl === undefined ? undefined : createDeskQueue(deskQueueUrl),
    connections: createConnections(),
    leaseMs: wholeNumber('LEASE_SECONDS', env.leaseSeconds) * 1000,
    clock,
  };
}
