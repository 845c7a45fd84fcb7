import { createConnections } from '../adapters/connections.ts';
import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDeskQueue } from '../adapters/desk-queue.ts';
import { createDeskTable } from '../adapters/desk-table.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import { createOfflineQueue } from '../adapters/offline-queue.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import type { DeskPorts } from '../domain/desk/change.ts';
import type { ChatViewPorts, QueueViewPorts } from '../domain/desk/views.ts';
import { systemClock } from '../shared/clock.ts';
import { list, readEnv, wholeNumber } from '../shared/env.ts';

/** What every change of a support chat needs: it is a transaction, a message, and pushes. */
export function createDeskPorts(): DeskPorts {
  const env = readEnv(
    'routesTable',
    'conversationsTable',
    'messagesTable',
    'deskTable',
    'offlineQueueUrl',
    'deskQueueUrl',
    'connectionsEndpoint',
    'historyTtlSeconds',
  );
  const documents = createDocumentClient();
  const clock = systemClock;
  const historyTtlSeconds = wholeNumber('HISTORY_TTL_SECONDS', env.historyTtlSeconds);
  return {
    routes: createRouteTable(documents, env.routesTable),
    conversations: createConversationTable(documents, { tableName: env.conversationsTable, clock }),
    messages: createMessageTable(documents, { tableName: env.messagesTable, historyTtlSeconds, clock }),
    desk: createDeskTable(documents, { ...env, historyTtlSeconds }),
    queue: createOfflineQueue(env.offlineQueueUrl),
    deskQueue: createDeskQueue(env.deskQueueUrl),
    connections: createConnections(),
    clock,
  };
}

export function deskQueues(): string[] {
  return list(readEnv('deskQueues').deskQueues);
}

/** What looking at queues needs; it writes nothing, and knows no other table. */
export function createQueueViewPorts(): QueueViewPorts {
  const { deskTable } = readEnv('deskTable');
  const others = { conversationsTable: '', messagesTable: '', historyTtlSeconds: 0 };
  return {
    desk: createDeskTable(createDocumentClient(), { deskTable, ...others }),
    queues: deskQueues(),
    clock: systemClock,
  };
}

/** What looking at chats needs besides. */
export function createChatViewPorts(): ChatViewPorts {
  const { conversationsTable: tableName } = readEnv('conversationsTable');
  const conversations = createConversationTable(createDocumentClient(), { tableName, clock: systemClock });
  return { ...createQueueViewPorts(), conversations };
}
