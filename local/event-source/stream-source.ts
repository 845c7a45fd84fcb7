import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { localQueueUrl } from '../emulators/queues.ts';
import type { Invoker, StreamSourceModel } from '../model.ts';
import { messageOf } from '../operator-error.ts';
import { within } from '../within.ts';
import { StreamClock } from './stream-clock.ts';
import { failureMessage } from './stream-failure.ts';
import type { StreamPositions } from './stream-positions.ts';
import { StreamReader } from './stream-reader.ts';
import { type GivenUp, StreamShard } from './stream-shard.ts';

export interface StreamSourceOptions {
  readonly model: StreamSourceModel;
  /** DynamoDB endpoint. */
  readonly endpoint: string;
  /** For the failure queue. */
  readonly queues: { readonly client: SQSClient; readonly endpoint: string };
  readonly positions: StreamPositions;
  readonly invoker: Invoker;
  /** Called with one line if the stream can't be read. */
  readonly onWarning?: (message: string) => void;
}

/** Lambda asks four times a second; here nobody waits so long. */
const POLL_MS = 100;
const RETRY_MS = 250;
const CATCH_UP_MS = 10;
/**
 * A table has many shards on AWS, and only the items of one partition key have an order. The emulator has one: its records are
 * dealt out by partition key, so that nothing can rely on more.
 */
const SHARDS = 2;
/** Of records that wait: the stream is read on when there are fewer. */
const MOST_PENDING = 20_000;

/**
 * An event source mapping of a table's stream, as Lambda runs it: the shards at once, each in order, one batch after another;
 * a batch that fails is repeated, split, and given up as the mapping says. Each record is processed at least once.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
export class StreamSource {
  readonly #options: StreamSourceOptions;
  readonly #reader: StreamReader;
  readonly #clock = new StreamClock();
  readonly #stopping = new AbortController();
  #shards: readonly StreamShard[] = [];
  /** Up to where the stream has been read. */
  #position: number | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: StreamSourceOptions) {
    this.#options = options;
    this.#reader = new StreamReader(options.endpoint, options.model.table);
  }

  start(): void {
    this.#reading ??= this.#read();
  }

  /** For tests: lets time pass for windows and pauses. */
  advance(seconds: number): void {
    this.#clock.advance(seconds);
  }

  /** For tests: makes all records older. */
  age(seconds: number): void {
    this.#clock.age(seconds);
  }

  /** For tests: resolves when all that is in the stream now has been read, and waits for its window or for the function. */
  async caughtUp(): Promise<void> {
    const { signal } = this.#stopping;
    const end = await new StreamReader(this.#options.endpoint, this.#options.model.table).end(signal);
    while (!signal.aborted && (this.#position ?? 0) < end) await delay(CATCH_UP_MS, undefined, { signal });
  }

  /** Stops reading and gives running batches `graceMs` to finish. */
  async stop(graceMs = 0): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
    await within(graceMs, Promise.all(this.#shards.map((shard) => shard.settled())));
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        this.#position ??= await this.#open();
        const { records, end } = await this.#reader.next(this.#position, signal);
        if (end === undefined) await this.#clock.sleepUntil(this.#clock.now() + POLL_MS, signal);
        else {
          for (const [n, shard] of this.#shards.entries())
            shard.offer(
              records.filter(({ partition }) => shardOf(partition, this.#shards.length) === n),
              end,
            );
          this.#position = end;
          this.#save();
          await this.#room();
        }
      } catch (error) {
        if (signal.aborted) return;
        const { tableName } = this.#options.model.table;
        this.#options.onWarning?.(`Cannot read the stream of the table ${tableName}: ${messageOf(error)}`);
        await this.#clock.sleepUntil(this.#clock.now() + RETRY_MS, signal);
      }
    }
  }

  /** Makes the shards, and returns the position at which to begin. */
  async #open(): Promise<number> {
    const { model, positions, invoker } = this.#options;
    const { signal } = this.#stopping;
    const end = await this.#reader.end(signal);
    const saved = positions.get(model.logicalId);
    const first = model.startingPosition === 'LATEST' && saved === undefined ? end : 0;
    this.#shards = Array.from({ length: SHARDS * model.parallelizationFactor }, (_, n) => {
      const start = saved?.[n] ?? first;
      return new StreamShard({
        shardId: `shardId-${String(n).padStart(20, '0')}-local`,
        model,
        invoker,
        clock: this.#clock,
        signal,
        // A position beyond the end is of another stream: the tables were deleted, and the positions weren't.
        start: start > end ? 0 : start,
        onProgress: () => this.#save(),
        giveUp: (batch) => this.#giveUp(batch),
      });
    });
    return Math.min(...this.#shards.map((shard) => shard.position));
  }

  #save(): void {
    const { model, positions } = this.#options;
    positions.set(model.logicalId, Object.fromEntries(this.#shards.map((shard, n) => [n, shard.position])));
  }

  /** Waits while too many records wait. */
  async #room(): Promise<void> {
    const { signal } = this.#stopping;
    const waiting = () => this.#shards.reduce((sum, shard) => sum + shard.pending, 0);
    while (waiting() > MOST_PENDING && !signal.aborted)
      await this.#clock.sleepUntil(this.#clock.now() + POLL_MS, signal);
  }

  /** A batch is given up only when its failure queue has the message. */
  async #giveUp(batch: GivenUp): Promise<void> {
    const { model, queues, onWarning } = this.#options;
    const { signal } = this.#stopping;
    const command = new SendMessageCommand({
      QueueUrl: localQueueUrl(queues.endpoint, model.failureQueueName ?? ''),
      MessageBody: JSON.stringify(failureMessage(batch, model)),
    });
    while (model.failureQueueName !== undefined && !signal.aborted) {
      try {
        await queues.client.send(command, { abortSignal: signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        onWarning?.(`Cannot send to the queue ${model.failureQueueName}: ${messageOf(error)}`);
        await this.#clock.sleepUntil(this.#clock.now() + RETRY_MS, signal);
      }
    }
  }
}

function shardOf(partition: string, shards: number): number {
  return createHash('md5').update(partition).digest().readUInt32BE() % shards;
}
