import type { DeskEvents } from '../domain/model/desk-event.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/**
 * SQS standard queue: at least once, in any order. Fair-queue groups keep one busy support queue or agent from delaying
 * others.
 */
export function createDeskEvents(queueUrl: string): DeskEvents {
  const send = createBatchSender(queueUrl);
  return {
    enqueue: (events) =>
      send(
        events.map(({ event, delaySeconds }) => ({
          MessageBody: JSON.stringify(event),
          DelaySeconds: delaySeconds,
          MessageGroupId: fairGroup(event.kind === 'match' ? event.queue : event.userId),
        })),
      ),
  };
}
