import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createInboxTable } from '../adapters/inbox-table.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import type { InboxPorts } from '../domain/inbox.ts';
import type { RouteTable } from '../domain/session.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';

export interface ReaderPorts extends InboxPorts {
  readonly routes: RouteTable;
  readonly leaseMs: number;
}

/** What `hello` and `ackInbox` need: they read the same tables and write no message. */
export function createReaderPorts(): ReaderPorts {
  const env = readEnv('routesTable', 'inboxTable', 'messagesTable', 'connectionsEndpoint', 'leaseSeconds');
  const documents = createDocumentClient();
  const clock = systemClock;
  return {
    routes: createRouteTable(documents, env.routesTable),
    // Neither stores an entry or a message: the TTLs are not theirs to know.
    inbox: createInboxTable(documents, { tableName: env.inboxTable, inboxTtlSeconds: 0, clock }),
    messages: createMessageTable(documents, { tableName: env.messagesTable, historyTtlSeconds: 0, clock }),
    leaseMs: wholeNumber('LEASE_SECONDS', env.leaseSeconds) * 1000,
    clock,
  };
}
