import { z } from 'zod';
import type { TableModel } from '../model.ts';
import { REGION } from '../stack/identifiers.ts';
import { type EmulatorRecord, type StreamRecord, streamRecord } from './stream-record.ts';

/** A part of a stream that has been read. */
export interface Page {
  /** Without those that changed nothing. */
  readonly records: readonly StreamRecord[];
  /** The position of the last record that was read; undefined if there was none. */
  readonly end: number | undefined;
}

const streamsSchema = z.object({ Streams: z.array(z.object({ StreamArn: z.string() })) });
const shardsSchema = z.object({
  StreamDescription: z.object({
    Shards: z.tuple([
      z.object({
        ShardId: z.string(),
        SequenceNumberRange: z.object({ EndingSequenceNumber: z.string().optional() }),
      }),
    ]),
  }),
});
const iteratorSchema = z.object({ ShardIterator: z.string() });
const recordsSchema = z.object({ Records: z.array(z.unknown()), NextShardIterator: z.string() });

/** No emulator checks the signature. The user agent names the poller to the AWS proxy. */
const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
  'user-agent': 'app/event-source',
};

/** Reads a table's stream from the emulator, which has one shard for it and never drops a record. */
export class StreamReader {
  readonly #endpoint: string;
  readonly #table: TableModel;
  #iterator: string | undefined;

  constructor(endpoint: string, table: TableModel) {
    this.#endpoint = endpoint;
    this.#table = table;
  }

  /** The position of the stream's last record; 0 if it has none. */
  async end(signal: AbortSignal): Promise<number> {
    const { shard } = await this.#shard(signal);
    return Number(shard.SequenceNumberRange.EndingSequenceNumber ?? 0);
  }

  /** The records that follow the position, or those after the page before. Throws if the emulator can't be read. */
  async next(position: number, signal: AbortSignal): Promise<Page> {
    const iterator = this.#iterator ?? (await this.#seek(position, signal));
    // After a failure it is sought again.
    this.#iterator = undefined;
    const answer = await this.#call('GetRecords', { ShardIterator: iterator, Limit: 1_000 }, signal);
    const { Records, NextShardIterator } = recordsSchema.parse(answer);
    this.#iterator = NextShardIterator;
    const found = Records as readonly EmulatorRecord[];
    const last = found.at(-1)?.dynamodb.SequenceNumber;
    return {
      records: found.flatMap((each) => streamRecord(each, this.#table) ?? []),
      end: last === undefined ? undefined : Number(last),
    };
  }

  async #seek(position: number, signal: AbortSignal): Promise<string> {
    const { StreamArn, shard } = await this.#shard(signal);
    const from =
      position === 0
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: String(position) };
    const input = { StreamArn, ShardId: shard.ShardId, ...from };
    return iteratorSchema.parse(await this.#call('GetShardIterator', input, signal)).ShardIterator;
  }

  async #shard(signal: AbortSignal) {
    const { tableName: TableName } = this.#table;
    const { Streams } = streamsSchema.parse(await this.#call('ListStreams', { TableName }, signal));
    const [stream] = Streams;
    if (stream === undefined) throw new Error(`The table ${TableName} has no stream.`);
    const described = await this.#call('DescribeStream', stream, signal);
    const [shard] = shardsSchema.parse(described).StreamDescription.Shards;
    return { ...stream, shard };
  }

  async #call(operation: string, input: object, signal: AbortSignal): Promise<unknown> {
    const headers = { ...HEADERS, 'x-amz-target': `DynamoDBStreams_20120810.${operation}` };
    const init = { method: 'POST', headers, body: JSON.stringify(input), signal };
    const response = await fetch(`${this.#endpoint}/`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}
