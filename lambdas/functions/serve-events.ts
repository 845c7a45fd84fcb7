import type { SQSEvent } from 'aws-lambda';
import { type ServiceEvent, serviceEventSchema } from '../../protocol/service.ts';
import * as of from '../composition.ts';
import { send } from '../domain/messages/send.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

const ports = lazily({
  routes: of.routes,
  connections: of.connections,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  groups: of.groups,
  messages: of.messages,
  messageWriter: of.messageWriter,
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  deskEvents: of.deskEventsIfAny(),
  leaseMs: of.leaseMs,
  workQueue: of.workQueue,
  clock: of.clock,
});

/** The worker for the service queue: sends messages of other services. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('service event', serviceEventSchema, Records, ports, (jobs) => processEach(jobs, serve));

async function serve(event: ServiceEvent): Promise<void> {
  await send(ports, event.from, event);
}
