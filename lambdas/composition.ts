import { createConnections } from './adapters/connections.ts';
import { createConversationReader, createConversationWriter } from './adapters/conversation-table.ts';
import { createDeskEvents } from './adapters/desk-events.ts';
import { createDeskReader, createDeskWriter, createNotificationOutbox } from './adapters/desk-table.ts';
import { createDocumentClient } from './adapters/dynamodb.ts';
import { createFanOutQueue } from './adapters/fan-out-queue.ts';
import { createGroupReader, createGroupWriter } from './adapters/group-table.ts';
import { createInbox, createInboxWriter } from './adapters/inbox-table.ts';
import { createMessageReader, createMessageWriter } from './adapters/message-table.ts';
import { createOfflineQueue } from './adapters/offline-queue.ts';
import { createRouteTable } from './adapters/route-table.ts';
import { createTokenVerifier } from './adapters/token-verifier.ts';
import type { DuplicateLogin } from './domain/sessions/connect.ts';
import { systemClock, systemPause } from './shared/clock.ts';
import { list, optionalText, text, wholeNumber } from './shared/env.ts';

/*
 * The composition root: every adapter and setting of the domain, made from the environment when it is first used. A
 * function picks what it needs (`lazily({ routes, … })`); its bundle holds nothing else.
 */

/*
 * Makes a value when it is first asked for, then keeps it. It must stand in this file: esbuild drops the values that a
 * function doesn't use, and all that they import, only where it sees this mark beside the calls.
 *
 * @__NO_SIDE_EFFECTS__
 */
function lazy<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const documents = lazy(createDocumentClient);

export const clock = () => systemClock;
export const pause = () => systemPause;

export const connections = lazy(createConnections);
export const routes = lazy(() => createRouteTable(documents(), text('routesTable')));

export const conversations = lazy(() => createConversationReader(documents(), text('conversationsTable')));
export const conversationWriter = lazy(() =>
  createConversationWriter(documents(), { tableName: text('conversationsTable'), clock: systemClock }),
);

export const groups = lazy(() => createGroupReader(documents(), text('conversationsTable')));
export const groupWriter = lazy(() =>
  createGroupWriter(documents(), {
    conversationsTable: text('conversationsTable'),
    messagesTable: text('messagesTable'),
    historyTtlSeconds: wholeNumber('historyTtlSeconds'),
  }),
);

export const messages = lazy(() =>
  createMessageReader(documents(), { tableName: text('messagesTable'), clock: systemClock }),
);
export const messageWriter = lazy(() =>
  createMessageWriter(documents(), {
    tableName: text('messagesTable'),
    historyTtlSeconds: wholeNumber('historyTtlSeconds'),
    clock: systemClock,
  }),
);

export const inbox = lazy(() =>
  createInbox(documents(), { tableName: text('inboxTable'), clock: systemClock }),
);
export const inboxWriter = lazy(() =>
  createInboxWriter(documents(), {
    tableName: text('inboxTable'),
    inboxTtlSeconds: wholeNumber('inboxTtlSeconds'),
    clock: systemClock,
  }),
);

export const offlineQueue = lazy(() => createOfflineQueue(text('offlineQueueUrl')));
export const fanOutQueue = lazy(() => createFanOutQueue(text('fanOutQueueUrl')));

export const desk = lazy(() => createDeskReader(documents(), text('deskTable')));
export const deskWriter = lazy(() =>
  createDeskWriter(documents(), {
    deskTable: text('deskTable'),
    conversationsTable: text('conversationsTable'),
    messagesTable: text('messagesTable'),
    historyTtlSeconds: wholeNumber('historyTtlSeconds'),
  }),
);
export const outbox = lazy(() => createNotificationOutbox(documents(), text('deskTable')));
export const deskEvents = lazy(() => createDeskEvents(text('deskQueueUrl')));
/** `undefined`: a deployment without a desk. */
export const deskEventsIfAny = lazy(() => (hasDesk() ? deskEvents() : undefined));
export const queues = lazy(() => list('deskQueues'));
export const agentGraceMs = lazy(() => wholeNumber('deskAgentGraceSeconds') * 1000);

/** Whether this deployment has a desk. */
export function hasDesk(): boolean {
  return optionalText('deskQueueUrl') !== undefined;
}

export const tokens = lazy(() =>
  createTokenVerifier({
    issuer: text('issuer'),
    audience: list('audience'),
    jwksUri: text('jwksUri'),
    userIdClaim: text('userIdClaim'),
    rolesClaim: text('rolesClaim'),
  }),
);

export const leaseMs = lazy(() => wholeNumber('leaseSeconds') * 1000);
/** `undefined`: the idle option is off (IM-IDLE). */
export const idleTimeoutMs = lazy(() => wholeNumber('idleTimeoutMs') || undefined);
export const duplicateLogin = lazy(
  (): DuplicateLogin => (text('duplicateLogin') === 'reject' ? 'reject' : 'replace'),
);
export const allowedOrigins = lazy(() => list('allowedOrigins'));
