import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { closeServer, listenOn } from '../../../local/listening.ts';
import type { TableModel } from '../../../local/model.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL that answers with `SharedTables`, which the first request makes. */
    readonly sharedTables: string;
  }
}

/** One DynamoDB emulator with the stack's tables, for all files of a run. */
export interface SharedTables {
  readonly endpoint: string;
  /** By their ids in the template. */
  readonly tables: readonly { readonly logicalId: string; readonly tableName: string }[];
}

/** Where a file asks for tables of its own, whose items are not looked at. */
export const OWN = '/own';

/** Makes nothing until a file asks, since most files of the project need no table. */
export default async function tablesOnce(project: TestProject): Promise<() => Promise<void>> {
  let made: ReturnType<typeof makeTables> | undefined;
  const server = createServer(async ({ url }, response) => {
    made ??= makeTables();
    const { endpoint, tables, more } = await made;
    const shared = { endpoint, tables: url === OWN ? await more() : tables } satisfies SharedTables;
    response.end(JSON.stringify(shared));
  });
  project.provide('sharedTables', `http://127.0.0.1:${await listenOn(server, 0)}`);
  return async () => {
    await closeServer(server);
    if (made === undefined) return;
    const { check, stop } = await made;
    await check().finally(stop);
  };
}

/** Loaded late, for the same reason. */
async function makeTables() {
  const { dynamoDbClient } = await import('../../../local/emulators/clients.ts');
  const { startDynamoDb } = await import('../../../local/emulators/dynoxide.ts');
  const { createTables } = await import('../../../local/emulators/tables.ts');
  const { checkStoredItems } = await import('./check-stored-items.ts');
  const { endpoint, stop } = await startDynamoDb();
  const tables = await tablesOfStack();
  const client = dynamoDbClient(endpoint);
  await createTables(client, tables);
  const check = () => checkStoredItems(client, tables);
  const more = async () => {
    const own = tables.map((table) => ({ ...table, tableName: `${table.tableName}-${randomUUID()}` }));
    await createTables(client, own);
    return own;
  };
  return { endpoint, tables, more, check, stop };
}

async function tablesOfStack(): Promise<readonly TableModel[]> {
  const { App, Stack } = await import('aws-cdk-lib');
  const { ServerlessIm } = await import('../../../lib/index.ts');
  const { loadStack } = await import('../../../local/stack/loader.ts');
  process.env['CDK_VALIDATION'] = 'false';
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  new ServerlessIm(new Stack(app, 'Tables'), 'Chat', { issuer: 'https://issuer.example', audience: 'chat' });
  const unused = 'http://127.0.0.1';
  const origins = { gateway: unused, connections: unused, issuer: unused, sqs: unused };
  return loadStack(app.synth().directory, origins).tables;
}
