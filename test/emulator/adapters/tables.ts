import { App, Stack } from 'aws-cdk-lib';
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
import {
  createGroupOutbox,
  createGroupReader,
  createGroupWriter,
} from '../../../lambdas/adapters/group-table.ts';
import { createInbox, createInboxWriter } from '../../../lambdas/adapters/inbox-table.ts';
import { createMessageReader, createMessageWriter } from '../../../lambdas/adapters/message-table.ts';
import { createRouteTable } from '../../../lambdas/adapters/route-table.ts';
import type { Clock } from '../../../lambdas/shared/clock.ts';
import { ServerlessIm } from '../../../lib/index.ts';
import { createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { startDynamoDb } from '../../../local/emulators/dynoxide.ts';
import { createTables } from '../../../local/emulators/tables.ts';
import { loadStack } from '../../../local/stack/loader.ts';

process.env['CDK_VALIDATION'] = 'false';

/** Longer than any test. */
const NEVER = { ms: 3_600_000 };

/**
 * The stack's own tables in a real emulator, and the adapters on them. An eventually consistent read finds nothing at
 * all, so that the contract suites fail for a read that should be strong.
 */
export async function startTables(clock: Clock) {
  const { tables } = loadStack(synthesizeWithoutBundles(), {
    gateway: 'http://127.0.0.1',
    connections: 'http://127.0.0.1',
    issuer: 'http://127.0.0.1',
    sqs: 'http://127.0.0.1',
  });
  const database = await startDynamoDb();
  await createTables(dynamoDbClient(database.endpoint), tables);
  const proxy = createAwsProxy({ staleReads: NEVER });
  const unused = 'http://127.0.0.1';
  const proxied = await proxy.attach({ dynamodb: database.endpoint, sqs: unused, connections: unused });
  await proxied.openTables?.(tables);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: proxied.dynamodb,
    // The proxy lets clients without a name read the latest state.
    AWS_SDK_UA_APP_ID: 'caller-Adapters',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const nameOf = (part: string) => {
    const found = tables.find(({ logicalId }) => logicalId.includes(part));
    if (found === undefined)
      throw new Error(`No table ${part} among ${tables.map(({ logicalId }) => logicalId)}`);
    return found.tableName;
  };
  const documents = createDocumentClient();
  const [deskTable, conversationsTable, messagesTable] = [
    nameOf('Desk'),
    nameOf('Conversations'),
    nameOf('Messages'),
  ];
  const inDesk = { deskTable, conversationsTable, messagesTable, historyTtlSeconds: 0 };
  const messages = (historyTtlSeconds = 0) => ({
    ...createMessageReader(documents, { tableName: messagesTable, clock }),
    ...createMessageWriter(documents, { tableName: messagesTable, historyTtlSeconds, clock }),
  });
  const inInbox = { tableName: nameOf('Inbox'), inboxTtlSeconds: 3_600, clock };
  return {
    routes: createRouteTable(documents, nameOf('Routes')),
    conversations: {
      ...createConversationReader(documents, conversationsTable),
      ...createConversationWriter(documents, { tableName: conversationsTable, clock }),
    },
    groups: {
      ...createGroupReader(documents, conversationsTable),
      ...createGroupWriter(documents, inDesk),
      ...createGroupOutbox(documents, conversationsTable),
    },
    desk: {
      ...createDeskReader(documents, deskTable),
      ...createDeskWriter(documents, inDesk),
      ...createDeskOutbox(documents, deskTable),
    },
    messages: messages(),
    messagesWithTtl: messages,
    inbox: { ...createInbox(documents, inInbox), ...createInboxWriter(documents, inInbox) },
    async stop() {
      await proxied.close?.();
      await database.stop();
    },
  };
}

function synthesizeWithoutBundles(): string {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Tables');
  new ServerlessIm(stack, 'Chat', { issuer: 'https://issuer.example', audience: 'chat' });
  return app.synth().directory;
}
