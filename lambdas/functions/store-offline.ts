import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { processOfflineJobs } from '../domain/delivery/process-offline-jobs.ts';
import { offlineJobSchema } from '../domain/model/offline-job.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch } from '../transport/queue-records.ts';

const ports = lazily({
  routes: of.routes,
  inbox: of.inbox,
  inboxWriter: of.inboxWriter,
  messages: of.messages,
  offlineQueue: of.offlineQueue,
  notifications: of.notificationsIfAny(),
  connections: of.connections,
  workQueue: of.workQueue,
  clock: of.clock,
});

/**
 * The worker for the offline queue: stores references in inboxes, delivers to users who have reconnected, repeats posts, and
 * pushes the inbox to new plain sessions.
 */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('offline job', offlineJobSchema, Records, ports, (jobs) => processOfflineJobs(ports, jobs));
