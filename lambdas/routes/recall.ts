import { recallSchema } from '../../protocol/frames.ts';
import { createConnections } from '../adapters/connections.ts';
import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createFanOutQueue } from '../adapters/fan-out-queue.ts';
import { createGroupTable } from '../adapters/group-table.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { type RecallPorts, recall } from '../domain/recall.ts';
import { frameRoute } from '../edge/frame.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv } from '../shared/env.ts';

const env = readEnv(
  'routesTable',
  'conversationsTable',
  'messagesTable',
  'fanOutQueueUrl',
  'connectionsEndpoint',
);
const documents = createDocumentClient();
const clock = systemClock;
const ports: RecallPorts = {
  routes: createRouteTable(documents, env.routesTable),
  conversations: createConversationTable(documents, { tableName: env.conversationsTable, clock }),
  // It stores no message: their time to live is not its to know.
  groups: createGroupTable(documents, { ...env, historyTtlSeconds: 0 }),
  messages: createMessageTable(documents, { tableName: env.messagesTable, historyTtlSeconds: 0, clock }),
  fanOut: createFanOutQueue(env.fanOutQueueUrl),
  connections: createConnections(),
  clock,
};

/** Takes a message back: every read begun after the `ok` is redacted. */
export const handler = frameRoute(ports.connections, recallSchema, async ({ id, ...target }, speaker) => {
  await recall(ports, speaker, target);
  return { type: 'ok', id };
});
