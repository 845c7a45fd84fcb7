import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { processFanOutJob } from '../domain/delivery/fan-out.ts';
import { fanOutJobSchema } from '../domain/model/fan-out-job.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

const ports = lazily({
  routes: of.routes,
  groups: of.groups,
  messages: of.messages,
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  connections: of.connections,
  clock: of.clock,
});

/** The worker for large groups: each job finds the members, or delivers to up to 1,000 of them (IM-DESIGN-9). */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('fan-out job', fanOutJobSchema, Records, (jobs) =>
    processEach(jobs, (job) => processFanOutJob(ports, job)),
  );
