import {
  type AdminRoute,
  adminBanSchema,
  adminCreateGroupSchema,
  adminLogOutSchema,
  adminMessageSchema,
} from '../../protocol/admin.ts';
import type { ATTACHMENT_ADMIN_ROUTES } from '../../protocol/attachments.ts';
import { addMembersSchema, cursorQuerySchema, updateGroupSchema } from '../../protocol/http.ts';
import { profileSchema } from '../../protocol/people.ts';
import type { Operation } from './operation.ts';

type Route = AdminRoute | (typeof ATTACHMENT_ADMIN_ROUTES)[number];

/** The admin API (docs/protocol.md, section 21). All but `adminCreateGroup` are idempotent (IM-ADMIN-3). */
export const ADMIN_OPERATIONS: Readonly<Record<Route, Operation>> = {
  'POST /admin/messages': {
    id: 'adminSendMessage',
    tag: 'admin',
    summary: 'Sends a message as any user, or as `system` to a single user',
    body: { schema: adminMessageSchema, name: 'AdminMessageRequest', meanings: 'AdminMessage' },
    answer: 'SentBody',
    errors: ['bad_frame', 'not_found', 'payload_too_large', 'blocked_content', 'idempotency_conflict'],
  },
  'POST /admin/users/{userId}/log-out': {
    id: 'adminLogOut',
    tag: 'admin',
    summary: 'Ends all sessions of a user, or the session of one device',
    body: { schema: adminLogOutSchema, name: 'AdminLogOutRequest', meanings: 'LogOut', isOptional: true },
    status: 204,
    errors: ['bad_frame'],
  },
  'PUT /admin/users/{userId}/ban': {
    id: 'adminBanUser',
    tag: 'admin',
    summary: 'Bans a user, and replaces a ban (IM-BAN-1)',
    body: { schema: adminBanSchema, name: 'AdminBanRequest', meanings: 'Ban', isOptional: true },
    status: 204,
    errors: ['bad_frame', 'conflict'],
  },
  'DELETE /admin/users/{userId}/ban': {
    id: 'adminUnbanUser',
    tag: 'admin',
    summary: 'Lifts a ban',
    status: 204,
    errors: ['conflict'],
  },
  'GET /admin/users/{userId}': {
    id: 'adminGetUser',
    tag: 'admin',
    summary: 'Reads what the server knows of a user. Any user id has an answer',
    answer: 'AdminUserBody',
  },
  'PUT /admin/users/{userId}/profile': {
    id: 'adminPutProfile',
    tag: 'admin',
    summary: 'Replaces a user’s whole profile',
    body: { schema: profileSchema, name: 'ProfileRequest', meanings: 'Profile' },
    answer: 'Profile',
    errors: ['bad_frame'],
  },
  'DELETE /admin/conversations/{conversationId}/messages/{seq}': {
    id: 'adminRecallMessage',
    tag: 'admin',
    summary: 'Recalls any message, at any age',
    answer: 'Message',
    errors: ['not_found'],
  },
  'POST /admin/conversations/{conversationId}/messages/{seq}/erase': {
    id: 'adminEraseMessage',
    tag: 'admin',
    summary: 'Erases what a user wrote in a message (IM-ERASE-5)',
    answer: 'Message',
    errors: ['not_found'],
  },
  'DELETE /admin/conversations/{conversationId}/messages/{seq}/attachments/{attachmentId}': {
    id: 'adminRemoveFile',
    tag: 'admin',
    summary: 'Removes one file of a message (IM-FILE-8)',
    answer: 'Message',
    errors: ['not_found'],
  },
  'POST /admin/groups': {
    id: 'adminCreateGroup',
    tag: 'admin',
    summary: 'Makes a group, without being in it',
    description: 'Not idempotent: a repeat makes another group.',
    body: { schema: adminCreateGroupSchema, name: 'AdminCreateGroupRequest', meanings: 'AdminGroup' },
    status: 201,
    answer: 'GroupBody',
    errors: ['bad_frame'],
  },
  'GET /admin/groups/{conversationId}': {
    id: 'adminGetGroup',
    tag: 'admin',
    summary: 'Reads any group, and a page of 100 members',
    query: [cursorQuerySchema, 'Page'],
    answer: 'AdminGroupBody',
    errors: ['not_found'],
  },
  'PATCH /admin/groups/{conversationId}': {
    id: 'adminUpdateGroup',
    tag: 'admin',
    summary: 'Changes name, admins, or rules of a group',
    body: { schema: updateGroupSchema, name: 'UpdateGroupRequest', meanings: 'Group' },
    answer: 'GroupBody',
    errors: ['bad_frame', 'not_found'],
  },
  'DELETE /admin/groups/{conversationId}': {
    id: 'adminDeleteGroup',
    tag: 'admin',
    summary: 'Starts the deletion of a group (IM-ADMIN-4)',
    status: 202,
    answer: 'TaskStarted',
    errors: ['not_found'],
  },
  'POST /admin/groups/{conversationId}/members': {
    id: 'adminAddMembers',
    tag: 'admin',
    summary: 'Adds up to 100 members',
    body: { schema: addMembersSchema, name: 'AddMembersRequest', meanings: 'Group' },
    answer: 'GroupBody',
    errors: ['bad_frame', 'not_found', 'conflict'],
  },
  'DELETE /admin/groups/{conversationId}/members/{userId}': {
    id: 'adminRemoveMember',
    tag: 'admin',
    summary: 'Removes a member. If it was the last admin, another one becomes it',
    status: 204,
    errors: ['not_found'],
  },
  'POST /admin/users/{userId}/export': {
    id: 'adminExportUser',
    tag: 'admin',
    summary: 'Starts an export of what the server has of a user (IM-ERASE-3)',
    status: 202,
    answer: 'TaskStarted',
  },
  'DELETE /admin/users/{userId}': {
    id: 'adminEraseUser',
    tag: 'admin',
    summary: 'Starts an erasure of a user (IM-ERASE-2)',
    status: 202,
    answer: 'TaskStarted',
  },
  'GET /admin/tasks/{taskId}': {
    id: 'adminGetTask',
    tag: 'admin',
    summary: 'Reads how far a task is (IM-ERASE-1)',
    answer: 'AdminTaskBody',
    errors: ['not_found'],
  },
};
