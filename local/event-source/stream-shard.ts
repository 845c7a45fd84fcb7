import { THROTTLED } from '../functions/messages.ts';
import type { InvokeResult, Invoker, StreamSourceModel } from '../model.ts';
import type { StreamClock } from './stream-clock.ts';
import { matchesPattern } from './stream-filter.ts';
import type { StreamRecord } from './stream-record.ts';
import { checkpointOf } from './stream-result.ts';

/** A batch that is given up. */
export interface GivenUp {
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly records: readonly StreamRecord[];
  readonly invocations: number;
  readonly shardId: string;
  /** Undefined if the function was never invoked with it. */
  readonly result: InvokeResult | undefined;
}

export interface ShardOptions {
  readonly shardId: string;
  readonly model: StreamSourceModel;
  readonly invoker: Invoker;
  readonly clock: StreamClock;
  readonly signal: AbortSignal;
  /** Everything up to this position is done. */
  readonly start: number;
  /** Called after each step forward. */
  readonly onProgress: () => void;
  readonly giveUp: (batch: GivenUp) => Promise<void>;
}

/** A batch, or what is left of it, that is to be processed. */
interface Chunk {
  readonly records: readonly StreamRecord[];
  /** How often it failed. */
  readonly failures: number;
  readonly invocations: number;
  readonly last: InvokeResult | undefined;
}

/** Lambda does not document its pauses; these are short. */
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_BYTES = 6_000_000;

/** Processes the records of a shard in order, one batch at a time. */
export class StreamShard {
  readonly #options: ShardOptions;
  readonly #pending: StreamRecord[] = [];
  /** The time by which the first pending record is due. */
  #dueMs = 0;
  /** The position up to which records were offered. */
  #seen: number;
  #running: Promise<void> | undefined;
  /** The position of the first record that isn't processed yet. */
  #open: number | undefined;
  #filled = Promise.withResolvers<void>();

  constructor(options: ShardOptions) {
    this.#options = options;
    this.#seen = options.start;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Everything up to here is done. */
  get position(): number {
    return this.#open === undefined ? this.#seen : this.#open - 1;
  }

  /** Resolves when the batch that runs now has ended. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Takes the shard's next records. @param end the position up to which the stream was read */
  offer(records: readonly StreamRecord[], end: number): void {
    const { filters, batchSize, windowSeconds } = this.#options.model;
    const passing = records.filter(
      ({ position, event }) =>
        position > this.#seen &&
        (filters.length === 0 || filters.some((pattern) => matchesPattern(pattern, event))),
    );
    if (passing.length > 0) {
      if (this.#pending.length === 0) this.#dueMs = this.#options.clock.now() + windowSeconds * 1000;
      this.#pending.push(...passing);
      this.#open ??= passing[0]?.position;
    }
    this.#seen = Math.max(this.#seen, end);
    if (this.#pending.length >= batchSize) this.#filled.resolve();
    if (this.#pending.length > 0) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { signal, clock, onProgress, model } = this.#options;
    while (this.#pending.length > 0 && !signal.aborted) {
      this.#filled = Promise.withResolvers();
      if (this.#pending.length < model.batchSize)
        await Promise.race([clock.sleepUntil(this.#dueMs, signal), this.#filled.promise]);
      if (signal.aborted) break;
      await this.#process(this.#pending.splice(0, this.#batchLength()));
      if (signal.aborted) break;
      this.#open = this.#pending[0]?.position;
      // "The next window begins as soon as the previous invocation completes."
      this.#dueMs = clock.now() + model.windowSeconds * 1000;
      onProgress();
    }
    this.#running = undefined;
  }

  #batchLength(): number {
    let bytes = 0;
    const most = this.#pending.slice(0, this.#options.model.batchSize);
    const over = most.findIndex((record) => {
      bytes += record.bytes;
      return bytes > MOST_BYTES;
    });
    return over === -1 ? most.length : Math.max(1, over);
  }

  /** Returns when each record is processed or given up, or when the source stops. */
  async #process(records: readonly StreamRecord[]): Promise<void> {
    const { signal, onProgress } = this.#options;
    const chunks: Chunk[] = [{ records, failures: 0, invocations: 0, last: undefined }];
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) {
      this.#open = chunk.records[0]?.position;
      if (chunk.failures > 0 || chunk.invocations > 0) await this.#pause(chunk);
      if (signal.aborted) return;
      chunks.unshift(...(await this.#attempt(chunk)));
      if (signal.aborted) return;
      onProgress();
    }
  }

  /** Invokes the function with the chunk, and returns what is left to do. */
  async #attempt(chunk: Chunk): Promise<readonly Chunk[]> {
    const { model, clock } = this.#options;
    const fresh = chunk.records.filter(
      ({ createdMs }) => clock.ageOf(createdMs) <= model.maximumRecordAgeSeconds * 1000,
    );
    if (fresh.length < chunk.records.length) {
      const old = chunk.records.filter((record) => !fresh.includes(record));
      await this.#giveUp('RecordAgeExceeded', { ...chunk, records: old });
      return fresh.length === 0 ? [] : [{ ...chunk, records: fresh }];
    }
    const result = await this.#invoke(chunk);
    if (result === undefined) return [];
    const numbers = chunk.records.map(({ sequenceNumber }) => sequenceNumber);
    const { done, hasFailed } = checkpointOf(result, numbers, model.reportBatchItemFailures);
    const left = {
      ...chunk,
      invocations: chunk.invocations + 1,
      last: result,
      records: chunk.records.slice(done),
    };
    if (left.records.length === 0) return [];
    if (hasFailed && model.bisects && left.records.length > 1) return halvesOf(left);
    if (left.failures < model.maximumRetryAttempts) return [{ ...left, failures: left.failures + 1 }];
    await this.#giveUp('RetryAttemptsExhausted', left);
    return [];
  }

  /** A throttled invocation is repeated until its records are too old; undefined if it never ran. */
  async #invoke(chunk: Chunk): Promise<InvokeResult | undefined> {
    const { model, invoker, clock, signal } = this.#options;
    const createdMs = Math.min(...chunk.records.map((record) => record.createdMs));
    const mostMs = model.maximumRecordAgeSeconds * 1000;
    for (let pauseMs = PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const result = await invoker.invoke(model.functionId, {
        Records: chunk.records.map(({ event }) => event),
      });
      if (result.ok || result.errorType !== THROTTLED) return result;
      if (clock.ageOf(createdMs) + pauseMs > mostMs) {
        await this.#giveUp('RecordAgeExceeded', { ...chunk, last: result });
        return undefined;
      }
      await clock.sleepUntil(clock.now() + pauseMs, signal);
    }
    return undefined;
  }

  async #giveUp(condition: GivenUp['condition'], { records, invocations, last }: Chunk): Promise<void> {
    const { giveUp, shardId } = this.#options;
    await giveUp({ condition, records, invocations, shardId, result: last });
  }

  async #pause({ failures }: Chunk): Promise<void> {
    const { clock, signal } = this.#options;
    await clock.sleepUntil(clock.now() + Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), signal);
  }
}

/** "Splitting batches doesn't consume the retry quota." */
function halvesOf(chunk: Chunk): readonly Chunk[] {
  const middle = Math.ceil(chunk.records.length / 2);
  return [
    { ...chunk, records: chunk.records.slice(0, middle) },
    { ...chunk, records: chunk.records.slice(middle) },
  ];
}
