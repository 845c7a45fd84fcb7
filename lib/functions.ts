import { ADMIN_ROUTES } from '../protocol/admin.ts';
import { ATTACHMENT_ADMIN_ROUTES, ATTACHMENT_HTTP_ROUTES } from '../protocol/attachments.ts';
import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../protocol/http.ts';
import { LIMITS } from '../protocol/limits.ts';
import { NOTIFICATION_HTTP_ROUTES } from '../protocol/notifications.ts';
import { ARCHIVE_SOURCES } from './archive-source.ts';
import { EVENT_SOURCES } from './event-sources.ts';
import type { FunctionSpec, PartName } from './function-spec.ts';
import type { HandlerFunction } from './handler-function.ts';

/**
 * Timeout of functions that send messages. The contract relies on it: a seq without a message after 15 s never gets one
 * (IM-SEND-3), since the function that allocated it has timed out by then.
 */
const SENDER_TIMEOUT_SECONDS = LIMITS.senderTimeoutSeconds;

/** The settings for verifying tokens (docs/adr/0022-one-judge-of-tokens.md). */
const TOKEN_SETTINGS = [
  'issuer',
  'audience',
  'jwksUri',
  'userIdClaim',
  'rolesClaim',
  'unlimitedRoles',
] as const;

/** The settings of users' budgets (docs/adr/0039-a-budget-in-money.md). */
const BUDGET_SETTINGS = ['userBudget', 'strangersPerDay'] as const;

/**
 * All functions, each a module in `lambdas/functions/`. One function serves a whole gateway, since each function has its
 * own cold starts (docs/performance.md). Its permissions are exactly those that its actions need.
 */
export const FUNCTIONS = {
  authorize: {
    module: 'lambdas/functions/authorize',
    description: 'Decides who may connect: origin and token',
    trigger: { kind: 'authorizer' },
    timeoutSeconds: 5,
    // docs/adr/0017-memory-by-measurement.md explains the memory of all functions.
    memoryMegabytes: 1_024,
    settings: [...TOKEN_SETTINGS, 'allowedOrigins', 'maxDevices'],
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
      'editWindowMs',
      'idleTimeoutMs',
      'duplicateLogin',
      'maxDevices',
      ...BUDGET_SETTINGS,
      ...TOKEN_SETTINGS,
    ],
    grant: (
      fn,
      { storage, offlineQueue, fanOutQueue, gateway, desk, events, hooks, attachments, notifications },
    ) => {
      storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem');
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'GET', 'POST', 'DELETE');
      events?.keepChanges(fn);
      hooks.grantBeforeSend(fn);
      attachments?.grantSend(fn);
      notifications?.addProviders(fn);
      if (desk === undefined) return;
      // A transfer puts the new agent's rows into the conversation, and removes the former one's.
      storage.conversations.grant(fn, 'PutItem', 'DeleteItem');
      desk.store.grant(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
      desk.queue.grantSend(fn);
      desk.addQueueNames(fn);
    },
  },
  http: {
    module: 'lambdas/functions/http',
    description: 'The HTTP API: conversations, history, groups, and sending without a socket',
    trigger: {
      kind: 'http',
      routes: HTTP_ROUTES,
      partRoutes: {
        desk: DESK_HTTP_ROUTES,
        attachments: ATTACHMENT_HTTP_ROUTES,
        notifications: NOTIFICATION_HTTP_ROUTES,
      },
    },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: [
      'leaseSeconds',
      'historyTtlSeconds',
      'editWindowMs',
      'idleTimeoutMs',
      'webSocketUrl',
      ...BUDGET_SETTINGS,
      ...TOKEN_SETTINGS,
      'allowedOrigins',
    ],
    grant: (
      fn,
      { storage, offlineQueue, fanOutQueue, gateway, desk, events, hooks, attachments, notifications },
    ) => {
      storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem');
      // To remove a member of a group, and to check that a new admin is a member.
      storage.conversations.grant(fn, 'DeleteItem', 'ConditionCheckItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem');
      storage.messages.grantQueryBySeq(fn);
      storage.messages.grantQueryByChange(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      events?.keepChanges(fn);
      hooks.grantBeforeSend(fn);
      hooks.grantProfileSource(fn);
      attachments?.grantUpload(fn);
      attachments?.grantSend(fn);
      attachments?.grantLink(fn);
      notifications?.addRegistration(fn);
      if (desk === undefined) return;
      desk.store.grant(fn, 'GetItem', 'BatchGetItem', 'Query');
      desk.queue.grantSend(fn);
      desk.addQueueNames(fn);
    },
  },
  poll: {
    module: 'lambdas/functions/poll',
    description: 'Waits for messages of a client without a socket',
    trigger: { kind: 'http', routes: [POLL_ROUTE] },
    // 20 s of waiting, plus its calls. The HTTP API times out after 30 s.
    timeoutSeconds: 28,
    memoryMegabytes: 256,
    settings: [
      'leaseSeconds',
      'duplicateLogin',
      'maxDevices',
      ...BUDGET_SETTINGS,
      ...TOKEN_SETTINGS,
      'allowedOrigins',
    ],
    grant: (fn, { storage, gateway }) => {
      storage.routes.grant(fn, 'GetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      storage.messages.grant(fn, 'BatchGetItem');
      gateway.grantConnections(fn, 'GET', 'POST', 'DELETE');
    },
  },
  storeOffline: {
    module: 'lambdas/functions/store-offline',
    description: 'Stores references in inboxes, and delivers to users who have reconnected',
    trigger: { kind: 'queue', queue: 'offline' },
    timeoutSeconds: 30,
    memoryMegabytes: 256,
    sendsToOwnQueue: true,
    settings: ['inboxTtlSeconds'],
    grant: (fn, { storage, offlineQueue, gateway, notifications }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      storage.messages.grant(fn, 'BatchGetItem');
      offlineQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      notifications?.grantForward(fn);
    },
  },
  fanOut: {
    module: 'lambdas/functions/fan-out',
    description: 'Delivers to members of large groups, and completes changes whose function died',
    trigger: { kind: 'queue', queue: 'fanOut' },
    timeoutSeconds: 60,
    memoryMegabytes: 1_024,
    sendsToOwnQueue: true,
    settings: ['historyTtlSeconds', ...BUDGET_SETTINGS],
    grant: (fn, { storage, offlineQueue, fanOutQueue, gateway, notifications }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      // DeleteItem and PutItem complete a removal whose function died.
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem', 'DeleteItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem');
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      notifications?.addMentions(fn);
    },
  },
  serveEvents: {
    module: 'lambdas/functions/serve-events',
    description: 'Sends messages of other services, as any user',
    trigger: { kind: 'queue', queue: 'service' },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['leaseSeconds', 'historyTtlSeconds', 'editWindowMs'],
    grant: (fn, { storage, offlineQueue, fanOutQueue, gateway, desk, events, hooks, attachments }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'GetItem', 'Query', 'UpdateItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem');
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      hooks.grantBeforeServiceEvents(fn);
      // A message to a chat may show that its agent is gone, which asks for a check (IM-DESK-7).
      desk?.queue.grantSend(fn);
      events?.keepChanges(fn);
      events?.addRows(fn);
      if (attachments === undefined) return;
      attachments.grantSend(fn);
      // The records of the files.
      storage.conversations.grant(fn, 'BatchGetItem');
    },
  },
  logOut: {
    module: 'lambdas/functions/log-out',
    description: "Ends a user's sessions for another service",
    trigger: { kind: 'service' },
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['maxDevices'],
    grant: (fn, { storage, gateway, notifications }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      gateway.grantConnections(fn, 'POST', 'DELETE');
      if (notifications === undefined) return;
      // Devices that are logged out get no notifications.
      notifications.addProviders(fn);
      storage.conversations.grant(fn, 'GetItem', 'UpdateItem', 'DeleteItem');
    },
  },
  admin: {
    module: 'lambdas/functions/admin',
    description:
      "The operator's side: sends as anyone, recalls anything, bans, changes groups, and looks at users",
    trigger: { kind: 'admin', routes: ADMIN_ROUTES, partRoutes: { attachments: ATTACHMENT_ADMIN_ROUTES } },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    audits: true,
    settings: ['leaseSeconds', 'historyTtlSeconds', 'maxDevices', ...BUDGET_SETTINGS],
    grant: (
      fn,
      {
        storage,
        offlineQueue,
        fanOutQueue,
        taskQueue,
        exports,
        gateway,
        desk,
        events,
        hooks,
        attachments,
        notifications,
      },
    ) => {
      storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'UpdateItem');
      // For groups, as the users' function; also for tasks.
      storage.conversations.grant(fn, 'PutItem', 'DeleteItem', 'ConditionCheckItem');
      storage.messages.grant(fn, 'BatchGetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem');
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      fanOutQueue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      events?.keepChanges(fn);
      hooks.grantBeforeServiceEvents(fn);
      hooks.grantProfileSource(fn);
      // A ban, or a message to a chat, asks for a check of an agent.
      desk?.queue.grantSend(fn);
      events?.addRows(fn);
      taskQueue.grantSend(fn);
      exports.grantLink(fn);
      attachments?.grantSend(fn);
      notifications?.addProviders(fn);
    },
  },
  runTasks: {
    module: 'lambdas/functions/run-tasks',
    description:
      'Does the tasks of operators, page by page: erases and exports users, deletes groups, and imports',
    trigger: { kind: 'queue', queue: 'tasks' },
    // 15 s of pages, and the last one (domain/tasks/run-task.ts). Six times this is how long the job of a dead worker waits.
    timeoutSeconds: 30,
    memoryMegabytes: 512,
    sendsToOwnQueue: true,
    settings: ['historyTtlSeconds'],
    grant: (
      fn,
      {
        storage,
        taskQueue,
        offlineQueue,
        fanOutQueue,
        exports,
        gateway,
        desk,
        events,
        hooks,
        archive,
        attachments,
      },
    ) => {
      storage.conversations.grant(fn, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem');
      // To remove what the user keeps, and to delete a group.
      storage.conversations.grant(fn, 'BatchWriteItem');
      storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      // To remove the user from groups, and to pass on the role of a last admin.
      storage.conversations.grant(fn, 'DeleteItem', 'ConditionCheckItem');
      // Query on the table itself finds what one user has written.
      storage.messages.grant(fn, 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'BatchWriteItem');
      storage.messages.grantQueryByChange(fn);
      storage.messages.grantQueryBySeq(fn);
      offlineQueue.grantSend(fn);
      exports.grantWrite(fn);
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      fanOutQueue.grantSend(fn);
      events?.keepChanges(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
      archive?.grantEdit(fn);
      attachments?.grantErase(fn);
      // An import puts no profile where another system keeps them.
      hooks.tellOfProfileSource(fn);
      // For the links of exports.
      attachments?.grantLink(fn);
      taskQueue.grantSend(fn);
      events?.addRows(fn);
      if (desk === undefined) return;
      // An agent's chats go back to their queues, and a customer's are closed.
      desk.store.grant(fn, 'GetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
      desk.queue.grantSend(fn);
      gateway.grantConnections(fn, 'GET');
    },
  },
  matchDesk: {
    part: 'desk',
    module: 'lambdas/functions/match-desk',
    description: 'Assigns support chats to agents, and requeues the chats of agents who are gone',
    trigger: { kind: 'queue', queue: 'desk' },
    timeoutSeconds: 30,
    memoryMegabytes: 1_024,
    sendsToOwnQueue: true,
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
  notify: {
    part: 'notifications',
    module: 'lambdas/functions/notify',
    description: 'Notifies devices of users who see no message, by Web Push, APNs, and FCM',
    trigger: { kind: 'queue', queue: 'notifications' },
    timeoutSeconds: 30,
    // Encrypting for a browser is some milliseconds of CPU.
    memoryMegabytes: 512,
    sendsToOwnQueue: true,
    settings: [],
    grant: (fn, { storage, notifications }) => {
      storage.routes.grant(fn, 'BatchGetItem');
      storage.messages.grant(fn, 'BatchGetItem');
      // To remove registrations that are gone, and to keep the endpoints of platforms.
      storage.conversations.grant(fn, 'BatchGetItem', 'UpdateItem', 'DeleteItem');
      notifications?.grantPush(fn);
    },
  },
  publishEvents: {
    part: 'events',
    module: 'lambdas/functions/publish-events',
    description: 'Publishes messages, changes, members, bans, and reports as events',
    trigger: { kind: 'stream', sources: EVENT_SOURCES, batchSize: 100 },
    timeoutSeconds: 60,
    memoryMegabytes: 256,
    settings: [],
    grant: (fn, { events }) => {
      events?.grantPublish(fn);
    },
  },
  replayEvents: {
    part: 'events',
    module: 'lambdas/functions/replay-events',
    description: "Publishes a conversation's events again, for an operator",
    trigger: { kind: 'service' },
    // 20 s of pages, and the patience of the last.
    timeoutSeconds: 120,
    memoryMegabytes: 256,
    settings: [],
    grant: (fn, { storage, events }) => {
      storage.conversations.grant(fn, 'GetItem');
      storage.messages.grantQueryBySeq(fn);
      events?.grantPublish(fn);
    },
  },
  archiveMessages: {
    part: 'archive',
    module: 'lambdas/functions/archive-messages',
    description: 'Writes messages that have expired to the archive',
    // Lambda's longest window, and as many records as an invocation can hold (6 MB): an object, and a put, for each.
    trigger: {
      kind: 'stream',
      sources: ARCHIVE_SOURCES,
      batchSize: 10_000,
      windowSeconds: 300,
      retriesUntilGone: true,
    },
    timeoutSeconds: 60,
    // Holds 6 MB as an event, as lines, and compressed.
    memoryMegabytes: 512,
    settings: [],
    grant: (fn, { archive }) => {
      archive?.grantWrite(fn);
    },
  },
  scanResults: {
    part: 'attachmentScan',
    module: 'lambdas/functions/scan-results',
    description: 'Keeps what the malware scanner says of uploads',
    trigger: { kind: 'scan' },
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: [],
    grant: (fn, { storage }) => {
      storage.conversations.grant(fn, 'UpdateItem');
    },
  },
} as const satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof FUNCTIONS;

type PartFunctionName = {
  [Name in FunctionName]: (typeof FUNCTIONS)[Name] extends { readonly part: PartName } ? Name : never;
}[FunctionName];

/** The functions of this deployment. */
export type Functions = Readonly<
  Record<Exclude<FunctionName, PartFunctionName>, HandlerFunction> &
    Partial<Record<PartFunctionName, HandlerFunction>>
>;

/** @param parts the optional parts of this deployment */
export function functionNames(parts: Readonly<Record<PartName, boolean>>): FunctionName[] {
  const names = Object.keys(FUNCTIONS) as FunctionName[];
  return names.filter((name) => {
    const { part }: FunctionSpec = FUNCTIONS[name];
    return part === undefined || parts[part];
  });
}
