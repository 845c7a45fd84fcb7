import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { inject, vi } from 'vitest';
import { createAccounts } from '../../../lambdas/adapters/account-table.ts';
import { createAttachmentRecords } from '../../../lambdas/adapters/attachment-table.ts';
import { createBlockReader, createBlockWriter } from '../../../lambdas/adapters/block-table.ts';
import { createContactReader, createContactWriter } from '../../../lambdas/adapters/contact-table.ts';
import {
  createConversationReader,
  createConversationWriter,
} from '../../../lambdas/adapters/conversation-table.ts';
import {
  createDeskOutbox,
  createDeskReader,
  createDeskWriter,
} from '../../../lambdas/adapters/desk-table.ts';
import { createDocumentClient } from '../../../lambdas/adapters/dynamodb.ts';
import { createErasure } from '../../../lambdas/adapters/erasure-table.ts';
import {
  createAdminCallWriter,
  createGroupEventWriter,
  createUserEventWriter,
} from '../../../lambdas/adapters/event-table.ts';
import { createGroupDeletion } from '../../../lambdas/adapters/group-deletion.ts';
import { createSuccession } from '../../../lambdas/adapters/group-succession.ts';
import {
  createGroupOutbox,
  createGroupReader,
  createGroupWriter,
} from '../../../lambdas/adapters/group-table.ts';
import { createImportTable } from '../../../lambdas/adapters/import-table.ts';
import { createInbox, createInboxWriter } from '../../../lambdas/adapters/inbox-table.ts';
import { createDeskErasure, createMembershipErasure } from '../../../lambdas/adapters/membership-erasure.ts';
import { createMessageReader, createMessageWriter } from '../../../lambdas/adapters/message-table.ts';
import { createOwnReports } from '../../../lambdas/adapters/own-reports.ts';
import { createPersonErasure } from '../../../lambdas/adapters/person-erasure.ts';
import { createPinReader, createPinWriter } from '../../../lambdas/adapters/pin-table.ts';
import { createProfileCache } from '../../../lambdas/adapters/profile-cache.ts';
import { createProfileReader, createProfileWriter } from '../../../lambdas/adapters/profile-table.ts';
import { createPushDeviceReader, createPushDeviceWriter } from '../../../lambdas/adapters/push-table.ts';
import { createReactionReader, createReactionWriter } from '../../../lambdas/adapters/reaction-table.ts';
import { createReportErasure } from '../../../lambdas/adapters/report-erasure.ts';
import { createReportWriter } from '../../../lambdas/adapters/report-table.ts';
import { createRouteTable } from '../../../lambdas/adapters/route-table.ts';
import { createAttachmentScans, createAttachmentScanWriter } from '../../../lambdas/adapters/scan-table.ts';
import { createSeqAllocator } from '../../../lambdas/adapters/seq-allocation.ts';
import { createTaskReader, createTaskWriter } from '../../../lambdas/adapters/task-table.ts';
import { createTrail } from '../../../lambdas/adapters/trail-table.ts';
import type { Clock } from '../../../lambdas/shared/clock.ts';
import { isEventual } from '../../../local/aws-proxy/replica.ts';
import { OWN, type SharedTables } from './tables-once.ts';

/**
 * The adapters on the stack's own tables in a real emulator, which all files share: a file that runs again, or beside
 * another one, needs names of its own (`newName`). An eventually consistent read finds nothing at all, so that the
 * contract suites fail for a read that should be strong.
 * @param options.isOwn other tables than those of the other files: what the file stores depends on chance
 */
export async function startTables(clock: Clock, { isOwn = false } = {}) {
  const asked = await fetch(inject('sharedTables') + (isOwn ? OWN : ''));
  const { endpoint, tables } = (await asked.json()) as SharedTables;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const nameOf = (part: string) => {
    const found = tables.find(({ logicalId }) => logicalId.includes(part));
    if (found === undefined)
      throw new Error(`No table ${part} among ${tables.map(({ logicalId }) => logicalId)}`);
    return found.tableName;
  };
  const documents = blindToEventualReads(createDocumentClient());
  const [deskTable, conversationsTable, messagesTable] = [
    nameOf('Desk'),
    nameOf('Conversations'),
    nameOf('Messages'),
  ];
  const inDesk = { deskTable, conversationsTable, messagesTable, historyTtlSeconds: 0, clock };
  const messages = (historyTtlSeconds = 0, keepsChange = true) => ({
    ...createMessageReader(documents, { tableName: messagesTable, clock }),
    ...createMessageWriter(documents, { tableName: messagesTable, historyTtlSeconds, keepsChange, clock }),
    ...createErasure(documents, { tableName: messagesTable, keepsChange }),
  });
  const noted = new Map<string, number>();
  const inInbox = { tableName: nameOf('Inbox'), inboxTtlSeconds: 3_600, clock };
  return {
    routes: createRouteTable(documents, nameOf('Routes'), (userId, paidAtMs) => noted.set(userId, paidAtMs)),
    /** The debts that reads of routes have found. */
    noted,
    attachmentRecords: createAttachmentRecords(documents, { tableName: conversationsTable, clock }),
    accounts: createAccounts(documents, nameOf('Routes')),
    conversations: {
      ...createConversationReader(documents, conversationsTable),
      ...createConversationWriter(documents, conversationsTable),
      ...createSeqAllocator(documents, { tableName: conversationsTable, clock }),
    },
    groups: {
      ...createGroupReader(documents, conversationsTable),
      ...createGroupWriter(documents, inDesk),
      ...createSuccession(documents, inDesk),
      ...createGroupOutbox(documents, conversationsTable),
    },
    groupDeletion: createGroupDeletion(documents, inDesk),
    imports: createImportTable(documents, {
      ...{ conversationsTable, messagesTable, historyTtlSeconds: 0, clock },
    }),
    memberships: createMembershipErasure(documents, conversationsTable),
    desk: {
      ...createDeskReader(documents, deskTable),
      ...createDeskErasure(documents, inDesk),
      ...createDeskWriter(documents, inDesk),
      ...createDeskOutbox(documents, deskTable),
    },
    messages: messages(),
    messagesWithTtl: messages,
    /** Of a deployment without events. */
    messagesWithoutEvents: messages(0, false),
    person: createPersonErasure(documents, {
      conversationsTable,
      inboxTable: nameOf('Inbox'),
      routesTable: nameOf('Routes'),
    }),
    reports: {
      ...createOwnReports(documents, conversationsTable),
      ...createReportErasure(documents, conversationsTable),
      ...createReportWriter(documents, conversationsTable),
      /** As an operator reads them (docs/operations.md). */
      async ofDay(day: string) {
        const command = new QueryCommand({
          TableName: conversationsTable,
          KeyConditionExpression: 'pk = :day',
          ExpressionAttributeValues: { ':day': `report#${day}` },
          ConsistentRead: true,
        });
        return (await documents.send(command)).Items ?? [];
      },
    },
    tasks: {
      ...createTaskReader(documents, conversationsTable),
      ...createTaskWriter(documents, conversationsTable),
    },
    pushDevices: createPushDeviceReader(documents, conversationsTable),
    pushDeviceWriter: createPushDeviceWriter(documents, { tableName: conversationsTable, clock }),
    trail: createTrail(documents, conversationsTable),
    scans: {
      ...createAttachmentScans(documents, conversationsTable),
      ...createAttachmentScanWriter(documents, { tableName: conversationsTable, clock }),
    },
    userEvents: createUserEventWriter(documents, conversationsTable),
    adminCalls: createAdminCallWriter(documents, conversationsTable),
    groupEvents: createGroupEventWriter(documents, conversationsTable),
    /** The items of a partition of a table with this part in its name. */
    async itemsAt(table: string, pk: string) {
      const command = new QueryCommand({
        TableName: nameOf(table),
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
      });
      return (await documents.send(command)).Items ?? [];
    },
    blocks: {
      ...createBlockReader(documents, conversationsTable),
      ...createBlockWriter(documents, conversationsTable),
    },
    pins: {
      ...createPinReader(documents, conversationsTable),
      ...createPinWriter(documents, conversationsTable),
    },
    profiles: {
      ...createProfileCache(documents, conversationsTable),
      ...createProfileReader(documents, conversationsTable),
      ...createProfileWriter(documents, conversationsTable),
    },
    contacts: {
      ...createContactReader(documents, conversationsTable),
      ...createContactWriter(documents, conversationsTable),
    },
    reactions: {
      ...createReactionReader(documents, messagesTable),
      ...createReactionWriter(documents, { tableName: messagesTable, historyTtlSeconds: 3_600 }),
    },
    inbox: { ...createInbox(documents, inInbox), ...createInboxWriter(documents, inInbox) },
    stop() {
      vi.unstubAllEnvs();
      documents.destroy();
    },
  };
}

function blindToEventualReads(documents: DynamoDBDocumentClient): DynamoDBDocumentClient {
  documents.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) =>
        isEventual(commandName.replace('Command', ''), args.input)
          ? { response: {}, output: { $metadata: {}, Items: [], Count: 0, Responses: {} } as never }
          : next(args),
    { step: 'initialize' },
  );
  return documents;
}

const run = randomUUID().slice(0, 8);
let names = 0;

/** A user, queue, or group that no other file and no other run of this one has. */
export function newName(what: string): string {
  names += 1;
  return `${what}-${run}-${String(names).padStart(4, '0')}`;
}
