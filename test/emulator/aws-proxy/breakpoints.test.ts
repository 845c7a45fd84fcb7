import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { steps } from '../../../local/aws-proxy/index.ts';
import { failureOf, type Key, newKey, put, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();
const get = (Key: Key) => new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true });

describe('a call at a breakpoint', () => {
  it('is not executed before its release, while others pass it', async () => {
    const { dynamoDb, stored, proxy } = await startProxy();
    const [held, other] = [newKey(), newKey()];
    const breakpoint = proxy.setBreakpoint({ operation: 'PutItem' });
    const putting = dynamoDb.send(put(held));
    expect(await breakpoint.reached).toMatchObject({ operation: 'PutItem', tables: [TABLE], function: 'Fn' });
    await dynamoDb.send(put(other));
    expect([await stored(held), await stored(other)]).toEqual([false, true]);
    breakpoint.release();
    await putting;
    expect(await stored(held)).toBe(true);
    expect(proxy.calls.map(({ forwarded }) => forwarded)).toEqual([true, true]);
  });

  it('is not executed by a retry of the AWS SDK either, before its release', async () => {
    const { endpoints, stored, proxy } = await startProxy();
    const impatient = new DynamoDBClient({
      endpoint: endpoints.dynamodb,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      userAgentAppId: 'caller-Fn',
      maxAttempts: 2,
      requestHandler: { requestTimeout: 1_000, throwOnRequestTimeout: true },
    });
    const key = newKey();
    const breakpoint = proxy.setBreakpoint({ operation: 'PutItem' });
    const putting = impatient.send(put(key));
    await breakpoint.reached;
    await expect.poll(() => proxy.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await stored(key)).toBe(false);
    breakpoint.release();
    await putting;
    expect(await stored(key)).toBe(true);
    impatient.destroy();
  });

  it('is executed while its caller waits if the breakpoint is after the commit', async () => {
    const { dynamoDb, stored, proxy } = await startProxy();
    const key = newKey();
    const breakpoint = proxy.setBreakpoint({ when: 'after' });
    let isAnswered = false;
    const putting = dynamoDb.send(put(key)).then(() => {
      isAnswered = true;
    });
    await breakpoint.reached;
    expect([await stored(key), isAnswered]).toEqual([true, false]);
    breakpoint.release();
    await putting;
  });

  it('is the n-th that matches', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const breakpoint = proxy.setBreakpoint({ operation: 'GetItem', nth: 2 });
    const key = newKey();
    await dynamoDb.send(put(key));
    await dynamoDb.send(get(key));
    expect(breakpoint.isReached).toBe(false);
    const second = dynamoDb.send(get(key));
    expect((await breakpoint.reached).index).toBe(2);
    breakpoint.release();
    await second;
    await dynamoDb.send(get(key));
  });

  it.each([
    ['throttle', 'before', false, 'ProvisionedThroughputExceededException'],
    ['cut-before', 'before', false, 'TimeoutError'],
    ['cut-after', 'before', true, 'TimeoutError'],
    ['error', 'after', true, 'InternalServerError'],
    ['cut-after', 'after', true, 'TimeoutError'],
  ] as const)('can be failed by %s when stopped %s (stored: %s)', async (fault, when, isStored, name) => {
    const { dynamoDb, stored, proxy } = await startProxy();
    const key = newKey();
    const breakpoint = proxy.setBreakpoint({ when });
    const failing = failureOf(dynamoDb.send(put(key)));
    await breakpoint.reached;
    breakpoint.fail(fault);
    expect(await failing).toBe(name);
    expect(await stored(key)).toBe(isStored);
  });

  it('is not executed on release if its caller has given up', async () => {
    const { dynamoDb, stored, proxy } = await startProxy();
    const key = newKey();
    const breakpoint = proxy.setBreakpoint();
    const giveUp = new AbortController();
    const call = failureOf(dynamoDb.send(put(key), { abortSignal: giveUp.signal }));
    await breakpoint.reached;
    giveUp.abort();
    expect(await call).toBe('AbortError');
    await expect.poll(() => proxy.calls[0]?.outcome).toBe('abandoned');
    breakpoint.release();
    await dynamoDb.send(put(newKey()));
    expect(await stored(key)).toBe(false);
  });

  it('passes if its breakpoint was released before it arrived', async () => {
    const { dynamoDb, proxy } = await startProxy();
    proxy.setBreakpoint().release();
    await dynamoDb.send(put(newKey()));
  });

  it('lets a test order calls', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const key = newKey();
    const where = (bytes: number) => (_: unknown, input: unknown) =>
      JSON.stringify(input).includes(`"${'x'.repeat(bytes)}"`);
    const [first, second] = [
      proxy.setBreakpoint({ where: where(1) }),
      proxy.setBreakpoint({ where: where(2) }),
    ];
    const puts = [dynamoDb.send(put(key, 1)), dynamoDb.send(put(key, 2))];
    await Promise.all([first.reached, second.reached]);
    second.release();
    await puts[1];
    first.release();
    await puts[0];
    expect((await dynamoDb.send(get(key))).Item?.['text']).toEqual({ S: 'x' });
  });

  it('is reported as missing if the proxy is closed before it arrives', async () => {
    const { endpoints, proxy } = await startProxy();
    const breakpoint = proxy.setBreakpoint({ operation: 'Scan' });
    await endpoints.close?.();
    await expect(breakpoint.reached).rejects.toThrow('before a call matched {"operation":"Scan"}');
  });
});

describe('stepping through a flow', () => {
  it('stops it at each of its calls in turn', async () => {
    const { dynamoDb, stored, proxy } = await startProxy();
    const keys: Key[] = [];
    const run = async () => {
      const key = newKey();
      keys.push(key);
      await dynamoDb.send(get(key));
      await dynamoDb.send(put(key));
      await Promise.all([dynamoDb.send(get(key)), dynamoDb.send(get(key))]);
      return key;
    };
    const seen: unknown[] = [];
    for await (const step of steps(proxy, { run })) {
      seen.push([step.n, step.call.operation, await stored(keys.at(-1) as Key)]);
      step.release();
      expect(await step.finished).toBe(keys.at(-1));
    }
    expect(seen).toEqual([
      [1, 'GetItem', false],
      [2, 'PutItem', false],
      [3, 'GetItem', true],
      [4, 'GetItem', true],
    ]);
    expect(keys).toHaveLength(5);
  });

  it('can stop after commit, and end a call there', async () => {
    const { dynamoDb, stored, proxy } = await startProxy();
    const run = async () => {
      const key = newKey();
      return { key, failure: await failureOf(dynamoDb.send(put(key))) };
    };
    let rounds = 0;
    for await (const step of steps(proxy, { run, when: 'after', operation: 'PutItem' })) {
      step.fail('cut-after');
      const { key, failure } = await step.finished;
      expect([failure, await stored(key)]).toEqual(['TimeoutError', true]);
      rounds += 1;
    }
    expect(rounds).toBe(1);
  });

  it('lets it continue when the body of the loop throws or breaks', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const runs: Promise<unknown>[] = [];
    const run = () => {
      const putting = dynamoDb.send(put(newKey()));
      runs.push(putting);
      return putting;
    };
    const failing = async () => {
      for await (const _ of steps(proxy, { run })) throw new Error('found something');
    };
    await expect(failing()).rejects.toThrow('found something');
    await Promise.all(runs);
  });
});
