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
  /** The groups with a watchdog job. */
  readonly watched: string[];
}

export function inMemoryFanOutQueue(): InMemoryFanOutQueue {
  const jobs: FanOutJob[] = [];
  const watched: string[] = [];
  return {
    jobs,
    watched,
    enqueue: async (added) => void jobs.push(...added),
    watch: async (conversationId) => void watched.push(conversationId),
  };
}

export interface InMemoryDeskEvents extends DeskEvents {
  readonly events: DelayedDeskEvent[];
}

export function inMemoryDeskEvents(): InMemoryDeskEvents {
  const events: DelayedDeskEvent[] = [];
  return { events, enqueue: async (added) => void events.push(...added) };
}
