import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { transact } from '../../../lambdas/adapters/dynamodb.ts';

/** Cancels as often as it is told to, for this reason; the emulator never has no room. */
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

describe('a transaction', () => {
  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'that is cancelled for %s is repeated, and at last unavailable (IM-FAULT-10)',
    async (code) => {
      const passing = cancelling(code, 1);
      expect(await transact(passing.documents, [])).toBe(true);
      expect(passing.calls()).toBe(2);
      const lasting = cancelling(code, Infinity);
      await expect(transact(lasting.documents, [])).rejects.toMatchObject({ code: 'unavailable' });
      expect(lasting.calls()).toBe(5);
    },
  );

  it('whose condition fails is not', async () => {
    const refused = cancelling('ConditionalCheckFailed', Infinity);
    expect(await transact(refused.documents, [])).toBe(false);
    expect(refused.calls()).toBe(1);
  });
});
