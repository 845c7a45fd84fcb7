import type { NotificationQueue } from '../domain/model/notification.ts';
import { createBatchSender, fairGroup } from './sqs.ts';

/** Standard queue: at least once, in any order. The offline worker waits for a second or two at most (IM-NOTIFY-4). */
export function createNotificationQueue(queueUrl: string): NotificationQueue {
  const send = createBatchSender(queueUrl, { maxAttempts: 2, requestTimeout: 1_000 });
  return {
    enqueue: (notifications, delaySeconds) =>
      send(
        notifications.map((notification) => ({
          MessageBody: JSON.stringify(notification),
          DelaySeconds: delaySeconds,
          MessageGroupId: fairGroup(notification.reference.conversationId),
        })),
      ),
  };
}
