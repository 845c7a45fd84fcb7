import type { SQSEvent } from 'aws-lambda';
import { clock, connections, inbox, inboxWriter, messages, offlineQueue, routes } from '../composition.ts';
import { processOfflineJobs } from '../domain/delivery/process-offline-jobs.ts';
import { offlineJobSchema } from '../domain/model/offline-job.ts';
import { requireEnv } from '../shared/env.ts';
import { lazily } from '../shared/lazy.ts';
import { processBatch } from '../transport/queue-records.ts';

requireEnv(
  'routesTable',
  'inboxTable',
  'messagesTable',
  'offlineQueueUrl',
  'connectionsEndpoint',
  'inboxTtlSeconds',
);

const ports = lazily({ routes, inbox, inboxWriter, messages, offlineQueue, connections, clock });

/** The worker of the offline queue: stores references in inboxes, and delivers to users who are back. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('offline job', offlineJobSchema, Records, (jobs) => processOfflineJobs(ports, jobs));
