import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { processFanOutJob } from '../domain/delivery/fan-out.ts';
import { createPace } from '../domain/delivery/pace.ts';
import { completeChange } from '../domain/groups/members.ts';
import { fanOutRecordSchema } from '../domain/model/fan-out-job.ts';
import { systemClock, systemPause } from '../shared/clock.ts';
import { WORKER_RATE } from '../shared/fan-out-rate.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

const pace = createPace(WORKER_RATE, systemClock, systemPause);

const ports = lazily({
  budget: of.noBudget,
  meter: of.meter,
  routes: of.routes,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  groups: of.groups,
  groupWriter: of.groupWriter,
  outbox: of.groupOutbox,
  messages: of.messages,
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  notifiesMentioned: of.notifiesMentioned,
  connections: of.connections,
  workQueue: of.workQueue,
  clock: of.clock,
  pace: { env: [], get: () => pace },
});

/**
 * The worker for groups: a job finds the members of a large one, delivers to up to 1,000 of them (IM-DESIGN-9), or
 * completes what the function of a change did not.
 */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('fan-out job', fanOutRecordSchema, Records, ports, (jobs) =>
    processEach(jobs, (job) =>
      'watchdogOf' in job ? completeChange(ports, job) : processFanOutJob(ports, job),
    ),
  );
