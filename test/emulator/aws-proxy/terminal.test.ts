import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { createTerminalProxy } from '../../../local/aws-proxy/terminal.ts';
import { WorkerPool } from '../../../local/functions/worker-pool.ts';
import type { StackModel } from '../../../local/model.ts';
import { functionOf, temporaryFolder } from '../runtime/bundle.ts';
import { newKey, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();

/** Calls DynamoDB as the SDK does. */
const SOURCE = `
  export const handler = async ({ key }) => {
    const response = await fetch(process.env.AWS_ENDPOINT_URL_DYNAMODB, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.PutItem',
        'user-agent': 'aws-sdk-js app/' + process.env.AWS_SDK_UA_APP_ID + '-PT-1',
        authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20260101T000000Z',
      },
      body: JSON.stringify({ TableName: '${TABLE}', Item: key }),
    });
    return { statusCode: response.status };
  };`;

async function terminal(options: {
  readonly trace: boolean;
  readonly faults?: unknown;
  readonly node?: string;
}) {
  const { direct } = await startProxy();
  const faultsFile = join(temporaryFolder(), 'faults.json');
  writeFileSync(faultsFile, JSON.stringify(options.faults ?? null));
  const output = new PassThrough();
  const warnings: string[] = [];
  const proxy = createTerminalProxy({
    trace: options.trace,
    ...('faults' in options && { faultsFile }),
    ...(options.node !== undefined && { node: options.node }),
    output: output as unknown as NodeJS.WriteStream,
    warn: (message) => warnings.push(message),
  });
  const endpoints = await proxy.attach(direct);
  const fn = functionOf(SOURCE, { logicalId: 'ChatPut' });
  const pool = new WorkerPool({
    functions: [fn],
    environment: { AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb },
    ...(endpoints.observer && { observer: endpoints.observer }),
  });
  onTestFinished(async () => {
    await pool.stop();
    await endpoints.close?.();
  });
  const table = { logicalId: TABLE, tableName: TABLE, definition: {} };
  proxy.show({
    stack: {
      functions: [fn],
      tables: [table],
      queues: [],
      topics: [],
      buckets: [],
      streamSources: [],
      webSocketApis: [],
      httpApis: [],
    } as unknown as StackModel,
  });
  const invoke = () => pool.invoke('ChatPut', { key: newKey() });
  return { invoke, warnings, faultsFile, printed: () => String(output.read() ?? '') };
}

it('--trace prints a tree when an invocation has ended, without colours when not on a terminal', async () => {
  const { invoke, printed } = await terminal({ trace: true });
  await invoke();
  expect(printed()).toMatch(
    /^invoke ChatPut {2}[\d.]+ ms → 200\n└── +[\d.]+ {2}PutItem {12}Messages +[\d.]+ ms {2}1w {3}ok\n\n$/,
  );
});

it('--faults applies the rules of its file, says so, and warns of a rule that can never match', async () => {
  const faults = [
    { fault: 'error', function: 'Put', nth: 2 },
    { fault: 'error', table: 'Nowhere' },
  ];
  const { invoke, printed, warnings, faultsFile } = await terminal({
    trace: false,
    faults: { seed: 5, faults },
  });
  expect(printed()).toBe(`Injecting faults from ${faultsFile}, seed 5.\n\n`);
  expect(warnings).toEqual([
    'faults[1].table: no table has "Nowhere" in its name, so this rule never applies.',
  ]);
  const statuses = [await invoke(), await invoke(), await invoke()];
  expect(statuses).toEqual([200, 500, 200].map((statusCode) => ({ ok: true, payload: { statusCode } })));
  expect(printed()).toBe('');
});

it('of several nodes each names itself in its traces, and only the first says what is injected', async () => {
  const { invoke, printed } = await terminal({ trace: true, faults: { faults: [] }, node: '2' });
  await invoke();
  expect(printed()).toMatch(/^node 2 {2}invoke ChatPut {2}.*ok\n\n$/s);
});

it('staleReads needs one node, and npm start says so in one line', async () => {
  const file = join(temporaryFolder(), 'faults.json');
  writeFileSync(file, JSON.stringify({ staleReads: { ms: 100 } }));
  const starting = promisify(execFile)(process.execPath, [
    'cli/main.ts',
    'start',
    '--nodes',
    '2',
    '--faults',
    file,
  ]);
  await expect(starting).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'serverless-im: staleReads in --faults needs --nodes 1: each node would see only its own writes late.\n',
  });
});

it('an unusable fault file ends npm start at once, in one line', async () => {
  const starting = promisify(execFile)(process.execPath, [
    'cli/main.ts',
    'start',
    '--faults',
    '/nowhere/faults.json',
  ]);
  await expect(starting).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^serverless-im: Cannot read the faults in \/nowhere\/faults.json: [^\n]*\n$/,
    ),
  });
});
