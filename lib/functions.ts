import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../protocol/http.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { FunctionSpec } from './function-spec.ts';
import type { HandlerFunction } from './handler-function.ts';

/**
 * Time-out of whatever sends a message. Contract: a seq that is in no history after 15 s never will be (IM-SEND-3),
 * since the function that allocated it has been cut off by then.
 */
const SENDER_TIMEOUT_SECONDS = LIMITS.senderTimeoutSeconds;

/**
 * All functions, each a module in `lambdas/functions/`. One for all of a gateway's traffic, since each function pays its own
 * cold starts (docs/performance.md); permissions are the sum of what its actions need, and no more.
 */
export const FUNCTIONS = {
  authorize: {
    module: 'lambdas/functions/authorize',
    description: 'Decides who may connect: origin and token',
    trigger: { kind: 'authorizer' },
    timeoutSeconds: 5,
    // Memory of all functions: docs/adr/0017-memory-by-measurement.md.
    memoryMegabytes: 1_024,
    settings: ['issuer', 'audience', 'jwksUri', 'userIdClaim', 'rolesClaim', 'allowedOrigins'],
    grant: () => {},
  },
  socket: {
    module: 'lambdas/functions/socket',
    description: 'The WebSocket API: connects, disconnects, and every action',
    trigger: { kind: 'webSocket' },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: [
      'leaseSeconds',
      'historyTtlSeconds',
      'idleTimeoutMs',
      'duplicateLogin',
      'issuer',
      'audience',
      'jwksUri',
      'userIdClaim',
      'rolesClaim',
    ],
    grant: (fn, { storage, offlineQueue, fanOutQueue, gateway, desk }) => {
      storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem', 'UpdateItem');
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'GET', 'POST', 'DELETE');
      if (desk === undefined) return;
      // An agent's rows in a conversation go with the chat.
      storage.conversations.grant(fn, 'DeleteItem');
      desk.store.grant(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
      desk.queue.grantSend(fn);
      desk.nameQueues(fn);
    },
  },
  http: {
    module: 'lambdas/functions/http',
    description: 'The HTTP API: conversations, history, groups, and sending without a socket',
    trigger: { kind: 'http', routes: HTTP_ROUTES, deskRoutes: DESK_HTTP_ROUTES },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: [
      'leaseSeconds',
      'historyTtlSeconds',
      'idleTimeoutMs',
      'webSocketUrl',
      'userIdClaim',
      'rolesClaim',
      'allowedOrigins',
    ],
    grant: (fn, { storage, offlineQueue, fanOutQueue, gateway, desk }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem');
      // A removal from a group; and a user who is named admin must be a member still.
      storage.conversations.grant(fn, 'DeleteItem', 'ConditionCheckItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem');
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      if (desk === undefined) return;
      desk.store.grant(fn, 'Query');
      desk.queue.grantSend(fn);
      desk.nameQueues(fn);
    },
  },
  poll: {
    module: 'lambdas/functions/poll',
    description: 'Waits on the inbox of a client that gets no socket',
    trigger: { kind: 'http', routes: [POLL_ROUTE] },
    // 20 s of waiting and its calls; the HTTP API gives up after 30.
    timeoutSeconds: 28,
    memoryMegabytes: 256,
    settings: ['leaseSeconds', 'duplicateLogin', 'userIdClaim', 'allowedOrigins'],
    grant: (fn, { storage, gateway }) => {
      storage.routes.grant(fn, 'GetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      storage.messages.grant(fn, 'BatchGetItem');
      gateway.grantConnections(fn, 'GET', 'POST', 'DELETE');
    },
  },
  storeOffline: {
    module: 'lambdas/functions/store-offline',
    description: 'Stores references in inboxes, and delivers to users who came back meanwhile',
    trigger: { kind: 'queue', queue: 'offline' },
    timeoutSeconds: 30,
    memoryMegabytes: 256,
    feedsItself: true,
    settings: ['inboxTtlSeconds'],
    grant: (fn, { storage, offlineQueue, gateway }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      storage.messages.grant(fn, 'BatchGetItem');
      offlineQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
    },
  },
  fanOut: {
    module: 'lambdas/functions/fan-out',
    description: 'Delivers a message to the members of a large group',
    trigger: { kind: 'queue', queue: 'fanOut' },
    timeoutSeconds: 60,
    memoryMegabytes: 1_024,
    feedsItself: true,
    settings: [],
    grant: (fn, { storage, offlineQueue, fanOutQueue, gateway }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'Query');
      storage.messages.grant(fn, 'BatchGetItem');
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
    },
  },
  serveEvents: {
    module: 'lambdas/functions/serve-events',
    description: 'Does what other services ask: logs users out, sends messages as any user',
    trigger: { kind: 'queue', queue: 'service' },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['leaseSeconds', 'historyTtlSeconds'],
    grant: (fn, { storage, offlineQueue, fanOutQueue, gateway, desk }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem');
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      // An agent who is gone is noticed by a message to the chat (IM-DESK-7).
      desk?.queue.grantSend(fn);
    },
  },
  matchDesk: {
    part: 'desk',
    module: 'lambdas/functions/match-desk',
    description: 'Brings support chats and agents together, and takes chats from agents who are gone',
    trigger: { kind: 'queue', queue: 'desk' },
    timeoutSeconds: 30,
    memoryMegabytes: 1_024,
    feedsItself: true,
    settings: ['historyTtlSeconds', 'deskAgentGraceSeconds'],
    grant: (fn, { storage, offlineQueue, gateway, desk }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem');
      desk?.store.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
      desk?.queue.grantSend(fn);
      offlineQueue.grantSend(fn);
      gateway.grantConnections(fn, 'GET', 'POST', 'DELETE');
    },
  },
} as const satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof FUNCTIONS;

type DeskFunctionName = {
  [Name in FunctionName]: (typeof FUNCTIONS)[Name] extends { readonly part: 'desk' } ? Name : never;
}[FunctionName];

/** Those that this deployment has. */
export type Functions = Readonly<
  Record<Exclude<FunctionName, DeskFunctionName>, HandlerFunction> &
    Partial<Record<DeskFunctionName, HandlerFunction>>
>;

/** In the order of the table. */
export function functionNames({ desk }: { readonly desk: boolean }): FunctionName[] {
  const names = Object.keys(FUNCTIONS) as FunctionName[];
  return names.filter((name) => desk || !('part' in FUNCTIONS[name]));
}
