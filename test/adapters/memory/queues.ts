import type { DelayedDeskEvent, DeskEvents } from '../../../lambdas/domain/model/desk-event.ts';
import type { FanOutJob, FanOutQueue, WatchdogJob } from '../../../lambdas/domain/model/fan-out-job.ts';
import type { Notification, NotificationQueue } from '../../../lambdas/domain/model/notification.ts';
import type { DelayedOfflineJob, OfflineQueue } from '../../../lambdas/domain/model/offline-job.ts';

export interface InMemoryOfflineQueue extends OfflineQueue {
  readonly jobs: DelayedOfflineJob[];
}

export function inMemoryOfflineQueue(): InMemoryOfflineQueue {
  const jobs: DelayedOfflineJob[] = [];
  return { jobs, enqueue: async (added) => void jobs.push(...added) };
}

type DelayedWatchdogJob = WatchdogJob & { readonly delaySeconds: number };

export interface InMemoryFanOutQueue extends FanOutQueue {
  readonly jobs: FanOutJob[];
  readonly watchdogs: DelayedWatchdogJob[];
}

export function inMemoryFanOutQueue(): InMemoryFanOutQueue {
  const jobs: FanOutJob[] = [];
  const watchdogs: DelayedWatchdogJob[] = [];
  return {
    jobs,
    watchdogs,
    enqueue: async (added) => void jobs.push(...added),
    watch: async (job, delaySeconds) => void watchdogs.push({ ...job, delaySeconds }),
  };
}

export interface InMemoryNotifications extends NotificationQueue {
  readonly jobs: (Notification & { readonly delaySeconds: number })[];
}

export function inMemoryNotifications(): InMemoryNotifications {
  const jobs: (Notification & { readonly delaySeconds: number })[] = [];
  return {
    jobs,
    enqueue: async (added, delaySeconds) => void jobs.push(...added.map((job) => ({ ...job, delaySeconds }))),
  };
}

export interface InMemoryDeskEvents extends DeskEvents {
  readonly events: DelayedDeskEvent[];
}

export function inMemoryDeskEvents(): InMemoryDeskEvents {
  const events: DelayedDeskEvent[] = [];
  return { events, enqueue: async (added) => void events.push(...added) };
}
