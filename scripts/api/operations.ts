import { type ATTACHMENT_HTTP_ROUTES, attachmentRequestSchema } from '../../protocol/attachments.ts';
import type { ErrorCode } from '../../protocol/codes.ts';
import { deskChatsQuerySchema } from '../../protocol/desk.ts';
import { editRequestSchema, messageRequestSchema } from '../../protocol/frames.ts';
import {
  changesQuerySchema,
  conversationsQuerySchema,
  type HttpRoute,
  messagesQuerySchema,
  type POLL_ROUTE,
  pollSchema,
  sessionQuerySchema,
} from '../../protocol/http.ts';
import { type NOTIFICATION_HTTP_ROUTES, pushRegistrationSchema } from '../../protocol/notifications.ts';
import { GROUP_OPERATIONS } from './group-operations.ts';
import type { Operation } from './operation.ts';
import { PEOPLE_OPERATIONS } from './people-operations.ts';

type UserRoute =
  | HttpRoute
  | typeof POLL_ROUTE
  | (typeof ATTACHMENT_HTTP_ROUTES)[number]
  | (typeof NOTIFICATION_HTTP_ROUTES)[number];

const INVALID = ['bad_frame', 'invalid_request'] as const satisfies readonly ErrorCode[];
const CHANGE = ['invalid_request', 'not_found'] as const satisfies readonly ErrorCode[];
const SEND = [
  ...INVALID,
  'not_found',
  'payload_too_large',
  'blocked_content',
  'idempotency_conflict',
  'limit_reached',
  'slow_mode',
] as const satisfies readonly ErrorCode[];

/** The routes for users. The compiler finds one that is missing. */
export const OPERATIONS: Readonly<Record<UserRoute, Operation>> = {
  'GET /session': {
    id: 'getSession',
    tag: 'session',
    summary: 'Answers who you are, or why an upgrade failed (IM-CONN-7)',
    query: [sessionQuerySchema, 'Session'],
    answer: 'SessionBody',
    errors: ['invalid_request'],
  },
  'GET /conversations': {
    id: 'listConversations',
    tag: 'conversations',
    summary: 'Lists your conversations, or those in which something happened since (IM-CHANGE-3)',
    query: [conversationsQuerySchema, 'Conversations'],
    answer: 'ConversationsBody',
    errors: ['invalid_request'],
  },
  'GET /conversations/{conversationId}/messages': {
    id: 'readHistory',
    tag: 'conversations',
    summary: 'Reads a page of history, ascending by seq; the latest one without `after` and `before`',
    query: [messagesQuerySchema, 'History'],
    answer: 'HistoryBody',
    errors: ['invalid_request', 'not_found'],
  },
  'GET /conversations/{conversationId}/changes': {
    id: 'readChanges',
    tag: 'conversations',
    summary: 'Lists the messages that changed since a time, as they are now (IM-CHANGE-2)',
    query: [changesQuerySchema, 'Changes'],
    answer: 'ChangesBody',
    errors: ['invalid_request', 'not_found'],
  },
  'GET /conversations/{conversationId}/pins': {
    id: 'listPins',
    tag: 'conversations',
    summary: 'Lists the pinned messages, the latest pin first (IM-PIN)',
    answer: 'PinsBody',
    errors: ['invalid_request', 'not_found'],
  },
  'POST /messages': {
    id: 'sendMessage',
    tag: 'messages',
    summary: 'Sends a message (IM-SEND)',
    description:
      'Answers only after the message is durable. Idempotent by `clientMsgId`: after `unavailable`, `internal`, or silence send the same again.',
    body: { schema: messageRequestSchema, name: 'MessageRequest', meanings: 'SendMessage' },
    answer: 'SentBody',
    errors: SEND,
  },
  'PATCH /conversations/{conversationId}/messages/{seq}': {
    id: 'editMessage',
    tag: 'messages',
    summary: 'Edits a message of your own (IM-EDIT)',
    body: { schema: editRequestSchema, name: 'EditRequest', meanings: 'Edit' },
    answer: 'Message',
    errors: [
      ...CHANGE,
      'bad_frame',
      'payload_too_large',
      'blocked_content',
      'conflict',
      'edit_window_passed',
    ],
  },
  'DELETE /conversations/{conversationId}/messages/{seq}': {
    id: 'recallMessage',
    tag: 'messages',
    summary: 'Recalls a message: all who read it later see that it was recalled',
    answer: 'Message',
    errors: [...CHANGE, 'recall_window_passed'],
  },
  'PUT /conversations/{conversationId}/messages/{seq}/reactions/{name}': {
    id: 'addReaction',
    tag: 'messages',
    summary: 'Reacts to a message (IM-REACT)',
    answer: 'Message',
    errors: [...CHANGE, 'limit_reached'],
  },
  'DELETE /conversations/{conversationId}/messages/{seq}/reactions/{name}': {
    id: 'removeReaction',
    tag: 'messages',
    summary: 'Removes your reaction (IM-REACT)',
    answer: 'Message',
    errors: CHANGE,
  },
  'PUT /conversations/{conversationId}/messages/{seq}/pin': {
    id: 'pinMessage',
    tag: 'messages',
    summary: 'Pins a message for all who see the conversation (IM-PIN)',
    answer: 'Message',
    errors: [...CHANGE, 'limit_reached'],
  },
  'DELETE /conversations/{conversationId}/messages/{seq}/pin': {
    id: 'unpinMessage',
    tag: 'messages',
    summary: 'Unpins a message (IM-PIN)',
    answer: 'Message',
    errors: CHANGE,
  },
  ...GROUP_OPERATIONS,
  ...PEOPLE_OPERATIONS,
  'POST /attachments': {
    id: 'requestUpload',
    tag: 'files',
    summary: 'Asks for a form to upload a file by (IM-FILE-1)',
    description:
      'Post each form as `multipart/form-data` to its `url`: its `fields` in their order, then the file as the field `file`. Then send a message that names the `attachmentId`.',
    body: {
      schema: attachmentRequestSchema,
      name: 'AttachmentRequest',
      meanings: 'AttachmentRequest',
    },
    status: 201,
    answer: 'AttachmentBody',
    errors: [...INVALID, 'not_found', 'payload_too_large', 'limit_reached', 'slow_mode'],
  },
  'GET /conversations/{conversationId}/messages/{seq}/attachments': {
    id: 'linkFiles',
    tag: 'files',
    summary:
      'Answers links to the files of a message, good for whoever has them until `expiresAt` (IM-FILE-3)',
    answer: 'AttachmentsBody',
    errors: ['invalid_request', 'not_found'],
  },
  'GET /push': {
    id: 'getPush',
    tag: 'notifications',
    summary: 'Says what a device may register for',
    answer: 'PushBody',
  },
  'PUT /devices/{deviceId}/push': {
    id: 'registerDevice',
    tag: 'notifications',
    summary: 'Registers a device for notifications, or replaces its registration (IM-NOTIFY-1)',
    body: { schema: pushRegistrationSchema, name: 'PushRegistration', meanings: 'PushRegistration' },
    status: 204,
    errors: INVALID,
  },
  'DELETE /devices/{deviceId}/push': {
    id: 'unregisterDevice',
    tag: 'notifications',
    summary: 'Removes a registration',
    status: 204,
    errors: ['invalid_request'],
  },
  'POST /poll': {
    id: 'poll',
    tag: 'polling',
    summary: 'Waits for messages of the inbox, and acknowledges the page before (IM-POLL)',
    body: { schema: pollSchema, name: 'PollRequest', meanings: 'Poll' },
    answer: 'PollBody',
    errors: [...INVALID, 'session_expired', 'conflict'],
  },
  'GET /desk/me': {
    id: 'getDeskMe',
    tag: 'desk',
    summary: 'Answers your roles, the names of the queues, and your state as an agent',
    answer: 'DeskMeBody',
  },
  'GET /desk/agents': {
    id: 'listAgents',
    tag: 'desk',
    summary: 'Lists all agents who are ready',
    answer: 'DeskAgentsBody',
  },
  'GET /desk/chats': {
    id: 'listChats',
    tag: 'desk',
    summary: 'Lists support chats, 50 a page: an agent’s own, or all for a supervisor',
    query: [deskChatsQuerySchema, 'DeskChats'],
    answer: 'DeskChatsBody',
    errors: ['invalid_request'],
  },
  'GET /desk/queues': {
    id: 'listQueues',
    tag: 'desk',
    summary: 'Lists the queues, for supervisors',
    answer: 'DeskQueuesBody',
  },
};
