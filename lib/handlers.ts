import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { grantDeskChange, grantHandingOut, grantInboxPages, grantSending, grantTelling } from './grants.ts';
import type { HandlerFunction } from './handler-function.ts';
import {
  action,
  deskAction,
  deskView,
  get,
  groupChange,
  groupView,
  nothing,
  post,
  SENDER_TIMEOUT_SECONDS,
} from './handler-kinds.ts';
import type { HandlerSpec } from './handler-spec.ts';

/** All functions. A new route is a line here and a module in `lambdas/`. */
export const HANDLERS = {
  authorize: {
    module: 'lambdas/routes/authorize',
    description: 'Decides who may connect: origin and token',
    trigger: { kind: 'authorizer' },
    timeoutSeconds: 5,
    memoryMegabytes: 512,
    settings: ['issuer', 'audience', 'jwksUri', 'userIdClaim', 'rolesClaim', 'allowedOrigins'],
    grant: nothing,
  },
  connect: {
    module: 'lambdas/routes/connect',
    description: 'Stores the session of a new connection',
    trigger: { kind: 'connect' },
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['leaseSeconds', 'inboxTtlSeconds', 'duplicateLogin', 'idleTimeoutMs'],
    grant: (fn, { storage, queue, gateway }) => {
      storage.routes.grant(fn, 'GetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'Query');
      queue.grantSend(fn);
      gateway.grantConnections(fn, 'GET', 'POST', 'DELETE');
    },
  },
  disconnect: {
    module: 'lambdas/routes/disconnect',
    description: 'Removes the session of a closed connection',
    trigger: { kind: 'disconnect' },
    timeoutSeconds: 5,
    memoryMegabytes: 256,
    settings: [],
    grant: (fn, { storage, desk }) => {
      storage.routes.grant(fn, 'UpdateItem');
      desk?.queue.grantSend(fn);
    },
  },
  fallback: {
    module: 'lambdas/routes/default',
    description: 'Answers Protobuf and plain frames, the literal heartbeat, and what is no action of ours',
    trigger: action('$default'),
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: [
      'leaseSeconds',
      'historyTtlSeconds',
      'idleTimeoutMs',
      'issuer',
      'audience',
      'jwksUri',
      'userIdClaim',
    ],
    // A Protobuf frame can be any: the permissions of all actions.
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      to.storage.inbox.grant(fn, 'Query', 'BatchWriteItem');
      to.storage.conversations.grant(fn, 'BatchGetItem');
      to.storage.messages.grant(fn, 'UpdateItem');
      to.storage.messages.grantQueryBySeq(fn);
      grantSending(fn, to);
      if (to.desk === undefined) return;
      to.desk.nameQueues(fn);
      grantDeskChange(fn, to);
    },
  },
  hello: {
    module: 'lambdas/routes/hello',
    description: 'Welcomes a managed session with the first page of its inbox',
    trigger: action('hello'),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['leaseSeconds'],
    grant: grantInboxPages,
  },
  ackInbox: {
    module: 'lambdas/routes/ack-inbox',
    description: 'Removes an acknowledged page of the inbox and answers with the next',
    trigger: action('ackInbox'),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['leaseSeconds'],
    grant: grantInboxPages,
  },
  sendMessage: {
    module: 'lambdas/routes/send-message',
    description: 'Stores a message, delivers it, and acknowledges it to its sender',
    trigger: action('sendMessage'),
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['leaseSeconds', 'historyTtlSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      grantSending(fn, to);
    },
  },
  heartbeat: {
    module: 'lambdas/routes/heartbeat',
    description: 'Keeps the presence lease of a session alive',
    trigger: action('heartbeat'),
    timeoutSeconds: 5,
    memoryMegabytes: 256,
    settings: ['leaseSeconds'],
    grant: (fn, { storage, gateway }) => {
      storage.routes.grant(fn, 'GetItem', 'UpdateItem');
      gateway.grantConnections(fn, 'POST', 'DELETE');
    },
  },
  renew: {
    module: 'lambdas/routes/renew',
    description: 'Gives an open session a new end by a fresh token',
    trigger: action('renew'),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['issuer', 'audience', 'jwksUri', 'userIdClaim'],
    grant: (fn, { storage, gateway }) => {
      storage.routes.grant(fn, 'GetItem', 'UpdateItem');
      gateway.grantConnections(fn, 'POST', 'DELETE');
    },
  },
  getSession: {
    module: 'lambdas/routes/get-session',
    description: 'Tells a client who it is and where to connect, or why it cannot',
    trigger: get('/session'),
    timeoutSeconds: 3,
    memoryMegabytes: 256,
    settings: ['userIdClaim', 'webSocketUrl', 'allowedOrigins', 'idleTimeoutMs'],
    grant: nothing,
  },
  listConversations: {
    module: 'lambdas/routes/list-conversations',
    description: 'Lists the conversations of a user with last message and unread count',
    trigger: get('/conversations'),
    timeoutSeconds: 10,
    memoryMegabytes: 512,
    settings: ['userIdClaim', 'allowedOrigins'],
    grant: (fn, { storage }) => {
      storage.conversations.grant(fn, 'Query', 'BatchGetItem');
      storage.messages.grant(fn, 'BatchGetItem');
      storage.messages.grantQueryBySeq(fn);
    },
  },
  listMessages: {
    module: 'lambdas/routes/list-messages',
    description: 'Pages through the history of a conversation',
    trigger: get('/conversations/{conversationId}/messages'),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['userIdClaim', 'rolesClaim', 'allowedOrigins'],
    grant: (fn, { storage }) => {
      storage.conversations.grant(fn, 'GetItem');
      storage.messages.grantQueryBySeq(fn);
    },
  },
  postMessage: {
    module: 'lambdas/routes/post-message',
    description: 'sendMessage over HTTP',
    trigger: post('/messages'),
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['leaseSeconds', 'historyTtlSeconds', 'userIdClaim', 'allowedOrigins'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      grantSending(fn, to);
    },
  },
  poll: {
    module: 'lambdas/routes/poll',
    description: 'Waits on the inbox of a client that gets no socket',
    trigger: post('/poll'),
    // 20 s of waiting and its calls; the HTTP API gives up after 30.
    timeoutSeconds: 28,
    memoryMegabytes: 256,
    settings: ['leaseSeconds', 'duplicateLogin', 'userIdClaim', 'allowedOrigins'],
    grant: (fn, to) => {
      grantInboxPages(fn, to);
      to.gateway.grantConnections(fn, 'GET');
    },
  },
  read: {
    module: 'lambdas/routes/read',
    description: "Moves a reader's cursor and tells the others",
    trigger: action('read'),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: ['leaseSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      to.storage.conversations.grant(fn, 'UpdateItem');
      grantTelling(fn, to);
    },
  },
  recall: {
    module: 'lambdas/routes/recall',
    description: 'Takes a message back and tells who saw it',
    trigger: action('recall'),
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    settings: [],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      to.storage.messages.grant(fn, 'UpdateItem');
      to.storage.messages.grantQueryBySeq(fn);
      to.fanOut.grantSend(fn);
      grantTelling(fn, to);
    },
  },
  typing: {
    module: 'lambdas/routes/typing',
    description: 'Tells the others that somebody types',
    trigger: action('typing'),
    timeoutSeconds: 5,
    memoryMegabytes: 256,
    settings: ['leaseSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      grantTelling(fn, to);
    },
  },
  presence: {
    module: 'lambdas/routes/presence',
    description: 'Tells who is there',
    trigger: action('presence'),
    timeoutSeconds: 5,
    memoryMegabytes: 256,
    settings: ['leaseSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'GetItem', 'BatchGetItem', 'UpdateItem');
      to.storage.conversations.grant(fn, 'BatchGetItem');
      grantTelling(fn, to);
    },
  },
  createGroup: groupChange('lambdas/routes/create-group', 'Makes a group', HttpMethod.POST, '/groups', {
    adds: true,
  }),
  updateGroup: groupChange(
    'lambdas/routes/update-group',
    'Renames a group, names its admins',
    HttpMethod.PATCH,
    '/groups/{id}',
    { namesAdmins: true },
  ),
  addMembers: groupChange(
    'lambdas/routes/add-members',
    'Adds members to a group',
    HttpMethod.POST,
    '/groups/{id}/members',
    { adds: true },
  ),
  removeMember: groupChange(
    'lambdas/routes/remove-member',
    'Removes a member from a group, or oneself',
    HttpMethod.DELETE,
    '/groups/{id}/members/{userId}',
  ),
  getGroup: groupView('lambdas/routes/get-group', 'Shows a group', '/groups/{id}'),
  listMembers: groupView(
    'lambdas/routes/list-members',
    'Lists the members of a group',
    '/groups/{id}/members',
    'Query',
  ),
  listReads: groupView(
    'lambdas/routes/list-reads',
    'Tells who has read up to where',
    '/groups/{id}/reads',
    'Query',
    'BatchGetItem',
  ),
  fanOut: {
    module: 'lambdas/workers/fan-out',
    description: 'Hands a message to the members of a large group',
    trigger: { kind: 'queue', queue: 'fanOut' },
    timeoutSeconds: 60,
    memoryMegabytes: 1_024,
    feedsItself: true,
    settings: ['leaseSeconds', 'historyTtlSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      to.storage.conversations.grant(fn, 'Query');
      to.storage.messages.grant(fn, 'BatchGetItem');
      grantHandingOut(fn, to);
    },
  },
  storeOffline: {
    module: 'lambdas/workers/store-offline',
    description: 'Puts references into inboxes, and delivers to whoever came back meanwhile',
    trigger: { kind: 'queue', queue: 'offline' },
    timeoutSeconds: 30,
    memoryMegabytes: 512,
    feedsItself: true,
    settings: ['inboxTtlSeconds'],
    grant: (fn, { storage, queue, gateway }) => {
      storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      storage.inbox.grant(fn, 'BatchWriteItem', 'Query');
      storage.messages.grant(fn, 'BatchGetItem');
      queue.grantSend(fn);
      gateway.grantConnections(fn, 'POST', 'DELETE');
    },
  },
  serveEvents: {
    module: 'lambdas/workers/serve-events',
    description: 'Does what other services ask: logs users out, sends messages as any user',
    trigger: { kind: 'queue', queue: 'service' },
    timeoutSeconds: SENDER_TIMEOUT_SECONDS,
    memoryMegabytes: 512,
    settings: ['leaseSeconds', 'historyTtlSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      grantSending(fn, to);
    },
  },
  deskOpen: deskAction('lambdas/routes/desk-open', 'Opens a support chat', 'desk.open', { namesQueue: true }),
  deskClose: deskAction('lambdas/routes/desk-close', 'Ends a support chat, or rates it', 'desk.close'),
  deskReady: deskAction('lambdas/routes/desk-ready', 'An agent takes chats', 'desk.ready', {
    namesQueue: true,
  }),
  deskAway: deskAction('lambdas/routes/desk-away', 'An agent takes no more chats', 'desk.away'),
  deskTransfer: deskAction('lambdas/routes/desk-transfer', 'Hands a support chat on', 'desk.transfer'),
  listDeskChats: deskView(
    'lambdas/routes/list-desk-chats',
    'Lists support chats',
    '/desk/chats',
    'BatchGetItem',
  ),
  listDeskQueues: deskView('lambdas/routes/list-desk-queues', 'Tells how the queues stand', '/desk/queues'),
  matchDesk: {
    part: 'desk',
    module: 'lambdas/workers/desk',
    description: 'Brings support chats and agents together, and takes chats from agents who are gone',
    trigger: { kind: 'queue', queue: 'desk' },
    timeoutSeconds: 30,
    memoryMegabytes: 1_024,
    feedsItself: true,
    settings: ['historyTtlSeconds', 'deskAgentGraceSeconds'],
    grant: (fn, to) => {
      to.storage.routes.grant(fn, 'BatchGetItem', 'UpdateItem');
      to.storage.messages.grant(fn, 'BatchGetItem');
      to.gateway.grantConnections(fn, 'GET');
      grantDeskChange(fn, to);
    },
  },
} as const satisfies Record<string, HandlerSpec>;

export type HandlerName = keyof typeof HANDLERS;

/** Those that a deployment without a desk doesn't have. */
export type DeskHandlerName = {
  [Name in HandlerName]: (typeof HANDLERS)[Name] extends { readonly part: 'desk' } ? Name : never;
}[HandlerName];

export type HandlerFunctions = Readonly<
  Record<Exclude<HandlerName, DeskHandlerName>, HandlerFunction> &
    Partial<Record<DeskHandlerName, HandlerFunction>>
>;
