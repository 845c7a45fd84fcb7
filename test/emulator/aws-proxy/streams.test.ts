import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { dynamoDbClient } from '../../../local/emulators/clients.ts';
import { createTables } from '../../../local/emulators/tables.ts';
import { openPositions } from '../../../local/event-source/stream-positions.ts';
import { StreamSource } from '../../../local/event-source/stream-source.ts';
import { PATIENCE_MS } from '../../setup/patience.ts';
import { MESSAGES } from '../messages-table.ts';
import { streamSourceOf } from '../stack-models.ts';
import { newKey, newName, put, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

/** An event source of a new table's stream, behind the proxy. */
async function setUp() {
  const fixture = await startProxy();
  const table = { ...MESSAGES, tableName: newName('streamed'), streamViewType: 'NEW_IMAGE' as const };
  const client = dynamoDbClient(fixture.direct.dynamodb);
  await createTables(client, [table]);
  const batches: number[] = [];
  const warnings: string[] = [];
  const queue = new SQSClient({ region: 'us-east-1', endpoint: fixture.endpoints.sqs });
  const source = new StreamSource({
    model: streamSourceOf(table, { bisects: true, maximumRetryAttempts: 1 }),
    endpoint: fixture.endpoints.dynamodb,
    queues: { client: queue, endpoint: fixture.endpoints.sqs },
    positions: openPositions(),
    invoker: {
      invoke: async (_, event) => {
        batches.push((event as { readonly Records: unknown[] }).Records.length);
        return { ok: true, payload: null };
      },
    },
    onWarning: (message) => warnings.push(message),
  });
  onTestFinished(async () => {
    await source.stop();
    client.destroy();
    queue.destroy();
  });
  const write = () => {
    const command = put(newKey());
    command.input.TableName = table.tableName;
    return client.send(command);
  };
  return { ...fixture, source, batches, warnings, write };
}

it('the AWS proxy records what the event source reads, and no poll that finds nothing', async () => {
  const { proxy, source, batches, write } = await setUp();
  source.start();
  await write();
  await vi.waitFor(() => expect(batches).toEqual([1]), { timeout: PATIENCE_MS });
  // Polls that find nothing go on meanwhile.
  await write();
  await vi.waitFor(() => expect(batches).toEqual([1, 1]), { timeout: PATIENCE_MS });
  const { rows } = proxy.counts({ function: 'event-source' });
  expect(rows.find(({ operation }) => operation === 'GetRecords')).toMatchObject({
    calls: 2,
    failed: 0,
    readUnits: 0,
  });
});

it('the event source goes on behind a stream that can not be read for a while', async () => {
  const { proxy, source, batches, warnings, write } = await setUp();
  const broken = proxy.inject({
    fault: 'error',
    function: 'event-source',
    operation: 'GetRecords',
    times: 2,
  });
  source.start();
  await write();
  await vi.waitFor(() => expect(batches).toEqual([1]), { timeout: PATIENCE_MS });
  expect(broken.fired).toBe(2);
  expect(warnings[0]).toMatch(/^Cannot read the stream of the table streamed-/);
});
