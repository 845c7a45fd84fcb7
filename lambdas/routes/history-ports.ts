import { createConversationTable } from '../adapters/conversation-table.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import type { HistoryPorts } from '../domain/history.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv } from '../shared/env.ts';

/** What reading conversations and history needs; it writes nothing. */
export function createHistoryPorts(): HistoryPorts {
  const env = readEnv('conversationsTable', 'messagesTable');
  const documents = createDocumentClient();
  return {
    conversations: createConversationTable(documents, {
      tableName: env.conversationsTable,
      clock: systemClock,
    }),
    messages: createMessageTable(documents, {
      tableName: env.messagesTable,
      historyTtlSeconds: 0,
      clock: systemClock,
    }),
  };
}
