import type { SQSRecord } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import type { ReturnedRecord } from '../../../lambdas/domain/model/failed-job.ts';
import { NotFoundError, UnavailableError } from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import {
  type Job,
  processBatch,
  processEach,
  processGroups,
} from '../../../lambdas/transport/queue-records.ts';

const schema = () => z.object({ n: z.number() });
const sentAtMs = 1_795_000_000_000;
const record = (messageId: string, body: string, receiveCount = '1') =>
  ({
    messageId,
    body,
    receiptHandle: `receipt of ${messageId}`,
    attributes: { ApproximateReceiveCount: receiveCount, SentTimestamp: String(sentAtMs) },
  }) as SQSRecord;
const returned: ReturnedRecord[] = [];
const ports = {
  workQueue: { returnLater: async (records: readonly ReturnedRecord[]) => void returned.push(...records) },
};
const job = (recordId: string, n: number): Job<{ n: number }> => ({
  recordId,
  body: { n },
  isRepeat: false,
  sentAtMs,
});

afterEach(() => {
  returned.splice(0);
  vi.restoreAllMocks();
});

describe('a batch', () => {
  it('passes the parsed records on, each marked as a repeat or not', async () => {
    const process = vi.fn(async () => []);
    const batch = [record('a', '{"n":1}'), record('b', '{"n":2}', '2')];
    expect(await processBatch('job', schema, batch, ports, process)).toEqual({ batchItemFailures: [] });
    expect(process.mock.calls).toEqual([
      [
        [
          { recordId: 'a', body: { n: 1 }, isRepeat: false, sentAtMs },
          { recordId: 'b', body: { n: 2 }, isRepeat: true, sentAtMs },
        ],
      ],
    ]);
  });

  it('returns and logs a malformed record and processes the others (IM-FAULT-5)', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    const process = vi.fn(async () => []);
    const batch = [record('a', '{'), record('b', '{"n":"1"}'), record('c', '{"n":3}')];
    expect(await processBatch('job', schema, batch, ports, process)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    });
    expect(process.mock.calls).toEqual([[[{ recordId: 'c', body: { n: 3 }, isRepeat: false, sentAtMs }]]]);
    expect(error.mock.calls).toEqual(
      ['a', 'b'].map((recordId) => [
        'malformed job',
        { recordId, error: expect.objectContaining({ name: 'InvalidRequestError' }) },
      ]),
    );
  });

  it('processes nothing when every record is malformed', async () => {
    vi.spyOn(logger, 'error').mockImplementation(() => {});
    const process = vi.fn(async () => []);
    await processBatch('job', schema, [record('a', '')], ports, process);
    expect(process).not.toHaveBeenCalled();
  });

  it('returns a failed record after seconds, later with each failure', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    const warn = vi.spyOn(logger, 'warn').mockImplementation(() => {});
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const counts = ['1', '2', '3', '8', '9', '19', '20'];
    const batch = counts.map((count) => record(`r${count}`, '{"n":1}', count));
    const failAll = async (jobs: readonly Job<{ n: number }>[]) =>
      jobs.map(({ recordId }) => ({ recordId, reason: new UnavailableError() }));
    await processBatch('job', schema, batch, ports, failAll);
    expect(returned).toEqual(
      [2, 3, 6, 192, 225, 225, 1].map((delaySeconds, index) => ({
        receiptHandle: `receipt of r${counts[index]}`,
        delaySeconds,
      })),
    );
    // A failure that may pass within seconds rings no alarm.
    expect(warn.mock.calls.map(([message]) => message)).toEqual(Array(3).fill('job retried'));
    expect(error.mock.calls.map(([message]) => message)).toEqual(Array(4).fill('job failed'));
  });

  it.each([
    ['is malformed', '{', async () => []],
    ['was refused', '{"n":1}', async () => [{ recordId: 'a', reason: new NotFoundError() }]],
  ])(
    'logs a record that %s once, and returns it after a second each time (IM-FAULT-5)',
    async (_, body, process) => {
      const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
      for (const count of ['1', '2', '15'])
        await processBatch('job', schema, [record('a', body, count)], ports, process);
      expect(returned.map(({ delaySeconds }) => delaySeconds)).toEqual([1, 1, 1]);
      expect(error).toHaveBeenCalledTimes(1);
    },
  );

  it('returns every job when a call fails that serves all of them', async () => {
    vi.spyOn(logger, 'warn').mockImplementation(() => {});
    const batch = [record('a', '{"n":1}'), record('b', '{"n":2}')];
    const fail = () => Promise.reject(new UnavailableError());
    expect((await processBatch('job', schema, batch, ports, fail)).batchItemFailures).toHaveLength(2);
    expect(returned.map(({ delaySeconds }) => delaySeconds <= 2)).toEqual([true, true]);
  });

  it('asks nothing of its queue when no record failed', async () => {
    const workQueue = { returnLater: vi.fn() };
    await processBatch('job', schema, [record('a', '{"n":1}')], { workQueue }, async () => []);
    expect(workQueue.returnLater).not.toHaveBeenCalled();
  });

  it('returns and logs failed records after malformed ones', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    const batch = [record('a', '{"n":1}', '5'), record('b', '{')];
    const failed = [{ recordId: 'a', reason: new Error('busy') }];
    expect(await processBatch('job', schema, batch, ports, async () => failed)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'a' }],
    });
    expect(error.mock.calls.at(-1)).toEqual([
      'job failed',
      { recordId: 'a', error: expect.objectContaining({ message: 'busy' }) },
    ]);
  });
});

describe('jobs', () => {
  it('fail one by one, each for its own reason', async () => {
    const process = async ({ n }: { n: number }) => {
      if (n > 1) throw `no ${n}`;
    };
    expect(await processEach([job('a', 1), job('b', 2), job('c', 3)], process)).toEqual([
      { recordId: 'b', reason: 'no 2' },
      { recordId: 'c', reason: 'no 3' },
    ]);
  });

  it('fail together within a group and leave the other groups alone', async () => {
    const process = async ([{ body }]: readonly [Job<{ n: number }>, ...unknown[]]) => {
      if (body.n === 1) throw 'no';
    };
    expect(await processGroups([[job('a', 1), job('b', 2)], [job('c', 3)]], process)).toEqual([
      { recordId: 'a', reason: 'no' },
      { recordId: 'b', reason: 'no' },
    ]);
  });
});
