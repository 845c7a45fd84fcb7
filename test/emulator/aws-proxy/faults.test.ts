import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { DeleteConnectionCommand, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { BatchGetItemCommand, BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { FaultKind, FaultRule } from '../../../local/aws-proxy/index.ts';
import { failureOf, newKey, put, TABLE, useEmulators } from './proxy-fixture.ts';

const { startProxy } = useEmulators();
const faults = (fault: FaultKind, rule: Partial<FaultRule> = {}) => ({ faults: [{ fault, ...rule }] });
const post = (ConnectionId: string) => new PostToConnectionCommand({ ConnectionId, Data: 'hi' });

/** The SDK's error for a broken connection. */
const HUNG_UP = 'TimeoutError';

describe('a refused call', () => {
  it.each([
    ['throttle', {}, 'ProvisionedThroughputExceededException', 400],
    ['throttle', { code: 'ThrottlingException' }, 'ThrottlingException', 400],
    ['error', {}, 'InternalServerError', 500],
  ] as const)("gets DynamoDB's own error and stores nothing: %s %o", async (fault, rule, name, status) => {
    const { dynamoDb, stored, proxy } = await startProxy(faults(fault, rule));
    const key = newKey();
    const error = await dynamoDb.send(put(key)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(await stored(key)).toBe(false);
    expect(proxy.calls).toMatchObject([
      { status, error: name, fault, forwarded: false, outcome: 'answered' },
    ]);
  });

  it.each([
    ['throttle', 'RequestThrottled', 403],
    ['error', 'InternalFailure', 500],
  ] as const)('gets SQS’s own error and sends nothing: %s', async (fault, name, status) => {
    const { sqs, queue, bodiesIn } = await startProxy(faults(fault));
    const QueueUrl = await queue();
    const error = await sqs
      .send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(await bodiesIn(QueueUrl)).toEqual([]);
  });

  it.each([
    ['throttle', 'LimitExceededException', 429],
    ['gone', 'GoneException', 410],
    ['error', 'InternalServerErrorException', 500],
  ] as const)('gets the error of @connections and posts nothing: %s', async (fault, name, status) => {
    const { connections, socket } = await startProxy(faults(fault, { times: 1 }));
    const { client, connectionId } = await socket();
    const error = await connections.send(post(connectionId)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    await connections.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'next' }));
    expect(await client.next()).toBe('next');
  });

  it('counts as throttling or transient for the SDK, whose retries are separate calls', async () => {
    const { dynamoDb, proxy } = await startProxy({
      faults: [
        { fault: 'throttle', nth: 1 },
        { fault: 'error', nth: 2 },
        { fault: 'cut-before', nth: 3 },
      ],
      maxAttempts: 4,
    });
    const { $metadata } = await dynamoDb.send(put(newKey()));
    expect($metadata.attempts).toBe(4);
    expect(proxy.calls.map(({ attempt, fault }) => [attempt, fault])).toEqual([
      [1, 'throttle'],
      [2, 'error'],
      [3, 'cut-before'],
      [4, undefined],
    ]);
  });

  it('may still have been executed', async () => {
    const { dynamoDb, stored } = await startProxy(faults('error-after'));
    const key = newKey();
    expect(await failureOf(dynamoDb.send(put(key)))).toBe('InternalServerError');
    expect(await stored(key)).toBe(true);
  });
});

describe('a cut connection', () => {
  it('executes nothing if it is cut before the call', async () => {
    const { dynamoDb, stored, proxy } = await startProxy(faults('cut-before'));
    const key = newKey();
    expect(await failureOf(dynamoDb.send(put(key)))).toBe(HUNG_UP);
    expect(await stored(key)).toBe(false);
    expect(proxy.calls).toMatchObject([{ outcome: 'cut', forwarded: false }]);
  });

  it('executes the call exactly once if it is cut after it', async () => {
    const { sqs, queue, bodiesIn, proxy } = await startProxy(faults('cut-after'));
    const QueueUrl = await queue();
    expect(await failureOf(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' })))).toBe(HUNG_UP);
    expect(await bodiesIn(QueueUrl)).toEqual(['a']);
    expect(proxy.calls).toMatchObject([{ outcome: 'cut', forwarded: true }]);
  });

  it('delivers a post to its socket if it is cut after it', async () => {
    const { connections, socket } = await startProxy(faults('cut-after'));
    const { client, connectionId } = await socket();
    expect(await failureOf(connections.send(post(connectionId)))).toBe(HUNG_UP);
    expect(await client.next()).toBe('hi');
  });

  it('is passed on, not repaired, if the emulator cuts it', async () => {
    let requests = 0;
    const breaking = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        requests += 1;
        socket.destroy();
      });
    });
    await once(breaking.listen(0, '127.0.0.1'), 'listening');
    const endpoint = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}`;
    const { proxy, dynamoDb } = await startProxy({ direct: { dynamodb: endpoint } });
    expect(await failureOf(dynamoDb.send(put(newKey())))).toBe(HUNG_UP);
    expect(requests).toBe(1);
    expect(proxy.calls).toMatchObject([{ outcome: 'failed', forwarded: true }]);
    breaking.close();
  });
});

describe('a hanging call', () => {
  it.each([
    ['hang', false],
    ['hang-after', true],
  ] as const)('ends when its caller gives up: %s, stored: %s', async (fault, isStored) => {
    const { dynamoDb, stored, proxy } = await startProxy(faults(fault));
    const key = newKey();
    const giveUp = new AbortController();
    const call = failureOf(dynamoDb.send(put(key), { abortSignal: giveUp.signal }));
    await expect.poll(() => proxy.calls[0]?.fault).toBe(fault);
    giveUp.abort();
    expect(await call).toBe('AbortError');
    await expect.poll(() => proxy.calls[0]?.outcome).toBe('abandoned');
    expect(await stored(key)).toBe(isStored);
  });

  it.each(['hang', 'hang-after'] as const)('continues when it is released: %s', async (fault) => {
    const { dynamoDb, stored, proxy } = await startProxy(faults(fault));
    const key = newKey();
    const call = dynamoDb.send(put(key));
    await expect.poll(() => proxy.calls[0]?.fault).toBe(fault);
    proxy.releaseHangs();
    await call;
    expect(await stored(key)).toBe(true);
  });
});

describe('a half-executed batch', () => {
  const keys = [newKey(), newKey(), newKey()];
  const write = new BatchWriteItemCommand({
    RequestItems: { [TABLE]: keys.map((key) => ({ PutRequest: { Item: key } })) },
  });

  it('reports the other writes as unprocessed', async () => {
    const { dynamoDb, stored } = await startProxy(faults('unprocessed', { times: 1 }));
    const { UnprocessedItems } = await dynamoDb.send(write);
    expect(UnprocessedItems).toEqual({ [TABLE]: keys.slice(1).map((Item) => ({ PutRequest: { Item } })) });
    expect(await Promise.all(keys.map(stored))).toEqual([true, false, false]);
    await dynamoDb.send(new BatchWriteItemCommand({ RequestItems: UnprocessedItems }));
    expect(await Promise.all(keys.map(stored))).toEqual([true, true, true]);
  });

  it('reports the other reads as unprocessed, with all their options', async () => {
    const { dynamoDb, proxy } = await startProxy();
    await dynamoDb.send(write);
    proxy.inject({ fault: 'unprocessed' });
    const read = (Keys: typeof keys) =>
      dynamoDb.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } }));
    const { Responses, UnprocessedKeys } = await read(keys);
    expect(Responses).toEqual({ [TABLE]: [keys[0]] });
    expect(UnprocessedKeys).toEqual({ [TABLE]: { Keys: keys.slice(1), ConsistentRead: true } });
    expect(await read(keys.slice(0, 1))).toMatchObject({
      Responses: {},
      UnprocessedKeys: { [TABLE]: { Keys: keys.slice(0, 1) } },
    });
  });

  it('reports the other messages as failed', async () => {
    const { sqs, queue, bodiesIn } = await startProxy(faults('unprocessed'));
    const QueueUrl = await queue();
    const Entries = ['a', 'b', 'c', 'd'].map((MessageBody) => ({ Id: MessageBody, MessageBody }));
    const { Successful, Failed } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(Successful?.map(({ Id }) => Id)).toEqual(['a', 'b']);
    expect(Failed).toMatchObject([
      { Id: 'c', SenderFault: false, Code: 'InternalError' },
      { Id: 'd', SenderFault: false, Code: 'InternalError' },
    ]);
    expect(await bodiesIn(QueueUrl)).toEqual(['a', 'b']);
  });
});

describe('fault rules', () => {
  it.each([
    [{ nth: 2 }, '-x----'],
    [{ every: 2 }, '-x-x-x'],
    [{ every: 2, times: 2 }, '-x-x--'],
    [{ times: 1 }, 'x-----'],
    [{ operation: 'GetItem' }, '------'],
    [{ service: 'sqs' }, '------'],
    [{ table: 'Mess' }, 'xxxxxx'],
    [{ table: 'Inbox' }, '------'],
    [{ function: 'Fn' }, 'xxxxxx'],
    [{ function: 'Other' }, '------'],
    [{ function: 'event-source' }, '------'],
    [{ probability: 0 }, '------'],
    [{ probability: 1 }, 'xxxxxx'],
  ] as const)('apply %o to the calls %s', async (rule, pattern) => {
    const { dynamoDb } = await startProxy(faults('throttle', rule));
    let seen = '';
    for (let n = 0; n < 6; n += 1)
      seen += (await failureOf(dynamoDb.send(put(newKey())))) === 'none' ? '-' : 'x';
    expect(seen).toBe(pattern);
  });

  it('apply to the same calls for the same seed, and to different ones for another', async () => {
    const run = async (seed: number) => {
      const { dynamoDb, proxy } = await startProxy({ seed, ...faults('throttle', { probability: 0.5 }) });
      for (let n = 0; n < 40; n += 1) await failureOf(dynamoDb.send(put(newKey())));
      return proxy.calls.map(({ fault }) => fault === 'throttle');
    };
    const [first, again, other] = await Promise.all([run(7), run(7), run(8)]);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first.filter(Boolean).length).toBeGreaterThan(8);
    expect(first.filter(Boolean).length).toBeLessThan(32);
  });

  it('count every matching call, even if another rule applies to it, report how often they fired, and can be removed', async () => {
    const { dynamoDb, proxy } = await startProxy();
    const first = proxy.inject({ fault: 'throttle', nth: 1 });
    const second = proxy.inject({ fault: 'error', every: 1 });
    for (let n = 0; n < 3; n += 1) await failureOf(dynamoDb.send(put(newKey())));
    expect([first.fired, second.fired]).toEqual([1, 2]);
    second.remove();
    await dynamoDb.send(put(newKey()));
    proxy.inject({ fault: 'error' });
    proxy.clearFaults();
    await dynamoDb.send(put(newKey()));
  });

  it('apply to one connection and leave others alone', async () => {
    const { connections, socket, proxy } = await startProxy();
    const [bob, carol] = [await socket(), await socket()];
    proxy.inject({ fault: 'gone', connection: bob.connectionId });
    expect(await failureOf(connections.send(post(bob.connectionId)))).toBe('GoneException');
    await connections.send(post(carol.connectionId));
    expect(await carol.client.next()).toBe('hi');
    await connections.send(new DeleteConnectionCommand({ ConnectionId: carol.connectionId }));
    expect(proxy.calls.map(({ operation }) => operation)).toEqual([
      'PostToConnection',
      'PostToConnection',
      'DeleteConnection',
    ]);
  });

  it('can match the content of a request', async () => {
    const { proxy, dynamoDb, stored } = await startProxy();
    const [bad, good] = [newKey(), newKey()];
    proxy.inject({ fault: 'throttle', where: (_, input) => JSON.stringify(input).includes(bad.pk.S) });
    expect(await failureOf(dynamoDb.send(put(bad)))).not.toBe('none');
    await dynamoDb.send(put(good));
    expect([await stored(bad), await stored(good)]).toEqual([false, true]);
  });
});
