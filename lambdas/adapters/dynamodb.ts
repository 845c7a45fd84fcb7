import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Pause, systemPause } from '../shared/clock.ts';
import { UnavailableError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import { keptLines } from './kept-lines.ts';

export type Item = Record<string, unknown>;

/** Three attempts of at most 2 s each. If all are slow, Lambda stops a sender's function at 10 s, and the client repeats. */
export function createDocumentClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: {
      ...keptLines().agents,
      connectionTimeout: 1_000,
      requestTimeout: 2_000,
      throwOnRequestTimeout: true,
    },
  });
  // A middleware, since only it sees the attempts that the AWS SDK retries.
  client.middlewareStack.add((next) => (args) => loggingThrottles(next(args)), {
    step: 'finalizeRequest',
    priority: 'low',
    name: 'loggingThrottles',
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

const THROTTLED = ['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'];
const THROTTLED_PARTS = ['ThrottlingError', 'ProvisionedThroughputExceeded'];

async function loggingThrottles<Result>(attempt: Promise<Result>): Promise<Result> {
  try {
    return await attempt;
  } catch (error) {
    if (isThrottle(error)) logThrottle();
    throw error;
  }
}

/** Whether a call, or part of its transaction, was throttled. */
function isThrottle(error: unknown): boolean {
  const parts = cancelCodes(error);
  return (
    THROTTLED.some((name) => isNamed(error, name)) || THROTTLED_PARTS.some((code) => parts.includes(code))
  );
}

/** The alarm on throttled tables reads this line (lib/observability.ts). */
function logThrottle(): void {
  logger.warn('table throttled');
}

/**
 * Errors with status 400 that a retry may solve
 * (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html).
 */
const RETRYABLE = new Set([...THROTTLED, 'TransactionConflictException', 'TransactionInProgressException']);

/**
 * Runs one call. Throws `UnavailableError` for what a retry may solve. Passes other errors on: a failed condition, or
 * our own mistakes (validation, permission).
 */
export async function call<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    throw isTransient(cause) ? new UnavailableError({ cause }) : cause;
  }
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const metadata = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }) : {};
  // No status means no response: a timeout or a broken socket.
  return RETRYABLE.has(error.name) || metadata.httpStatusCode === undefined || metadata.httpStatusCode >= 500;
}

/** Runs one conditional write. @returns its result, or `undefined` if its condition failed */
export async function unlessRefused<Result>(write: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call(write);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/** What a conditional write did: its output, or the item that its condition found, if there is one. */
export type Written<Output> =
  | { readonly output: Output; readonly existing?: undefined }
  | { readonly output?: undefined; readonly existing: Item | undefined };

/** Runs one conditional write that asks for the item in its way (`ReturnValuesOnConditionCheckFailure: 'ALL_OLD'`). */
export async function orExisting<Output>(write: () => Promise<Output>): Promise<Written<Output>> {
  try {
    return { output: await call(write) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { existing: error.Item && unmarshall(error.Item) };
  }
}

export type UpdateInput = Omit<
  UpdateCommandInput,
  'TableName' | 'ReturnValues' | 'ReturnValuesOnConditionCheckFailure'
>;

/**
 * Updates an item if its condition holds.
 * @returns the item as it is now, `undefined` if there is none, and whether this call changed it
 */
export async function updateIf(
  documents: DynamoDBDocumentClient,
  TableName: string,
  input: UpdateInput,
): Promise<{ readonly item: Item | undefined; readonly isChanged: boolean }> {
  const command = new UpdateCommand({
    TableName,
    ...input,
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const { output, existing } = await orExisting(() => documents.send(command));
  return { item: output === undefined ? existing : output.Attributes, isChanged: output !== undefined };
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

const CONFLICT_ATTEMPTS = 5;
/**
 * Cancellation reasons of a transaction that a retry may solve. The AWS SDK does not retry them (TransactWriteItems,
 * API reference).
 */
const RETRYABLE_REASONS = ['TransactionConflict', ...THROTTLED_PARTS];

/**
 * Writes all items or none. Retries while other writes conflict or DynamoDB throttles.
 * @returns false if a condition failed, so nothing was written
 * @throws {UnavailableError} every attempt conflicted or was throttled
 */
export async function transact(
  documents: DynamoDBDocumentClient,
  items: TransactItems,
  pause?: Pause,
): Promise<boolean> {
  return (await transactOrRefusals(documents, items, pause)).length === 0;
}

/**
 * Like `transact`.
 * @returns the indexes of the items whose condition failed; empty if all items were written
 */
export async function transactOrRefusals(
  documents: DynamoDBDocumentClient,
  items: TransactItems,
  pause?: Pause,
): Promise<readonly number[]> {
  for (let attempt = 0; attempt < CONFLICT_ATTEMPTS; attempt += 1) {
    if (attempt > 0) await backOff(attempt, pause);
    try {
      await call(() => documents.send(new TransactWriteCommand({ TransactItems: items })));
      return [];
    } catch (error) {
      const codes = cancelCodes(error);
      const refusals = [...codes.keys()].filter((index) => codes[index] === 'ConditionalCheckFailed');
      if (refusals.length > 0) return refusals;
      if (!RETRYABLE_REASONS.some((code) => codes.includes(code))) throw error;
    }
  }
  throw new UnavailableError();
}

function cancelCodes(error: unknown): (string | undefined)[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).map(({ Code }) => Code);
}

/** Retries a single write that conflicts with a transaction on the same item. */
export async function callDespiteTransactions<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(run);
    } catch (error) {
      const isConflict =
        error instanceof UnavailableError && isNamed(error.cause, 'TransactionConflictException');
      if (!isConflict || attempt === CONFLICT_ATTEMPTS) throw error;
      await backOff(attempt);
    }
  }
}

const BATCH_ATTEMPTS = 4;

/** Full jitter: 0 to 100, 200, 400, 800 ms. */
async function backOff(attempt: number, pause: Pause = systemPause): Promise<void> {
  await pause(Math.random() * 50 * 2 ** attempt);
}

export interface BatchGetOptions {
  /** Half the units, but the items may lack what was written in the last second. */
  readonly mayBeStale?: boolean;
  /** Returns only these attributes: fewer bytes, the same units. */
  readonly only?: readonly string[];
  /** @default the system's */
  readonly pause?: Pause;
}

/**
 * Reads up to 100 items of one table, by strong reads unless told otherwise, in no particular order.
 * @throws {UnavailableError} some were still unprocessed after four attempts
 */
export async function batchGet(
  documents: DynamoDBDocumentClient,
  table: string,
  keys: readonly Item[],
  { mayBeStale = false, only, pause }: BatchGetOptions = {},
): Promise<Item[]> {
  const items: Item[] = [];
  const projection = only && {
    ProjectionExpression: only.map((_, index) => `#a${index}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(only.map((name, index) => [`#a${index}`, name])),
  };
  let left: Item[] = [...keys];
  for (let attempt = 0; attempt < BATCH_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await backOff(attempt, pause);
    const request = {
      RequestItems: { [table]: { Keys: left, ConsistentRead: !mayBeStale, ...projection } },
    };
    const answer = await call(() => documents.send(new BatchGetCommand(request)));
    items.push(...(answer.Responses?.[table] ?? []));
    left = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    if (left.length > 0) logThrottle();
  }
  if (left.length > 0) throw new UnavailableError();
  return items;
}

export type WriteRequest =
  | { readonly PutRequest: { Item: Item } }
  | { readonly DeleteRequest: { Key: Item } };

/** Writes up to 25 requests to one table. Returns those that are still unprocessed after four attempts. */
export async function batchWrite(
  documents: DynamoDBDocumentClient,
  table: string,
  requests: readonly WriteRequest[],
  pause?: Pause,
): Promise<readonly WriteRequest[]> {
  let left = [...requests];
  for (let attempt = 0; attempt < BATCH_ATTEMPTS && left.length > 0; attempt += 1) {
    if (attempt > 0) await backOff(attempt, pause);
    const answer = await call(() =>
      documents.send(new BatchWriteCommand({ RequestItems: { [table]: left } })),
    );
    left = (answer.UnprocessedItems?.[table] ?? []) as WriteRequest[];
    if (left.length > 0) logThrottle();
  }
  return left;
}
