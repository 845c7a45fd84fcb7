import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAccounts } from '../../../lambdas/adapters/account-table.ts';
import { createContactWriter } from '../../../lambdas/adapters/contact-table.ts';
import {
  batchGet,
  batchWrite,
  call,
  callDespiteTransactions,
  transactOrRefusals,
  unlessRefused,
  type WriteRequest,
} from '../../../lambdas/adapters/dynamodb.ts';
import { createInbox, createInboxWriter } from '../../../lambdas/adapters/inbox-table.ts';
import { createMessageWriter } from '../../../lambdas/adapters/message-table.ts';
import { createReactionReader, createReactionWriter } from '../../../lambdas/adapters/reaction-table.ts';
import { createRouteTable } from '../../../lambdas/adapters/route-table.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { logger } from '../../../lambdas/shared/logger.ts';
import { NOON } from '../../adapters/memory/world.ts';

/** As the SDK throws what DynamoDB answered; no status: it didn't answer. */
function failure(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
}
const refusal = () =>
  new ConditionalCheckFailedException({ message: 'no', $metadata: { httpStatusCode: 400 } });

/** Answers one after the other, then the last again and again. */
function answering(...answers: readonly unknown[]) {
  const inputs: unknown[] = [];
  const send = async ({ input }: { readonly input: unknown }) => {
    inputs.push(structuredClone(input));
    return answers[Math.min(inputs.length, answers.length) - 1];
  };
  return { documents: { send } as unknown as DynamoDBDocumentClient, inputs };
}

/** Fails so often, then succeeds. */
function failing(error: Error, times: number) {
  let calls = 0;
  const run = async () => {
    calls += 1;
    if (calls <= times) throw error;
    return 'done';
  };
  return { run, calls: () => calls };
}

beforeEach(() => {
  vi.spyOn(logger, 'warn').mockImplementation(() => {});
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a call', () => {
  it.each([
    failure('ThrottlingException', 400),
    failure('ProvisionedThroughputExceededException', 400),
    failure('RequestLimitExceeded', 400),
    failure('TransactionConflictException', 400),
    failure('TransactionInProgressException', 400),
    failure('InternalServerError', 500),
    failure('ServiceUnavailable', 503),
    failure('TimeoutError'),
    new Error('socket hang up'),
  ])('fails as unavailable if it may succeed later: $name (IM-FAULT-10)', async (cause) => {
    const failed = call(() => Promise.reject(cause));
    await expect(failed).rejects.toBeInstanceOf(UnavailableError);
    await expect(failed).rejects.toMatchObject({ cause });
  });

  it.each([failure('ValidationException', 400), failure('AccessDeniedException', 499), refusal(), 'text'])(
    'passes on an error that a repeat cannot fix: %s',
    async (thrown) => {
      await expect(call(() => Promise.reject(thrown))).rejects.toBe(thrown);
    },
  );

  it('passes on an UnavailableError unchanged', async () => {
    const thrown = new UnavailableError();
    await expect(call(() => Promise.reject(thrown))).rejects.toBe(thrown);
  });
});

describe('a conditional write', () => {
  it('has no result when its condition fails, and fails for any other reason', async () => {
    expect(await unlessRefused(async () => 7)).toBe(7);
    expect(await unlessRefused(() => Promise.reject(refusal()))).toBeUndefined();
    const thrown = failure('ValidationException', 400);
    await expect(unlessRefused(() => Promise.reject(thrown))).rejects.toBe(thrown);
  });

  it('is repeated if it conflicts with a transaction, at most five times', async () => {
    const conflict = failure('TransactionConflictException', 400);
    const passing = failing(conflict, 4);
    expect(await callDespiteTransactions(passing.run)).toBe('done');
    expect(passing.calls()).toBe(5);
    const lasting = failing(conflict, Infinity);
    await expect(callDespiteTransactions(lasting.run)).rejects.toMatchObject({ cause: conflict });
    expect(lasting.calls()).toBe(5);
  });

  it('is not repeated if it fails for another reason', async () => {
    for (const error of [failure('InternalServerError', 500), refusal()]) {
      const other = failing(error, Infinity);
      await expect(callDespiteTransactions(other.run)).rejects.toThrow();
      expect(other.calls()).toBe(1);
    }
  });
});

describe('a cancelled transaction', () => {
  it('names the items whose condition failed', async () => {
    const CancellationReasons = ['None', 'ConditionalCheckFailed', 'None', 'ConditionalCheckFailed'].map(
      (Code) => ({
        Code,
      }),
    );
    const cancelled = new TransactionCanceledException({
      message: 'no',
      $metadata: { httpStatusCode: 400 },
      CancellationReasons,
    });
    const documents = { send: () => Promise.reject(cancelled) } as unknown as DynamoDBDocumentClient;
    expect(await transactOrRefusals(documents, [])).toEqual([1, 3]);
  });

  it('passes on its error unchanged if the reason is permanent', async () => {
    const cancelled = new TransactionCanceledException({
      message: 'no',
      $metadata: { httpStatusCode: 400 },
      CancellationReasons: [{ Code: 'ValidationError' }],
    });
    const documents = { send: () => Promise.reject(cancelled) } as unknown as DynamoDBDocumentClient;
    await expect(transactOrRefusals(documents, [])).rejects.toBe(cancelled);
  });
});

describe('a batch of reads', () => {
  const keys = [{ pk: 'a' }, { pk: 'b' }];
  const half = { Responses: { table: [{ pk: 'a' }] }, UnprocessedKeys: { table: { Keys: [{ pk: 'b' }] } } };

  it('requests unprocessed keys again, and logs that the table was throttled', async () => {
    const { documents, inputs } = answering(half, { Responses: { table: [{ pk: 'b' }] } });
    expect(await batchGet(documents, 'table', keys)).toEqual(keys);
    expect(inputs).toEqual(
      [keys, [{ pk: 'b' }]].map((Keys) => ({ RequestItems: { table: { Keys, ConsistentRead: true } } })),
    );
    expect(vi.mocked(logger.warn).mock.calls).toEqual([['table throttled']]);
  });

  it('is unavailable after four attempts (IM-FAULT-10)', async () => {
    const { documents, inputs } = answering({ UnprocessedKeys: { table: { Keys: keys } } });
    await expect(batchGet(documents, 'table', keys)).rejects.toBeInstanceOf(UnavailableError);
    expect(inputs).toHaveLength(4);
  });

  it('makes no call for an empty batch', async () => {
    const { documents, inputs } = answering({});
    expect(await batchGet(documents, 'table', [])).toEqual([]);
    expect(inputs).toEqual([]);
  });

  it('returns nothing for missing items', async () => {
    const { documents } = answering({});
    expect(await batchGet(documents, 'table', keys)).toEqual([]);
    expect(logger.warn).not.toHaveBeenCalled();
  });
});

describe('a batch of writes', () => {
  const requests: WriteRequest[] = [
    { DeleteRequest: { Key: { pk: 'a' } } },
    { PutRequest: { Item: { pk: 'b' } } },
  ];

  it('repeats unprocessed writes', async () => {
    const { documents, inputs } = answering({ UnprocessedItems: { table: requests.slice(1) } }, {});
    expect(await batchWrite(documents, 'table', requests)).toEqual([]);
    expect(inputs).toEqual([requests, requests.slice(1)].map((table) => ({ RequestItems: { table } })));
    expect(vi.mocked(logger.warn).mock.calls).toEqual([['table throttled']]);
  });

  it('returns the requests that are unprocessed after four attempts', async () => {
    const { documents, inputs } = answering({ UnprocessedItems: { table: requests } });
    expect(await batchWrite(documents, 'table', requests)).toEqual(requests);
    expect(inputs).toHaveLength(4);
  });

  it('makes no call for an empty batch', async () => {
    const { documents, inputs } = answering({});
    expect(await batchWrite(documents, 'table', [])).toEqual([]);
    expect(inputs).toEqual([]);
  });
});

describe('a batch that DynamoDB does not get through', () => {
  let waits: number[];
  const pause = async (ms: number) => void waits.push(ms);
  beforeEach(() => {
    waits = [];
    // The longest that the jitter allows.
    vi.mocked(Math.random).mockReturnValue(1);
  });
  const Keys = [{ pk: 'a' }];
  const writes: WriteRequest[] = [{ DeleteRequest: { Key: { pk: 'a' } } }];

  const read = (answer: object) => batchGet(answering(answer).documents, 'table', Keys, { pause });
  const write = (answer: object) => batchWrite(answering(answer).documents, 'table', writes, pause);

  it('is repeated after longer and longer waits', async () => {
    await expect(read({ UnprocessedKeys: { table: { Keys } } })).rejects.toThrow();
    expect(waits).toEqual([100, 200, 400]);
    await write({ UnprocessedItems: { table: writes } });
    expect(waits.slice(3)).toEqual([100, 200, 400]);
    expect(logger.warn).toHaveBeenCalledTimes(8);
  });

  it('does not wait, and logs nothing, once DynamoDB gets through it', async () => {
    await read({});
    await write({});
    expect(waits).toEqual([]);
    expect(logger.warn).not.toHaveBeenCalled();
  });
});

describe('an inbox', () => {
  const entry = (userId: string, messageId: string) => ({
    userId,
    reference: {
      conversationId: 'dm:alice:bob',
      from: 'alice',
      clientMsgId: 'c1',
      seq: 1,
      messageId,
      sentAt: NOON,
      bytes: 100,
    },
  });
  const clock = () => NOON;
  /** DynamoDB never gets to the row of this message. */
  const busyAt = (messageId: string) => {
    const send = async ({ input }: { readonly input: { RequestItems: { inbox: WriteRequest[] } } }) => {
      const left = input.RequestItems.inbox.filter((request) => JSON.stringify(request).includes(messageId));
      return { UnprocessedItems: { inbox: left } };
    };
    return { send } as unknown as DynamoDBDocumentClient;
  };

  it('returns the entries that are not stored, for their own user only (IM-FAULT-5)', async () => {
    const entries = ['bob', 'zoe'].flatMap((userId) => [entry(userId, `A-${userId}`), entry(userId, 'B')]);
    const props = { tableName: 'inbox', inboxTtlSeconds: 60, clock };
    const left = await createInboxWriter(busyAt('A-zoe'), props).put([...entries, ...entries]);
    expect(left).toEqual([entries[2], entries[2]]);
  });

  it('is unavailable if it still has an entry that should be removed (IM-HELLO-2)', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `M${n}`);
    const remove = (messageId: string) =>
      createInbox(busyAt(messageId), { tableName: 'inbox', clock }).remove('bob', ids);
    await expect(remove('M29')).rejects.toBeInstanceOf(UnavailableError);
    await expect(remove('other')).resolves.toBeUndefined();
  });
});

describe('the calls of reactions', () => {
  const aMessage = { conversationId: 'dm:alice:bob', messageId: 'M', seq: 1, sentAt: NOON };
  /** With a summary that shows this reaction. */
  const shown = (shards: number) => {
    const list = ['👏', '👍'].map((name) => ({ name, count: 1, users: ['alice'] }));
    return { ...aMessage, reactions: { version: 3, shards, list } };
  };
  const request = { userId: 'bob', name: '👍', on: true, isLarge: false };
  const writer = (to: DynamoDBDocumentClient, historyTtlSeconds = 0) =>
    createReactionWriter(to, { tableName: 'table', historyTtlSeconds });
  const ADDS = 'ADD version :one, #user :these';
  const NAMES = '#names = list_append(if_not_exists(#names, :none), :new)';

  it.each([
    ['a name that the summary shows', shown(1), request, ADDS],
    ['one that it shows, in what was a small group', shown(1), { ...request, isLarge: true }, ADDS],
    ['one that it does not show', shown(1), { ...request, name: '🎉' }, `SET ${NAMES} ${ADDS}`],
    ['the first of a message', aMessage, request, `SET ${NAMES} ${ADDS}`],
    [
      'the first in a large group',
      aMessage,
      { ...request, isLarge: true },
      `SET ${NAMES}, shards = :shards ADD version :one`,
    ],
    ['a removal', shown(1), { ...request, on: false }, 'ADD version :one DELETE #user :these'],
  ])(
    'guess from the message what is stored, so that one write suffices: %s',
    async (_, message, wanted, first) => {
      const { documents, inputs } = answering({
        Attributes: { names: ['👍', '🎉'], shards: 16 },
        Responses: {},
      });
      await writer(documents).react(message, wanted);
      expect(inputs[0]).toMatchObject({ Key: { sk: '#r#M' }, UpdateExpression: first });
    },
  );

  it("in a large group write the user's shard at once, which is the same for ever", async () => {
    for (const on of [true, false]) {
      const { documents, inputs } = answering({ Attributes: {}, Responses: {} });
      await writer(documents).react(shown(16), { ...request, on });
      expect(inputs[0]).toMatchObject({ Key: { pk: 'dm:alice:bob#M', sk: '#r#M#1' } });
    }
  });

  it('write an expiry only if messages expire', async () => {
    for (const [seconds, ttl] of [
      [0, undefined],
      [60, NOON / 1_000 + 60],
    ] as const) {
      // biome-ignore format: a table
      const { documents, inputs } = answering({ Attributes: {} });
      await writer(documents, seconds).react(shown(1), request);
      const input = inputs[0] as UpdateCommandInput;
      expect(input.UpdateExpression).toBe(ttl === undefined ? ADDS : `SET #ttl = :ttl ${ADDS}`);
      expect(input.ExpressionAttributeValues?.[':ttl']).toBe(ttl);
    }
  });

  it("delete one item of a small group's message, and read of each only the user's own", async () => {
    const { documents, inputs } = answering({});
    await writer(documents).forget(shown(1));
    await createReactionReader(documents, 'table').ofUser('bob', [shown(1)]);
    const Key = { pk: 'dm:alice:bob#M', sk: '#r#M' };
    const read = {
      Keys: [Key],
      ConsistentRead: true,
      ProjectionExpression: '#a0, #a1',
      ExpressionAttributeNames: { '#a0': 'sk', '#a1': 'u#bob' },
    };
    expect(inputs).toEqual([
      { RequestItems: { table: [{ DeleteRequest: { Key } }] } },
      { RequestItems: { table: read } },
    ]);
  });
});

describe('a write in whose way another one is, each time', () => {
  /** Refuses every write, because of these items, one after the other, then from the first on again. */
  const refusing = (...items: readonly object[]) => {
    let calls = 0;
    const send = async (command: unknown) => {
      const Item = marshall(items[calls % items.length]);
      calls += 1;
      if (!(command instanceof TransactWriteCommand)) throw Object.assign(refusal(), { Item });
      const CancellationReasons = [{ Code: 'ConditionalCheckFailed' }];
      const message = { message: 'no', $metadata: { httpStatusCode: 400 } };
      throw new TransactionCanceledException({ ...message, CancellationReasons });
    };
    return { documents: { send } as unknown as DynamoDBDocumentClient, calls: () => calls };
  };
  const longer = { paid: NOON + 1 };
  const today = { met: { d: 'today', n: 1 } };
  const props = { tableName: 'table', historyTtlSeconds: 0 };
  const reaction = { userId: 'bob', name: '👍', on: true, isLarge: false };
  const message = { conversationId: 'dm:alice:bob', messageId: 'M', seq: 1, sentAt: NOON };

  it.each<readonly [string, number, readonly object[], (to: DynamoDBDocumentClient) => Promise<unknown>]>([
    ['a debt', 4, [longer], (to) => createAccounts(to, 'table').addDebt('bob', 100, { nowMs: NOON })],
    [
      'a meeting',
      4,
      [{}, today],
      (to) => createAccounts(to, 'table').meet('bob', 1, { day: 'today', maximum: 5 }),
    ],
    // Each attempt looks for the contact first.
    ['a contact', 10, [{}], (to) => createContactWriter(to, 'table').put('bob', { userId: 'alice' }, 5)],
    ['a reaction', 8, [{ version: 1 }], (to) => createReactionWriter(to, props).react(message, reaction)],
  ])('is unavailable in the end: %s, after %i calls (IM-FAULT-10)', async (_, expected, items, write) => {
    const { documents, calls } = refusing(...items);
    await expect(write(documents)).rejects.toBeInstanceOf(UnavailableError);
    expect(calls()).toBe(expected);
  });
});

describe('a write that needs what is stored already', () => {
  const refusing = (error: Error) => {
    const documents = { send: () => Promise.reject(error) } as unknown as DynamoDBDocumentClient;
    const props = { tableName: 'table', historyTtlSeconds: 0, keepsChange: true, clock: () => NOON };
    const caller = { userId: 'bob', deviceId: 'phone', connectionId: 'c' };
    return [
      () => createMessageWriter(documents, props).putIfAbsent(aMessage),
      () => createRouteTable(documents, 'table').noteTyping(caller, NOON, 2_000),
    ];
  };
  const aMessage = {
    conversationId: 'dm:alice:bob',
    from: 'alice',
    clientMsgId: 'c1',
    seq: 1,
    messageId: '0'.repeat(26),
    sentAt: NOON,
    contentJson: '{}',
    contentHash: 'h',
  };

  it('is unavailable when DynamoDB is, and takes no other error for a refusal (IM-FAULT-10)', async () => {
    for (const write of refusing(failure('InternalServerError', 500)))
      await expect(write()).rejects.toBeInstanceOf(UnavailableError);
    const invalid = failure('ValidationException', 400);
    for (const write of refusing(invalid)) await expect(write()).rejects.toBe(invalid);
  });

  it('passes on a refusal without the stored item', async () => {
    const [store] = refusing(refusal());
    await expect(store?.()).rejects.toThrow('names no item');
  });
});
