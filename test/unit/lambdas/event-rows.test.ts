import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient, PutCommandInput } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  createAdminCallWriter,
  createGroupEventWriter,
  createUserEventWriter,
} from '../../../lambdas/adapters/event-table.ts';
import { NOON } from '../../adapters/memory/world.ts';

/** A client that takes all writes, or throws this, and what it was to write. */
function recording(error?: Error) {
  const puts: PutCommandInput[] = [];
  const send = async ({ input }: { readonly input: PutCommandInput }) => {
    puts.push(input);
    if (error !== undefined) throw error;
    return {};
  };
  return { puts, documents: { send } as unknown as DynamoDBDocumentClient };
}

/** 15 days. */
const ttl = NOON / 1_000 + 1_296_000;
const at = NOON;
const once = { TableName: 'T', ConditionExpression: 'attribute_not_exists(pk)' };

describe('a row for an event that has no other row (IM-EVENT-2)', () => {
  it('is there once for each type, time, and end of a ban, and for 15 days', async () => {
    const { puts, documents } = recording();
    const writer = createUserEventWriter(documents, 'T');
    const facts = { type: 'user.banned', userId: 'eve', at } as const;
    await writer.put({ ...facts, untilMs: NOON + 9, reason: 'spam' });
    await writer.put({ ...facts, type: 'user.unbanned' });
    const [ban, lifted] = puts;
    const pk = 'event#eve';
    expect(ban).toEqual({
      ...once,
      Item: { pk, sk: `user.banned#${at}#${at + 9}`, ...facts, until: at + 9, reason: 'spam', ttl },
    });
    expect(lifted?.Item).toEqual({ pk, sk: `user.unbanned#${at}#`, ...facts, type: 'user.unbanned', ttl });
  });

  it('is there once for each request of the operator, and each group that was deleted', async () => {
    const { puts, documents } = recording();
    const call = { caller: 'c', action: 'GET /x', target: { userId: 'eve' }, outcome: 'done', at };
    await createAdminCallWriter(documents, 'T').put({ requestId: 'r1', ...call });
    await createGroupEventWriter(documents, 'T').put({ conversationId: 'g:1', at });
    expect(puts).toEqual([
      { ...once, Item: { pk: 'event#r1', sk: 'admin.called', type: 'admin.called', ...call, ttl } },
      { ...once, Item: { pk: 'event#g:1', sk: 'group.deleted', type: 'group.deleted', at, ttl } },
    ]);
  });

  it('is no second one after a repeat, and its writer tells of any other failure', async () => {
    const repeated = new ConditionalCheckFailedException({ message: '', $metadata: { httpStatusCode: 400 } });
    const put = (error: Error) =>
      createGroupEventWriter(recording(error).documents, 'T').put({ conversationId: 'g:1', at });
    await put(repeated);
    await expect(put(new Error('no'))).rejects.toThrow();
  });
});
