import type { SQSEvent } from 'aws-lambda';
import { serviceEventSchema } from '../../protocol/service.ts';
import * as of from '../composition.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';
import { serveEvent } from '../transport/service-events.ts';

const ports = lazily({
  budget: of.noBudget,
  routes: of.routes,
  connections: of.connections,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  groups: of.groups,
  messages: of.messages,
  messageWriter: of.messageWriter,
  reactions: of.reactions,
  reactionWriter: of.reactionWriter,
  pins: of.pins,
  pinWriter: of.pinWriter,
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  deskEvents: of.deskEventsIfAny(),
  hook: of.hookIfAny(),
  attachmentRecords: of.attachmentRecordsIfAny(),
  attachmentFiles: of.attachmentFilesIfAny(),
  attachmentScans: of.attachmentScansIfAny(),
  userEvents: of.userEventsIfAny(),
  leaseMs: of.leaseMs,
  editWindowMs: of.editWindowMs,
  workQueue: of.workQueue,
  clock: of.clock,
});

/** The worker for the service queue: sends, edits, and recalls messages for other services, and bans users. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('service event', serviceEventSchema, Records, ports, (jobs) =>
    processEach(jobs, (_, job) => serveEvent(ports, job)),
  );
