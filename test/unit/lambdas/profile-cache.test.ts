import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createProfileCache } from '../../../lambdas/adapters/profile-cache.ts';
import type { KeptProfile } from '../../../lambdas/domain/model/profile-source.ts';

type Row = Readonly<Record<string, unknown>>;

/** Which of the two writes are tried, if the first is refused by this row, or by none; not given: it is not refused. */
async function writesOf(before: KeptProfile | undefined, refusing?: { readonly row?: Row }) {
  const tried: string[] = [];
  const send = async ({ input }: { readonly input: { readonly UpdateExpression: string } }) => {
    tried.push(input.UpdateExpression.includes('version') ? 'replace' : 'confirm');
    if (tried.length > 1 || refusing === undefined) return { Attributes: {} };
    throw new ConditionalCheckFailedException({
      message: 'no',
      $metadata: { httpStatusCode: 400 },
      ...(refusing.row && { Item: marshall(refusing.row) }),
    });
  };
  const cache = createProfileCache({ send } as unknown as DynamoDBDocumentClient, 'T');
  await cache.keep('bob', { name: 'Bob' }, { askedAtMs: 20, before });
  return tried;
}

/** What a read asks DynamoDB for. */
async function readOf(mayBeStale: boolean): Promise<unknown> {
  const asked: unknown[] = [];
  const send = async ({ input }: { readonly input: { readonly RequestItems: object } }) => {
    asked.push(input.RequestItems);
    return { Responses: {} };
  };
  await createProfileCache({ send } as unknown as DynamoDBDocumentClient, 'T').kept(['bob'], mayBeStale);
  return asked;
}

const bob = { userId: 'bob', name: 'Bob', version: 3 };

describe('a profile that the source gave (IM-PROFILE-3)', () => {
  it('is read by one read that may be stale, at half the price, unless it must be strong', async () => {
    const Keys = [{ pk: 'p#bob', sk: 'profile' }];
    expect(await readOf(true)).toEqual([{ T: { Keys, ConsistentRead: false } }]);
    expect(await readOf(false)).toEqual([{ T: { Keys, ConsistentRead: true } }]);
  });

  it('is confirmed first if it is as before, and replaced first otherwise: one write each', async () => {
    expect(await writesOf({ profile: bob, askedAtMs: 10 })).toEqual(['confirm']);
    expect(await writesOf({ profile: { ...bob, name: 'Rob' }, askedAtMs: 10 })).toEqual(['replace']);
    expect(await writesOf({ profile: undefined, askedAtMs: 10 })).toEqual(['replace']);
    expect(await writesOf(undefined)).toEqual(['replace']);
    // The user's own.
    expect(await writesOf({ profile: bob, askedAtMs: 0 })).toEqual(['replace']);
  });

  it('is tried the other way if it is refused, unless a later answer is there', async () => {
    const before = { profile: bob, askedAtMs: 10 };
    expect(await writesOf(before, { row: { asked: 21 } })).toEqual(['confirm']);
    expect(await writesOf(undefined, { row: { asked: 21 } })).toEqual(['replace']);
    expect(await writesOf(before, { row: { asked: 20 } })).toEqual(['confirm', 'replace']);
    expect(await writesOf(before, { row: {} })).toEqual(['confirm', 'replace']);
    expect(await writesOf(before, {})).toEqual(['confirm', 'replace']);
  });
});
