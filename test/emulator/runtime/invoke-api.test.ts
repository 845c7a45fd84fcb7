import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InvokeApi } from '../../../local/functions/invoke-api.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../../local/functions/worker-pool.ts';
import { functionOf } from './bundle.ts';

const SOURCE = `export const handler = async (event) => {
  if (event.fail) throw new TypeError('no such thing');
  if (event.large) return 'x'.repeat(7_000_000);
  return { event };
};`;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:Mini-Hook';

async function serve(options: Partial<WorkerPoolOptions> = {}) {
  const fn = functionOf(SOURCE, { logicalId: 'Hook', name: 'Mini-Hook' });
  const pool = new WorkerPool({ functions: [fn], ...options });
  const warnings: string[] = [];
  const api = new InvokeApi({ warn: (message) => warnings.push(message) });
  const endpoint = await api.listen();
  api.serve([fn], pool);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new LambdaClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 });
  onTestFinished(async () => {
    client.destroy();
    await api.close();
    await pool.stop();
  });
  const invoke = async (payload: unknown, input: Partial<InvokeCommand['input']> = {}) => {
    const Payload = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const { Payload: bytes, ...rest } = await client.send(
      new InvokeCommand({ FunctionName: 'Mini-Hook', Payload, ...input }),
    );
    const text = Buffer.from(bytes ?? []).toString();
    return { ...rest, payload: text === '' ? undefined : JSON.parse(text) };
  };
  return { client, invoke, endpoint, warnings };
}

describe('the Invoke API', () => {
  it('runs a function by its name or ARN, whole or in part, and returns its answer', async () => {
    const { client, invoke } = await serve();
    for (const FunctionName of ['Mini-Hook', ARN, '000000000000:function:Mini-Hook', `${ARN}:$LATEST`]) {
      expect(await invoke({ a: 1 }, { FunctionName })).toMatchObject({
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        payload: { event: { a: 1 } },
      });
    }
    const { Functions } = await client.send(new ListFunctionsCommand({}));
    expect(Functions).toEqual([{ FunctionName: 'Mini-Hook', FunctionArn: ARN }]);
  });

  it('gives a function without a payload an empty event', async () => {
    const { client } = await serve();
    const { Payload } = await client.send(new InvokeCommand({ FunctionName: ARN }));
    expect(Payload?.transformToString()).toBe('{"event":{}}');
  });

  it("says by a header that the function failed, and returns its error's type and message", async () => {
    const { invoke } = await serve();
    expect(await invoke({ fail: true })).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: 'no such thing' },
    });
    expect(await invoke({ large: true })).toMatchObject({
      FunctionError: 'Unhandled',
      payload: { errorType: 'Function.ResponseSizeTooLarge' },
    });
  });

  it('answers an asynchronous invocation at once, and reports its failure', async () => {
    const { invoke, warnings } = await serve();
    const answer = await invoke({ fail: true }, { InvocationType: 'Event' });
    expect(answer).toMatchObject({ StatusCode: 202, payload: undefined });
    await expect.poll(() => warnings).toEqual(['Hook: an asynchronous invocation failed: TypeError']);
    expect(await invoke({}, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
  });

  it.each([
    ['an unknown function', {}, { FunctionName: 'Other' }, 'ResourceNotFoundException', 404],
    ['a version that does not exist', {}, { Qualifier: '3' }, 'ResourceNotFoundException', 404],
    ['a payload that is not JSON', 'no JSON', {}, 'InvalidRequestContentException', 400],
    ['a payload above 6 MB', { x: 'x'.repeat(6_291_456) }, {}, 'RequestTooLargeException', 413],
    [
      'an asynchronous payload above 1 MB',
      { x: 'x'.repeat(1_048_576) },
      { InvocationType: 'Event' as const },
      'RequestTooLargeException',
      413,
    ],
  ])('refuses %s', async (_, payload, input, name, status) => {
    const { invoke } = await serve();
    await expect(invoke(payload, input)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
  });

  it("throttles above the account's concurrency", async () => {
    const { invoke } = await serve({ accountConcurrency: 0 });
    await expect(invoke({})).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      message: 'Rate Exceeded.',
      $metadata: { httpStatusCode: 429 },
    });
  });

  it('asks for a signature, as the other local endpoints do', async () => {
    const { endpoint } = await serve();
    const url = `${endpoint}/2015-03-31/functions/Mini-Hook/invocations`;
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(403);
  });
});
