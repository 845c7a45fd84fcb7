import type { SQSEvent } from 'aws-lambda';
import { type ServiceEvent, serviceEventSchema } from '../../protocol/service.ts';
import {
  clock,
  connections,
  conversations,
  conversationWriter,
  deskEventsIfAny,
  fanOutQueue,
  groups,
  hasDesk,
  leaseMs,
  messages,
  messageWriter,
  offlineQueue,
  routes,
} from '../composition.ts';
import { send } from '../domain/messages/send.ts';
import { logOut } from '../domain/sessions/log-out.ts';
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
  'leaseSeconds',
  'historyTtlSeconds',
);
if (hasDesk()) requireEnv('deskQueueUrl');

const ports = lazily({
  routes,
  connections,
  conversations,
  conversationWriter,
  groups,
  messages,
  messageWriter,
  offlineQueue,
  fanOutQueue,
  deskEvents: deskEventsIfAny,
  leaseMs,
  clock,
});

/** The worker of the service queue: what other services ask of the chat. */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('service event', serviceEventSchema, Records, (jobs) => processEach(jobs, serve));

async function serve(event: ServiceEvent): Promise<void> {
  if (event.type === 'user.loggedOut') return logOut(ports, event);
  await send(ports, event.from, event);
}
