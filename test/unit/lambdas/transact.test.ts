import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { transact } from '../../../lambdas/adapters/dynamodb.ts';

/** Cancels the first `times` transactions for this reason; the emulator never runs out of capacity. */
function cancelling(code: string, times: number) {
  let calls = 0;
  const send = async () => {
    calls += 1;
    if (calls > times) return {};
    throw new TransactionCanceledException({
      $metadata: { httpStatusCode: 400 },
      message: 'Transaction cancelled',
      CancellationReasons: [{ Code: 'None' }, { Code: code }],
    });
  };
  return { documents: { send } as unknown as DynamoDBDocumentClient, calls: () => calls };
}

describe('transact', () => {
  let waits: number[];
  const pause = async (milliseconds: number) => void waits.push(milliseconds);
  beforeEach(() => {
    waits = [];
    // The longest wait that the jitter allows.
    vi.spyOn(Math, 'random').mockReturnValue(1);
    onTestFinished(() => void vi.restoreAllMocks());
  });

  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'repeats a transaction that was cancelled for %s, waits longer each time, and then throws `unavailable` (IM-FAULT-10)',
    async (code) => {
      const passing = cancelling(code, 1);
      expect(await transact(passing.documents, [], pause)).toBe(true);
      expect(passing.calls()).toBe(2);
      waits = [];
      const lasting = cancelling(code, Infinity);
      await expect(transact(lasting.documents, [], pause)).rejects.toMatchObject({ code: 'unavailable' });
      expect(lasting.calls()).toBe(5);
      expect(waits).toEqual([100, 200, 400, 800]);
    },
  );

  it('returns false without a repeat when a condition fails', async () => {
    const refused = cancelling('ConditionalCheckFailed', Infinity);
    expect(await transact(refused.documents, [], pause)).toBe(false);
    expect(refused.calls()).toBe(1);
    expect(waits).toEqual([]);
  });
});
