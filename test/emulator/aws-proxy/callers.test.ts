import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InvokeApi } from '../../../local/functions/invoke-api.ts';
import { WorkerPool } from '../../../local/functions/worker-pool.ts';
import { functionOf } from '../runtime/bundle.ts';
import { newKey, type ProxyFixtureOptions, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();
const { resolve } = createRequire(import.meta.url);
const sdk = (name: string) => JSON.stringify(pathToFileURL(resolve(`@aws-sdk/client-${name}`)).href);

/** A handler with unmodified SDK clients, configured by the environment only. */
const SOURCE = `
  import { DynamoDBClient, PutItemCommand } from ${sdk('dynamodb')};
  import { SQSClient, SendMessageCommand } from ${sdk('sqs')};
  import { LambdaClient, InvokeCommand } from ${sdk('lambda')};
  import { ApiGatewayManagementApiClient, PostToConnectionCommand } from ${sdk('apigatewaymanagementapi')};
  const dynamoDb = new DynamoDBClient({ maxAttempts: 1 });
  const sqs = new SQSClient({ maxAttempts: 1 });
  const connections = new ApiGatewayManagementApiClient({ maxAttempts: 1 });
  const lambda = new LambdaClient({ maxAttempts: 1 });
  export const handler = async ({ key, QueueUrl, ConnectionId, FunctionName }) => {
    const Payload = JSON.stringify({ key });
    if (FunctionName) await lambda.send(new InvokeCommand({ FunctionName, Payload }));
    const put = new PutItemCommand({ TableName: '${TABLE}', Item: key });
    await dynamoDb.send(put);
    if (QueueUrl) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
    if (ConnectionId) await connections.send(new PostToConnectionCommand({ ConnectionId, Data: 'hi' }));
    return key.pk.S;
  };`;

async function workers(options: ProxyFixtureOptions = {}) {
  const invokeApi = new InvokeApi({ warn: () => undefined });
  const fixture = await startProxy({ ...options, direct: { lambda: await invokeApi.listen() } });
  const functions = ['ChatSend', 'ChatStore'].map((logicalId) => functionOf(SOURCE, { logicalId }));
  const pool = new WorkerPool({
    functions,
    environment: {
      AWS_ENDPOINT_URL_DYNAMODB: fixture.endpoints.dynamodb,
      AWS_ENDPOINT_URL_SQS: fixture.endpoints.sqs,
      AWS_ENDPOINT_URL_LAMBDA: fixture.endpoints.lambda,
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: `${fixture.endpoints.connections}/prod`,
    },
    ...(fixture.endpoints.observer && { observer: fixture.endpoints.observer }),
  });
  invokeApi.serve(functions, pool);
  onTestFinished(async () => {
    await pool.stop();
    await invokeApi.close();
  });
  return { ...fixture, pool };
}

describe('a caller', () => {
  it('is identified for each of the SDK clients, and each invocation has its calls', async () => {
    const { pool, proxy, queue, socket } = await workers();
    const [QueueUrl, { connectionId: ConnectionId, client }] = await Promise.all([queue(), socket()]);
    const results = await Promise.all([
      pool.invoke('ChatSend', { key: newKey(), QueueUrl, ConnectionId }),
      pool.invoke('ChatSend', { key: newKey() }),
      pool.invoke('ChatStore', { key: newKey() }),
    ]);
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(await client.next()).toBe('hi');
    const reported = proxy.invocations.map(({ function: name, calls, ok }) => [
      name,
      calls.map(({ operation }) => operation).join(' '),
      ok,
    ]);
    expect(reported.sort()).toEqual([
      ['ChatSend', 'PutItem SendMessage PostToConnection', true],
      ['ChatSend', 'PutItem', true],
      ['ChatStore', 'PutItem', true],
    ]);
    for (const { requestId, calls } of proxy.invocations) {
      expect(calls.map((call) => call.requestId)).toEqual(calls.map(() => requestId));
    }
    expect(proxy.counts({ function: 'Store' }).calls).toBe(1);
  });

  it('is one invocation for the Invoke, and another for the calls of the function that it runs', async () => {
    const { pool, proxy } = await workers();
    const event = { key: newKey(), FunctionName: 'ChatStore' };
    expect(await pool.invoke('ChatSend', event)).toMatchObject({ ok: true });
    const reported = proxy.invocations.map(({ function: name, calls }) => [
      name,
      ...calls.map(({ operation, function: caller }) => `${operation} by ${caller}`),
    ]);
    expect(reported).toEqual([
      ['ChatSend', 'Invoke by ChatSend', 'PutItem by ChatSend'],
      ['ChatStore', 'PutItem by ChatStore'],
    ]);
  });

  it('is the new invocation for the next event of the same instance', async () => {
    const { pool, proxy } = await workers();
    for (let n = 0; n < 3; n += 1) await pool.invoke('ChatSend', { key: newKey() });
    expect(pool.instances('ChatSend').total).toBe(1);
    expect(proxy.invocations.map(({ calls }) => calls.length)).toEqual([1, 1, 1]);
    expect(new Set(proxy.invocations.map(({ requestId }) => requestId)).size).toBe(3);
  });
});

describe('a kill', () => {
  it.each([
    ['kill', false],
    ['kill-after', true],
  ] as const)('ends only the calling instance: %s, stored: %s', async (fault, isStored) => {
    const { pool, proxy, stored } = await workers();
    const [victim, neighbour, other] = [newKey(), newKey(), newKey()];
    const isVictims = (_: unknown, input: unknown) => JSON.stringify(input).includes(victim.pk.S);
    // Both instances are in the middle of a call when one is killed.
    const [held, spared] = [
      proxy.setBreakpoint({ where: isVictims }),
      proxy.setBreakpoint({ function: 'Send', where: (call, input) => !isVictims(call, input) }),
    ];
    const invocations = [
      pool.invoke('ChatSend', { key: victim }),
      pool.invoke('ChatSend', { key: neighbour }),
      pool.invoke('ChatStore', { key: other }),
    ];
    await Promise.all([held.reached, spared.reached]);
    held.fail(fault);
    expect(await invocations[0]).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' });
    spared.release();
    expect(await Promise.all(invocations.slice(1))).toMatchObject([{ ok: true }, { ok: true }]);
    expect([await stored(victim), await stored(neighbour), await stored(other)]).toEqual([
      isStored,
      true,
      true,
    ]);
    expect(proxy.calls.find((call) => call.outcome === 'killed')).toMatchObject({
      fault,
      forwarded: isStored,
    });
  });

  it('applies to the n-th call of its rule, and the next event runs in a new instance', async () => {
    const { pool, proxy } = await workers({ faults: [{ fault: 'kill', function: 'Send', nth: 2 }] });
    const results = [];
    for (let n = 0; n < 3; n += 1) results.push((await pool.invoke('ChatSend', { key: newKey() })).ok);
    expect(results).toEqual([true, false, true]);
    expect(proxy.invocations.map(({ ok }) => ok)).toEqual([true, false, true]);
  });
});

describe('the AWS proxy', () => {
  it('waits for an invocation to end, or for all of them', async () => {
    const { pool, proxy } = await workers();
    await proxy.untilIdle();
    const breakpoint = proxy.setBreakpoint({ function: 'Store' });
    const storeEnds = proxy.nextEnd({ function: 'Store' });
    const invocations = [
      pool.invoke('ChatSend', { key: newKey() }),
      pool.invoke('ChatStore', { key: newKey() }),
    ];
    await breakpoint.reached;
    await invocations[0];
    let isQuiet = false;
    const quiet = proxy.untilIdle().then(() => {
      isQuiet = true;
    });
    expect(isQuiet).toBe(false);
    breakpoint.release();
    expect((await storeEnds).function).toBe('ChatStore');
    await quiet;
    await Promise.all(invocations);
  });

  it('reports each invocation that has ended', async () => {
    const { pool, proxy } = await workers();
    const reported: string[] = [];
    const stop = proxy.onInvocation((invocation) => reported.push(invocation.function));
    await pool.invoke('ChatSend', { key: newKey() });
    stop();
    await pool.invoke('ChatSend', { key: newKey() });
    expect(reported).toEqual(['ChatSend']);
  });
});
