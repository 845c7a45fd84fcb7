import { createConnections } from '../adapters/connections.ts';
import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createGroupTable } from '../adapters/group-table.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import type { PresencePorts } from '../domain/presence.ts';
import type { ConversationPorts } from '../domain/read.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';

/** What `read`, `typing`, and `presence` need: they store no message and reach few. */
export function createConversationPorts(): ConversationPorts & PresencePorts {
  const env = readEnv('routesTable', 'conversationsTable', 'connectionsEndpoint', 'leaseSeconds');
  const documents = createDocumentClient();
  const clock = systemClock;
  return {
    routes: createRouteTable(documents, env.routesTable),
    conversations: createConversationTable(documents, { tableName: env.conversationsTable, clock }),
    groups: createGroupTable(documents, {
      conversationsTable: env.conversationsTable,
      // None of them changes a group.
      messagesTable: '',
      historyTtlSeconds: 0,
    }),
    connections: createConnections(),
    leaseMs: wholeNumber('LEASE_SECONDS', env.leaseSeconds) * 1000,
    clock,
  };
}
