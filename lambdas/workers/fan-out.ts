import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { fanOut, fanOutJobSchema } from '../domain/fan-out.ts';
import { createSenderPorts } from '../routes/sender-ports.ts';
import { parseJson } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

const ports = createSenderPorts();
const processor = new BatchProcessor(EventType.SQS);

/** The workers of large groups: each job finds members, or serves about 1,000 of them (decision 9). */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  processPartialResponse(event, serveRecord, processor, { context, throwOnFullBatchFailure: false });

async function serveRecord({ messageId, body }: SQSRecord): Promise<void> {
  try {
    await fanOut(ports, parseWith(fanOutJobSchema, parseJson(body)));
  } catch (error) {
    logger.error('fan-out failed', { recordId: messageId, error: describe(error) });
    throw error;
  }
}
