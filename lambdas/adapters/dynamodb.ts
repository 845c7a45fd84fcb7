import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { UnavailableError } from '../shared/errors.ts';

export type Item = Record<string, unknown>;

/** Three attempts of at most 2 s: a sender's function has 10 s for its three calls in a row. */
export function createDocumentClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** 400s that say "later" (DynamoDB error handling page). */
const BUSY = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/**
 * Runs one call. What another try may cure becomes `UnavailableError`; a failed condition and our own mistakes
 * (validation, permission) pass as they are.
 */
export async function call<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    throw isPassing(cause) ? new UnavailableError({ cause }) : cause;
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : {};
  // No status: no answer, a time-out or a cut socket.
  return BUSY.has(error.name) || metadata.httpStatusCode === undefined || metadata.httpStatusCode >= 500;
}

export function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}

const BATCH_ATTEMPTS = 4;

/** Full jitter: 0 to 50, 100, 200 ms. */
async function backOff(attempt: number): Promise<void> {
  await sleep(Math.random() * 50 * 2 ** attempt);
}

/**
 * Reads up to 100 items of one table, strongly consistent, in no order.
 * @throws {UnavailableError} some were still unprocessed after four attempts
 */
export async function batchGet(
  documents: DynamoDBDocumentClient,
  table: string,
  keys: readonly Item[],
): Promise<Item[]> {
  const items: Item[] = [];
  let left: Item[] = [...keys];
  for (let attempt = 0; attempt < BATCH_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await backOff(attempt);
    const request = { RequestItems: { [table]: { Keys: left, ConsistentRead: true } } };
    const answer = await call(() => documents.send(new BatchGetCommand(request)));
    items.push(...(answer.Responses?.[table] ?? []));
    left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
  }
  if (left.length > 0) throw new UnavailableError();
  return items;
}

export type WriteRequest =
  | { readonly PutRequest: { Item: Item } }
  | { readonly DeleteRequest: { Key: Item } };

/** Writes up to 25 requests to one table; returns those that were still unprocessed after four attempts. */
export async function batchWrite(
  documents: DynamoDBDocumentClient,
  table: string,
  requests: readonly WriteRequest[],
): Promise<readonly WriteRequest[]> {
  let left = [...requests];
  for (let attempt = 0; attempt < BATCH_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await backOff(attempt);
    const answer = await call(() =>
      documents.send(new BatchWriteCommand({ RequestItems: { [table]: left } })),
    );
    left = (answer.UnprocessedItems?.[table] ?? []) as WriteRequest[];
  }
  return left;
}
