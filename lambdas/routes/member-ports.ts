import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createGroupTable } from '../adapters/group-table.ts';
import type { GroupReadPorts } from '../domain/group/group.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv } from '../shared/env.ts';

/** What looking at groups needs; it writes nothing. */
export function createMemberPorts(): GroupReadPorts {
  const env = readEnv('conversationsTable');
  const documents = createDocumentClient();
  return {
    conversations: createConversationTable(documents, {
      tableName: env.conversationsTable,
      clock: systemClock,
    }),
    groups: createGroupTable(documents, {
      conversationsTable: env.conversationsTable,
      messagesTable: '',
      historyTtlSeconds: 0,
    }),
  };
}
