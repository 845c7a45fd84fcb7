import type { SQSRecord } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { logger } from '../../../lambdas/shared/logger.ts';
import {
  type Job,
  processBatch,
  processEach,
  processGroups,
} from '../../../lambdas/transport/queue-records.ts';

const schema = () => z.object({ n: z.number() });
const record = (messageId: string, body: string, receiveCount = '1') =>
  ({ messageId, body, attributes: { ApproximateReceiveCount: receiveCount } }) as SQSRecord;
const job = (recordId: string, n: number): Job<{ n: number }> => ({ recordId, body: { n }, isRepeat: false });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a batch', () => {
  it('passes the parsed records on, each marked as a repeat or not', async () => {
    const process = vi.fn(async () => []);
    const batch = [record('a', '{"n":1}'), record('b', '{"n":2}', '2')];
    expect(await processBatch('job', schema, batch, process)).toEqual({ batchItemFailures: [] });
    expect(process.mock.calls).toEqual([
      [
        [
          { recordId: 'a', body: { n: 1 }, isRepeat: false },
          { recordId: 'b', body: { n: 2 }, isRepeat: true },
        ],
      ],
    ]);
  });

  it('returns and logs a malformed record and processes the others (IM-FAULT-5)', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    const process = vi.fn(async () => []);
    const batch = [record('a', '{'), record('b', '{"n":"1"}'), record('c', '{"n":3}')];
    expect(await processBatch('job', schema, batch, process)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    });
    expect(process.mock.calls).toEqual([[[{ recordId: 'c', body: { n: 3 }, isRepeat: false }]]]);
    expect(error.mock.calls).toEqual(
      ['a', 'b'].map((recordId) => [
        expect.stringContaining('job'),
        { recordId, error: expect.objectContaining({ name: 'InvalidRequestError' }) },
      ]),
    );
  });

  it('processes nothing when every record is malformed', async () => {
    vi.spyOn(logger, 'error').mockImplementation(() => {});
    const process = vi.fn(async () => []);
    await processBatch('job', schema, [record('a', '')], process);
    expect(process).not.toHaveBeenCalled();
  });

  it('returns and logs failed records after malformed ones', async () => {
    const error = vi.spyOn(logger, 'error').mockImplementation(() => {});
    const batch = [record('a', '{"n":1}'), record('b', '{')];
    const failed = [{ recordId: 'a', reason: new Error('busy') }];
    expect(await processBatch('job', schema, batch, async () => failed)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'a' }],
    });
    expect(error.mock.calls.at(-1)).toEqual([
      expect.stringContaining('job'),
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
