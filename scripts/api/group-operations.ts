import {
  addMembersSchema,
  createGroupSchema,
  cursorQuerySchema,
  type HttpRoute,
  updateGroupSchema,
} from '../../protocol/http.ts';
import type { Body, Operation } from './operation.ts';

type GroupRoute = Extract<HttpRoute, `${string} /groups${string}`>;

const groupBody = (schema: Body['schema'], name: string): Body => ({ schema, name, meanings: 'Group' });
const PAGE = [cursorQuerySchema, 'Page'] as const;

/** The routes of groups (docs/protocol.md, section 9). */
export const GROUP_OPERATIONS: Readonly<Record<GroupRoute, Operation>> = {
  'POST /groups': {
    id: 'createGroup',
    tag: 'groups',
    summary: 'Makes a group, of which you are a member and the admin',
    description: 'Not idempotent: a repeat makes another group.',
    body: groupBody(createGroupSchema, 'CreateGroupRequest'),
    status: 201,
    answer: 'GroupBody',
    errors: ['bad_frame', 'invalid_request', 'limit_reached'],
  },
  'GET /groups/{id}': {
    id: 'getGroup',
    tag: 'groups',
    summary: 'Reads a group of which you are a member',
    answer: 'GroupBody',
    errors: ['invalid_request', 'not_found'],
  },
  'PATCH /groups/{id}': {
    id: 'updateGroup',
    tag: 'groups',
    summary: 'Changes name, admins, or rules, as an admin',
    body: groupBody(updateGroupSchema, 'UpdateGroupRequest'),
    answer: 'GroupBody',
    errors: ['bad_frame', 'invalid_request', 'not_found'],
  },
  'GET /groups/{id}/members': {
    id: 'listMembers',
    tag: 'groups',
    summary: 'Lists the members, 100 a page, ordered by user id',
    query: PAGE,
    answer: 'MembersBody',
    errors: ['invalid_request', 'not_found'],
  },
  'POST /groups/{id}/members': {
    id: 'addMembers',
    tag: 'groups',
    summary: 'Adds members, as an admin',
    body: groupBody(addMembersSchema, 'AddMembersRequest'),
    answer: 'GroupBody',
    errors: ['bad_frame', 'invalid_request', 'not_found', 'conflict', 'limit_reached'],
  },
  'DELETE /groups/{id}/members/{userId}': {
    id: 'removeMember',
    tag: 'groups',
    summary: 'Leaves the group, or removes a member as an admin',
    status: 204,
    errors: ['invalid_request', 'not_found', 'conflict'],
  },
  'GET /groups/{id}/reads': {
    id: 'listReads',
    tag: 'groups',
    summary: 'Lists how far the members of a group or support chat have read, 100 a page',
    query: PAGE,
    answer: 'ReadsBody',
    errors: ['invalid_request', 'not_found'],
  },
};
