import { randomUUID } from 'node:crypto';
import type { StreamSourceModel } from '../model.ts';
import { functionArn, streamArn } from '../stack/identifiers.ts';
import type { StreamRecord } from './stream-record.ts';
import type { GivenUp } from './stream-shard.ts';

/**
 * What a failure destination gets: where the batch is in the stream, not its records.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
 */
export function failureMessage(
  { condition, records, invocations, shardId, result }: GivenUp,
  { functionName, table }: StreamSourceModel,
) {
  const [first, last] = [records[0], records.at(-1)];
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: functionArn(functionName),
      condition,
      approximateInvokeCount: invocations,
    },
    ...(result && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: result.ok ? null : 'Unhandled',
      },
    }),
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      approximateArrivalOfFirstRecord: arrivalOf(first),
      approximateArrivalOfLastRecord: arrivalOf(last),
      batchSize: records.length,
      streamArn: streamArn(table.tableName),
    },
  };
}

function arrivalOf(record: StreamRecord | undefined): string {
  return new Date(record?.createdMs ?? 0).toISOString();
}
