import type { SQSEvent } from 'aws-lambda';
import { clock, connections, fanOutQueue, groups, messages, offlineQueue, routes } from '../composition.ts';
import { processFanOutJob } from '../domain/delivery/fan-out.ts';
import { fanOutJobSchema } from '../domain/model/fan-out-job.ts';
import { requireEnv } from '../shared/env.ts';
import { lazily } from '../shared/lazy.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

requireEnv(
  'routesTable',
  'conversationsTable',
  'messagesTable',
  'offlineQueueUrl',
  'fanOutQueueUrl',
  'connectionsEndpoint',
);

const ports = lazily({ routes, groups, messages, offlineQueue, fanOutQueue, connections, clock });

/** The worker of large groups: each job finds members, or serves about 1,000 of them (decision 9). */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('fan-out job', fanOutJobSchema, Records, (jobs) =>
    processEach(jobs, (job) => processFanOutJob(ports, job)),
  );
