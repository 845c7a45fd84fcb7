import type { SQSEvent } from 'aws-lambda';
import { type ServiceEvent, serviceEventSchema } from '../../protocol/service.ts';
import * as of from '../composition.ts';
import { edit } from '../domain/messages/edit.ts';
import { recall } from '../domain/messages/recall.ts';
import { send } from '../domain/messages/send.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

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
  leaseMs: of.leaseMs,
  editWindowMs: of.editWindowMs,
  workQueue: of.workQueue,
  clock: of.clock,
});

/** The worker for the service queue: sends, edits, and recalls messages for other services. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('service event', serviceEventSchema, Records, ports, (jobs) => processEach(jobs, serve));

async function serve(event: ServiceEvent): Promise<void> {
  const changer = { userId: event.from, isService: true };
  if (event.type === 'message.edit') await edit(ports, changer, event);
  else if (event.type === 'message.recall') await recall(ports, changer, event);
  else await send(ports, event.from, event);
}
