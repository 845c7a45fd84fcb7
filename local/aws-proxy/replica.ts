import {
  type AttributeValue,
  type BatchGetItemInput,
  type BatchGetItemOutput,
  type BatchWriteItemInput,
  paginateScan,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { dynamoDbClient } from '../emulators/clients.ts';
import { startDynamoDb } from '../emulators/dynoxide.ts';
import type { Emulator } from '../emulators/emulator.ts';
import { createTables } from '../emulators/tables.ts';
import { recordOf } from '../json.ts';
import type { TableModel } from '../model.ts';
import { REGION } from '../stack/identifiers.ts';
import { type ItemKey, ItemKeys } from './item-keys.ts';
import { type Distribution, sample } from './latency.ts';
import { Upstream } from './upstream.ts';

type Item = Record<string, AttributeValue>;

interface Change extends ItemKey {
  /** Undefined if the item was deleted. */
  readonly item: Item | undefined;
  readonly dueMs: number;
}

export interface ReplicaOptions {
  /** The time from a write until the replica has it. */
  readonly lag: Distribution;
  readonly seed: number;
}

const BATCH_WRITE = 25;

/**
 * A second database that gets each write some time after the first, and answers eventually consistent reads: "the
 * responses may not reflect the results of a recently completed write operation"
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html). Changes of one
 * item arrive in order. With a lag that varies, those of different items may not.
 */
export class Replica {
  readonly #emulator: Emulator;
  readonly #primaryEndpoint: string;
  readonly #primary: Upstream;
  readonly #copy: Upstream;
  readonly #options: ReplicaOptions;
  #keys = new ItemKeys([]);
  #changes: Change[] = [];
  /** All reads and writes of the replica run one after another, so that an older item never overwrites a newer one. */
  #work: Promise<void> = Promise.resolve();
  #writes = 0;
  #isHeld = false;
  #isClosed = false;

  /** @throws {OperatorError} if dynoxide does not start */
  static async start(primary: string, options: ReplicaOptions): Promise<Replica> {
    // A DynamoDB Local named by DYNAMODB_ENDPOINT is the primary, and can't be its own replica.
    const { DYNAMODB_ENDPOINT: _, ...environment } = process.env;
    return new Replica(primary, await startDynamoDb({ environment }), options);
  }

  private constructor(primary: string, emulator: Emulator, options: ReplicaOptions) {
    this.#emulator = emulator;
    this.#options = options;
    this.#primaryEndpoint = primary;
    this.#primary = new Upstream(primary);
    this.#copy = new Upstream(emulator.endpoint);
  }

  /** Makes the tables, with the items that the primary has. */
  async open(tables: readonly TableModel[]): Promise<void> {
    const [primary, copy] = [dynamoDbClient(this.#primaryEndpoint), dynamoDbClient(this.#emulator.endpoint)];
    // Nobody reads the copy's streams.
    await createTables(
      copy,
      tables.map(({ streamViewType: _, ...table }) => table),
    );
    this.#keys = new ItemKeys(tables);
    for (const { tableName: TableName } of tables) {
      for await (const { Items = [] } of paginateScan({ client: primary }, { TableName })) {
        await this.#store(
          Items.map((item) => ({ table: TableName, request: { PutRequest: { Item: item } } })),
        );
      }
    }
    primary.destroy();
    copy.destroy();
  }

  /** Call it after a write, and after its outcome is known. */
  wrote(operation: string, input: unknown): void {
    const keys = this.#keys.writtenBy(operation, input);
    if (keys.length === 0) return;
    this.#writes += 1;
    const lagMs = sample(this.#options.lag, this.#options.seed, 'replica', this.#writes);
    const dueMs = performance.now() + lagMs;
    this.#enqueue(async () => {
      const items = await this.#read(keys);
      this.#changes.push(...keys.map((key) => ({ ...key, item: items.get(key.id), dueMs })));
    });
  }

  /** The database for an eventually consistent read. Writes that are due reach it only now: most are never read this way. */
  async current(): Promise<Upstream> {
    const nowMs = performance.now();
    this.#enqueue(async () => {
      if (!this.#isHeld) await this.#apply(nowMs);
    });
    await this.#work;
    return this.#copy;
  }

  /**
   * Brings the replica up to date and keeps it so: until `release`, eventually consistent reads see nothing that was
   * written after this call.
   */
  async hold(): Promise<void> {
    this.#enqueue(async () => {
      this.#isHeld = true;
      await this.#apply(Number.POSITIVE_INFINITY);
    });
    await this.#work;
  }

  release(): void {
    this.#isHeld = false;
  }

  async stop(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
    this.#primary.close();
    this.#copy.close();
    await this.#emulator.stop();
  }

  #enqueue(run: () => Promise<void>): void {
    this.#work = this.#work.then(run).catch((error: unknown) => {
      if (!this.#isClosed) console.error('The replica failed:', error);
    });
  }

  /** A newer change of an item that is due replaces older ones, due or not. */
  async #apply(nowMs: number): Promise<void> {
    const lastDue = new Map<string, number>();
    for (const [index, { id, dueMs }] of this.#changes.entries()) {
      if (dueMs <= nowMs) lastDue.set(id, index);
    }
    const due = this.#changes.filter(({ id }, index) => lastDue.get(id) === index);
    this.#changes = this.#changes.filter(({ id }, index) => index > (lastDue.get(id) ?? -1));
    await this.#store(
      due.map(({ table, key, item }) => ({
        table,
        request:
          item === undefined ? { DeleteRequest: { Key: key as Item } } : { PutRequest: { Item: item } },
      })),
    );
  }

  async #read(keys: readonly ItemKey[]): Promise<ReadonlyMap<string, Item>> {
    const requests: Record<string, { Keys: Item[]; ConsistentRead: true }> = {};
    for (const { table, key } of keys) {
      requests[table] ??= { Keys: [], ConsistentRead: true };
      requests[table].Keys.push(key as Item);
    }
    const found = new Map<string, Item>();
    let left: typeof requests | undefined = requests;
    while (left !== undefined && Object.keys(left).length > 0) {
      const input: BatchGetItemInput = { RequestItems: left };
      const answer: BatchGetItemOutput = await callDynamoDb(this.#primary, 'BatchGetItem', input);
      for (const [table, items] of Object.entries(answer.Responses ?? {})) {
        for (const item of items) found.set(this.#keys.keyOf(table, item)?.id ?? '', item);
      }
      left = answer.UnprocessedKeys as typeof left;
    }
    return found;
  }

  async #store(writes: readonly { readonly table: string; readonly request: WriteRequest }[]): Promise<void> {
    for (let start = 0; start < writes.length; start += BATCH_WRITE) {
      const requests: Record<string, WriteRequest[]> = {};
      for (const { table, request } of writes.slice(start, start + BATCH_WRITE)) {
        requests[table] ??= [];
        requests[table].push(request);
      }
      const input: BatchWriteItemInput = { RequestItems: requests };
      await callDynamoDb(this.#copy, 'BatchWriteItem', input);
    }
  }
}

/** The credentials name the database of a DynamoDB Local; no emulator checks the signature. */
const AUTHORIZATION = `AWS4-HMAC-SHA256 Credential=local/20260101/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`;

/** Each write causes such a call, and the SDK's client takes longer for one than the emulator does. */
async function callDynamoDb<Output>(to: Upstream, operation: string, input: object): Promise<Output> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization: AUTHORIZATION,
  };
  const body = Buffer.from(JSON.stringify(input));
  const answer = await to.send({ method: 'POST', path: '/', headers: Object.entries(headers).flat(), body });
  const text = answer.body.toString();
  if (answer.status !== 200) throw new Error(`${operation}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/**
 * True for a read that may be stale: one that does not ask for consistency, and any of a global index, which can't ask.
 * A batch over several tables counts only if all of them are read so; no caller mixes them.
 */
export function isEventual(operation: string, input: unknown): boolean {
  const { ConsistentRead, RequestItems } = recordOf(input);
  if (operation === 'BatchGetItem')
    return Object.values(recordOf(RequestItems)).every((part) => recordOf(part)['ConsistentRead'] !== true);
  return ['GetItem', 'Query', 'Scan'].includes(operation) && ConsistentRead !== true;
}
