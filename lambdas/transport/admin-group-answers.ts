import { ulid } from 'ulid';
import {
  type ADMIN_ROUTES,
  adminCreateGroupSchema,
  groupMemberPath,
  groupPath,
} from '../../protocol/admin.ts';
import { addMembersSchema, cursorQuerySchema, updateGroupSchema } from '../../protocol/http.ts';
import { OPERATOR } from '../domain/access/operator.ts';
import { createGroupAsOperator, newGroupId, updateGroup } from '../domain/groups/change.ts';
import { groupFacts } from '../domain/groups/group.ts';
import { addMembers } from '../domain/groups/members.ts';
import { type OperatorRemovalPorts, removeByOperator } from '../domain/groups/operator-removal.ts';
import { lookAtGroup } from '../domain/groups/views.ts';
import { startTask, type TaskPorts } from '../domain/tasks/run-task.ts';
import { NotFoundError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';
import type { AdminAnswer } from './admin.ts';

export type AdminGroupPorts = OperatorRemovalPorts & TaskPorts;

type GroupRoute = Extract<(typeof ADMIN_ROUTES)[number], `${string} /admin/groups${string}`>;

/** The admin API's routes of groups (docs/protocol.md, section 21). */
export function adminGroupAnswers(ports: AdminGroupPorts): Readonly<Record<GroupRoute, AdminAnswer>> {
  return {
    'POST /admin/groups': ({ body }) => {
      const request = parseWith(adminCreateGroupSchema, body());
      // Named before it is made: the audit tells of a group whose function failed halfway, too.
      const conversationId = newGroupId(ports);
      const { members, admins } = request;
      return {
        target: { conversationId, members, admins },
        status: 201,
        run: () => createGroupAsOperator(ports, conversationId, request),
      };
    },
    'GET /admin/groups/{conversationId}': ({ path, query }) => {
      const { conversationId } = parseWith(groupPath, path);
      const { cursor } = parseWith(cursorQuerySchema, query);
      return { target: { conversationId }, run: () => lookAtGroup(ports, conversationId, cursor) };
    },
    'PATCH /admin/groups/{conversationId}': ({ path, body }) => {
      const { conversationId } = parseWith(groupPath, path);
      const update = parseWith(updateGroupSchema, body());
      const target = { conversationId, admins: update.admins };
      return { target, run: () => updateGroup(ports, OPERATOR, conversationId, update) };
    },
    'DELETE /admin/groups/{conversationId}': ({ path, atMs }) => {
      const { conversationId } = parseWith(groupPath, path);
      const taskId = ulid(atMs);
      return {
        target: { conversationId, taskId },
        status: 202,
        run: async () => {
          await groupFacts(ports, OPERATOR, conversationId);
          return startTask(ports, { taskId, kind: 'delete-group', conversationId });
        },
      };
    },
    'POST /admin/groups/{conversationId}/members': ({ path, body }) => {
      const { conversationId } = parseWith(groupPath, path);
      const { members } = parseWith(addMembersSchema, body());
      const target = { conversationId, members };
      return { target, run: () => addMembers(ports, OPERATOR, conversationId, members) };
    },
    'DELETE /admin/groups/{conversationId}/members/{userId}': ({ path }) => {
      const target = parseWith(groupMemberPath, path);
      return {
        target,
        run: async () => {
          if (!(await removeByOperator(ports, target.conversationId, target.userId)))
            throw new NotFoundError('member');
          return undefined;
        },
      };
    },
  };
}
