import { App, Stack } from 'aws-cdk-lib';
import { createConversationTable } from '../../../lambdas/adapters/conversation-table.ts';
import { createDeskTable } from '../../../lambdas/adapters/desk-table.ts';
import { createDocumentClient } from '../../../lambdas/adapters/dynamodb.ts';
import { createGroupTable } from '../../../lambdas/adapters/group-table.ts';
import { createInboxTable } from '../../../lambdas/adapters/inbox-table.ts';
import { createMessageTable } from '../../../lambdas/adapters/message-table.ts';
import { createRouteTable } from '../../../lambdas/adapters/route-table.ts';
import type { Clock } from '../../../lambdas/shared/clock.ts';
import { ServerlessIm } from '../../../lib/index.ts';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { startDynamoDb } from '../../../local/emulators/dynoxide.ts';
import { createTables } from '../../../local/emulators/tables.ts';
import { loadStack } from '../../../local/stack/loader.ts';

process.env['CDK_VALIDATION'] = 'false';

/** The stack's own tables in a real emulator, and the adapters on them. */
export async function startTables(clock: Clock) {
  const { tables } = loadStack(synthesizeWithoutBundles(), {
    gateway: 'http://127.0.0.1',
    connections: 'http://127.0.0.1',
    issuer: 'http://127.0.0.1',
    sqs: 'http://127.0.0.1',
  });
  const database = await startDynamoDb();
  await createTables(dynamoDbClient(database.endpoint), tables);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
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
  const messages = (historyTtlSeconds = 0) =>
    createMessageTable(documents, { tableName: nameOf('Messages'), historyTtlSeconds, clock });
  return {
    routes: createRouteTable(documents, nameOf('Routes')),
    conversations: createConversationTable(documents, { tableName: nameOf('Conversations'), clock }),
    groups: createGroupTable(documents, {
      conversationsTable: nameOf('Conversations'),
      messagesTable: nameOf('Messages'),
      historyTtlSeconds: 0,
    }),
    desk: createDeskTable(documents, {
      deskTable: nameOf('Desk'),
      conversationsTable: nameOf('Conversations'),
      messagesTable: nameOf('Messages'),
      historyTtlSeconds: 0,
    }),
    messages: messages(),
    messagesWithTtl: messages,
    inbox: createInboxTable(documents, { tableName: nameOf('Inbox'), inboxTtlSeconds: 3_600, clock }),
    stop: () => database.stop(),
  };
}

function synthesizeWithoutBundles(): string {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Tables');
  new ServerlessIm(stack, 'Chat', { issuer: 'https://issuer.example', audience: 'chat' });
  return app.synth().directory;
}
