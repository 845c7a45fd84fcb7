import type { DeskEvents } from '../domain/model/desk-event.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/** SQS standard queue: at least once, in any order. The events of one busy support queue, or agent, delay no others. */
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
