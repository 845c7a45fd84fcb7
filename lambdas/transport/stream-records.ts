import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { eventsOf } from '../domain/events/events-of.ts';
import { type PublishPorts, publishPatiently } from '../domain/events/publish.ts';
import type { AttributedEvent, EventSourceRow } from '../domain/model/event.ts';
import { describe, logger } from '../shared/logger.ts';

export interface StreamPorts extends PublishPorts {
  /** Reads a new image. */
  readonly readRow: (image: unknown) => EventSourceRow;
}

/** The record, and why no retry helps it. */
interface Broken {
  readonly record: DynamoDBRecord;
  readonly reason: unknown;
}

/**
 * Publishes the events of a batch of a stream's records (IM-EVENT-1). Returns the first record that failed: Lambda sends it
 * again with all that follow. So a broken record ends the batch before it, and nothing behind it is published, since it would
 * be repeated.
 *
 * @throws {Error} the first record is broken: Lambda halves a batch that throws, until the record is alone, retries it, and then
 * puts its place into the failure queue. docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export async function publishRecords(
  ports: StreamPorts,
  records: readonly DynamoDBRecord[],
): Promise<DynamoDBBatchResponse> {
  const { read, broken } = readRecords(ports, records);
  if (broken !== undefined) {
    logger.error('record not published', { ...placeOf(broken.record), error: reasonOf(broken.reason) });
    if (read.length === 0) throw new Error('A record can not be published.');
  }
  const isAlone = records.length === 1;
  const failed = (await firstFailed(ports, read, isAlone)) ?? broken?.record;
  const itemIdentifier = failed?.dynamodb?.SequenceNumber;
  return { batchItemFailures: itemIdentifier === undefined ? [] : [{ itemIdentifier }] };
}

interface ReadRecord {
  readonly record: DynamoDBRecord;
  readonly events: readonly AttributedEvent[];
}

/** The records up to the first broken one. */
function readRecords({ readRow }: StreamPorts, records: readonly DynamoDBRecord[]) {
  const read: ReadRecord[] = [];
  let broken: Broken | undefined;
  for (const record of records) {
    try {
      read.push({ record, events: eventsOf(readRow(record.dynamodb?.NewImage)) });
    } catch (reason) {
      broken = { record, reason };
      break;
    }
  }
  return { read, broken };
}

/** @throws {Error} the topic refuses the first record, and others follow */
async function firstFailed(
  ports: StreamPorts,
  read: readonly ReadRecord[],
  isAlone: boolean,
): Promise<DynamoDBRecord | undefined> {
  const outcomes = await publishPatiently(
    ports,
    read.flatMap(({ events }) => events),
  );
  let next = 0;
  for (const [index, { record, events }] of read.entries()) {
    const own = outcomes.slice(next, next + events.length);
    next += events.length;
    if (own.every((outcome) => outcome === 'published')) continue;
    const isRefused = own.includes('refused');
    logger.error('record not published', { ...placeOf(record), isRefused });
    if (isRefused && index === 0 && !isAlone) throw new Error('The topic refuses a record.');
    return record;
  }
  return undefined;
}

/** Without the engine's words about what is no JSON: they quote it, and it may be a message's text (IM-REFUSE-11). */
function reasonOf(reason: unknown) {
  return reason instanceof SyntaxError ? { name: reason.name, message: 'is not JSON' } : describe(reason);
}

/** Where to find it (docs/operations.md, Late events). Not its key, which names users. */
function placeOf({ eventSourceARN, dynamodb }: DynamoDBRecord) {
  return { stream: eventSourceARN, sequenceNumber: dynamodb?.SequenceNumber };
}
