import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createConnections } from '../adapters/connections.ts';
import { createDocumentClient } from '../adapters/dynamodb.ts';
import { createInboxTable } from '../adapters/inbox-table.ts';
import { createMessageTable } from '../adapters/message-table.ts';
import { createOfflineQueue } from '../adapters/offline-queue.ts';
import { createRouteTable } from '../adapters/route-table.ts';
import { type HandOffPorts, handOff, type JobRecord } from '../domain/hand-off.ts';
import { jobSchema } from '../domain/offline.ts';
import { systemClock } from '../shared/clock.ts';
import { readEnv, wholeNumber } from '../shared/env.ts';
import { parseJson } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

const env = readEnv(
  'routesTable',
  'inboxTable',
  'messagesTable',
  'offlineQueueUrl',
  'connectionsEndpoint',
  'inboxTtlSeconds',
);
const documents = createDocumentClient();
const clock = systemClock;
const ports: HandOffPorts = {
  routes: createRouteTable(documents, env.routesTable),
  inbox: createInboxTable(documents, {
    tableName: env.inboxTable,
    inboxTtlSeconds: wholeNumber('INBOX_TTL_SECONDS', env.inboxTtlSeconds),
    clock,
  }),
  messages: createMessageTable(documents, { tableName: env.messagesTable, historyTtlSeconds: 0, clock }),
  queue: createOfflineQueue(env.offlineQueueUrl),
  connections: createConnections(),
  clock,
};

/**
 * The consumer of the offline queue. What it returns comes again and, after the redrive count, lands in the DLQ; a
 * malformed record goes there the same way and holds up nobody (fault 5).
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const parsed = Records.map((record) => ({ recordId: record.messageId, job: parseJob(record) }));
  const records = parsed.filter((record): record is JobRecord => record.job !== undefined);
  const malformed = parsed.filter(({ job }) => job === undefined).map(({ recordId }) => recordId);
  const failed = await handOff(ports, records);
  for (const { recordId, reason } of failed)
    logger.error('job failed', { recordId, error: describe(reason) });
  const again = [...malformed, ...failed.map(({ recordId }) => recordId)];
  return { batchItemFailures: again.map((itemIdentifier) => ({ itemIdentifier })) };
}

function parseJob({ messageId, body }: SQSRecord): JobRecord['job'] | undefined {
  try {
    return parseWith(jobSchema, parseJson(body));
  } catch (error) {
    logger.error('malformed job', { recordId: messageId, error: describe(error) });
    return undefined;
  }
}
