import { LIMITS } from '../../../protocol/limits.ts';
import { describe, logger } from '../../shared/logger.ts';
import type { Notification, NotificationQueue } from '../model/notification.ts';

/**
 * Passes on whom to tell of which message. Never throws: a notification may be lost, a message may not (IM-NOTIFY-4).
 * @param notifications `undefined` in a deployment without them
 */
export async function forward(
  notifications: NotificationQueue | undefined,
  jobs: readonly Pick<Notification, 'userId' | 'reference' | 'missed'>[],
): Promise<void> {
  if (notifications === undefined || jobs.length === 0) return;
  try {
    const fresh = jobs.map((job) => ({ ...job, round: 0 }));
    await notifications.enqueue(fresh, LIMITS.notifyDelaySeconds);
  } catch (error) {
    logger.error('notifications not queued', { count: jobs.length, error: describe(error) });
  }
}
