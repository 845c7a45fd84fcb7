import type { DelayedDeskEvent, DeskEvents } from '../../../lambdas/domain/model/desk-event.ts';
import type { FanOutJob, FanOutQueue } from '../../../lambdas/domain/model/fan-out-job.ts';
import type { DelayedOfflineJob, OfflineQueue } from '../../../lambdas/domain/model/offline-job.ts';

export interface InMemoryOfflineQueue extends OfflineQueue {
  readonly jobs: DelayedOfflineJob[];
}

export function inMemoryOfflineQueue(): InMemoryOfflineQueue {
  const jobs: DelayedOfflineJob[] = [];
  return { jobs, enqueue: async (added) => void jobs.push(...added) };
}

export interface InMemoryFanOutQueue extends FanOutQueue {
  readonly jobs: FanOutJob[];
}

export function inMemoryFanOutQueue(): InMemoryFanOutQueue {
  const jobs: FanOutJob[] = [];
  return { jobs, enqueue: async (added) => void jobs.push(...added) };
}

export interface InMemoryDeskEvents extends DeskEvents {
  readonly events: DelayedDeskEvent[];
}

export function inMemoryDeskEvents(): InMemoryDeskEvents {
  const events: DelayedDeskEvent[] = [];
  return { events, enqueue: async (added) => void events.push(...added) };
}
