import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type ServiceEvent, serviceEventSchema } from '../../protocol/service.ts';
import { logOut } from '../domain/log-out.ts';
import { send } from '../domain/send.ts';
import { createSenderPorts } from '../routes/sender-ports.ts';
import { parseJson } from '../shared/json.ts';
import { describe, logger } from '../shared/logger.ts';
import { parseWith } from '../shared/parse.ts';

const ports = createSenderPorts();
const processor = new BatchProcessor(EventType.SQS);

/**
 * The consumer of the service queue. An event that is malformed or refused comes again and, after the redrive count,
 * lands in the DLQ, each time with its reason in the log; the others of its batch are done.
 */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  processPartialResponse(event, serveRecord, processor, { context, throwOnFullBatchFailure: false });

async function serveRecord({ messageId, body }: SQSRecord): Promise<void> {
  try {
    await serve(parseWith(serviceEventSchema, parseJson(body)));
  } catch (error) {
    logger.error('service event failed', { recordId: messageId, error: describe(error) });
    throw error;
  }
}

async function serve(event: ServiceEvent): Promise<void> {
  if (event.type === 'user.loggedOut') return logOut(ports, event);
  await send(ports, event.from, event);
}
