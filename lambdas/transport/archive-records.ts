import { createHash } from 'node:crypto';
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { type ArchiveBatch, type ArchiveWriter, archivedMessage } from '../domain/model/archive.ts';
import type { EventSourceRow } from '../domain/model/event.ts';
import { describe, logger } from '../shared/logger.ts';

export interface ArchivePorts {
  readonly archive: ArchiveWriter;
  /** Reads an image. */
  readonly readRow: (image: unknown) => EventSourceRow;
}

const DONE: DynamoDBBatchResponse = { batchItemFailures: [] };

/**
 * Archives the messages of a batch of a stream's records that have expired (IM-ARCHIVE-1), all in one object. If that fails, it
 * names the first record, so that Lambda repeats the whole batch, and the repeat writes the same object: an error would
 * have it halved.
 */
export async function archiveRecords(
  { archive, readRow }: ArchivePorts,
  records: readonly DynamoDBRecord[],
): Promise<DynamoDBBatchResponse> {
  const expired = records.filter(isExpiry);
  const [first] = expired;
  if (first === undefined) return DONE;
  try {
    await archive.put(batchOf(first, expired, readRow));
    return DONE;
  } catch (error) {
    const sequenceNumber = first.dynamodb?.SequenceNumber;
    logger.error('messages not archived', {
      count: expired.length,
      sequenceNumber,
      error: describe(error),
    });
    return { batchItemFailures: [{ itemIdentifier: records[0]?.dynamodb?.SequenceNumber ?? '' }] };
  }
}

/**
 * Whether a message has expired: DynamoDB has deleted it, or another one has taken its place. The mapping's filters say the same
 * (lib/archive-source.ts); here a message that a user or an operator deletes is safe from a filter that lets it through.
 */
function isExpiry({ eventName, userIdentity, dynamodb }: DynamoDBRecord): boolean {
  const { OldImage: before, NewImage: after } = dynamodb ?? {};
  if (before?.['seq'] === undefined) return false;
  if (eventName === 'REMOVE') return isDynamoDb(userIdentity);
  return eventName === 'MODIFY' && after?.['messageId']?.S !== before['messageId']?.S;
}

function isDynamoDb(identity: DynamoDBRecord['userIdentity']): boolean {
  const { type, principalId }: { readonly type?: unknown; readonly principalId?: unknown } = identity ?? {};
  return type === 'Service' && principalId === 'dynamodb.amazonaws.com';
}

function batchOf(
  first: DynamoDBRecord,
  records: readonly DynamoDBRecord[],
  readRow: ArchivePorts['readRow'],
): ArchiveBatch {
  const ids = createHash('sha256').update(records.map(({ eventID }) => eventID).join());
  return {
    deletedAtMs: Number(first.dynamodb?.ApproximateCreationDateTime) * 1000,
    id: `${first.dynamodb?.SequenceNumber}-${ids.digest('hex').slice(0, 16)}`,
    lines: records.map((record) => lineOf(record, readRow)),
  };
}

/** A row that is no message any more is kept as it is: nothing may be lost, and nothing may block what follows. */
function lineOf({ dynamodb }: DynamoDBRecord, readRow: ArchivePorts['readRow']): string {
  try {
    const row = readRow(dynamodb?.OldImage);
    if (row.kind === 'message') return JSON.stringify(archivedMessage(row.message));
  } catch {
    // Without the error, which quotes what is no JSON: the text of a message.
    logger.warn('broken row archived', { sequenceNumber: dynamodb?.SequenceNumber });
  }
  return JSON.stringify({ row: dynamodb?.OldImage });
}
