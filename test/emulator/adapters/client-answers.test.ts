import { createServer } from 'node:http';
import { GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDocumentClient } from '../../../lambdas/adapters/dynamodb.ts';
import { createBatchSender } from '../../../lambdas/adapters/sqs.ts';
import { createWorkQueue } from '../../../lambdas/adapters/work-queue.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { closeServer, listenOn } from '../../../local/listening.ts';
import { millisecondsOf } from './milliseconds-of.ts';

/** How the clients of AWS retry, wait, and log, with a service whose answers the test chooses. */

type Answer = 'never' | { readonly status?: number; readonly body?: object };

/** Answers one after the other, then the last again and again. */
async function answering(...answers: readonly Answer[]) {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    requests.push(JSON.parse(Buffer.concat(await request.toArray()).toString()));
    const answer = answers[Math.min(requests.length, answers.length) - 1] ?? {};
    if (answer === 'never') return;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body ?? {}));
  });
  const url = `http://127.0.0.1:${await listenOn(server, 0)}`;
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  // No jitter: the next attempt follows at once.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
  onTestFinished(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await closeServer(server);
  });
  return { requests, url, warn };
}

const failure = (name: string, more: object = {}) => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...more },
});
const get = () => createDocumentClient().send(new GetCommand({ TableName: 'T', Key: { pk: 'x' } }));

describe("the tables' client", () => {
  it.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'])(
    'makes three attempts, and logs each one that ends in %s (IM-FAULT-10)',
    async (name) => {
      const { requests, warn } = await answering(failure(name), failure(name), {});
      await get();
      expect(requests).toHaveLength(3);
      expect(warn.mock.calls).toEqual([['table throttled'], ['table throttled']]);
      const down = await answering(failure(name));
      await expect(get()).rejects.toMatchObject({ name });
      expect(down.requests).toHaveLength(3);
    },
  );

  it.each([
    ['ThrottlingError', 1],
    ['ProvisionedThroughputExceeded', 1],
    ['ConditionalCheckFailed', 0],
  ])('logs %s in a transaction %i times', async (Code, times) => {
    const CancellationReasons = [{ Code: 'None' }, { Code }];
    const { warn } = await answering(failure('TransactionCanceledException', { CancellationReasons }));
    const transaction = new TransactWriteCommand({ TransactItems: [] });
    await expect(createDocumentClient().send(transaction)).rejects.toThrow();
    expect(warn.mock.calls.filter(([text]) => text === 'table throttled')).toHaveLength(times);
  });

  it('makes one attempt if a repeat cannot help, and logs nothing', async () => {
    const { requests, warn } = await answering(failure('ValidationException'));
    await expect(get()).rejects.toMatchObject({ name: 'ValidationException' });
    expect([requests.length, warn.mock.calls.length]).toEqual([1, 0]);
  });

  it('stores no property that is undefined', async () => {
    const { requests } = await answering({});
    const Item = { pk: 'x', none: undefined, inside: { none: undefined } };
    await createDocumentClient().send(new PutCommand({ TableName: 'T', Item }));
    expect(requests[0]).toMatchObject({ Item: { pk: { S: 'x' }, inside: { M: {} } } });
    expect(JSON.stringify(requests[0])).not.toContain('none');
  });

  it('gives an attempt two seconds (IM-FAULT-10)', async () => {
    const { requests } = await answering('never');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ms = await millisecondsOf(get());
    expect(requests).toHaveLength(3);
    expect(ms).toBeGreaterThanOrEqual(6_000);
    expect(ms).toBeLessThan(7_000);
  });
});

describe("a queue's client", () => {
  const broken = { status: 500, body: { __type: 'InternalFailure' } };

  it('makes three attempts, of two seconds each, to send (IM-FAULT-10)', async () => {
    const { requests, url } = await answering(broken, 'never');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sent = createBatchSender(`${url}/0/queue`)([{ MessageBody: '{}' }]);
    const failed = expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    const ms = await millisecondsOf(sent);
    await failed;
    expect(requests).toHaveLength(3);
    expect(ms).toBeGreaterThanOrEqual(4_000);
    expect(ms).toBeLessThan(5_000);
  });

  it('makes two attempts, of a second each, to return records', async () => {
    const { requests, url, warn } = await answering('never');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const returned = createWorkQueue(`${url}/0/queue`).returnLater([]);
    const ms = await millisecondsOf(returned);
    expect(requests).toHaveLength(2);
    expect(ms).toBeGreaterThanOrEqual(2_000);
    expect(ms).toBeLessThan(3_000);
    expect(warn).toHaveBeenCalledOnce();
  });
});
