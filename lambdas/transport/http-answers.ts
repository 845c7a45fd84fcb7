import * as z from 'zod/mini';
import { type ATTACHMENT_HTTP_ROUTES, attachmentRequestSchema } from '../../protocol/attachments.ts';
import { deskChatsQuerySchema } from '../../protocol/desk.ts';
import { editRequestSchema, messageRequestSchema, reactionName } from '../../protocol/frames.ts';
import {
  addMembersSchema,
  changesQuerySchema,
  conversationsQuerySchema,
  createGroupSchema,
  cursorQuerySchema,
  type DESK_HTTP_ROUTES,
  type HTTP_ROUTES,
  messagesQuerySchema,
  type SessionBody,
  sessionQuerySchema,
  updateGroupSchema,
} from '../../protocol/http.ts';
import { USER_ID } from '../../protocol/ids.ts';
import { lazySchema } from '../../protocol/lazy-schema.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { type LinkPorts, linkFiles } from '../domain/attachments/links.ts';
import { requestUpload, type UploadPorts } from '../domain/attachments/upload.ts';
import { type ChatViewPorts, listAgents, listChats, listQueues, showMe } from '../domain/desk/views.ts';
import { createGroup, updateGroup } from '../domain/groups/change.ts';
import type { GroupChangePorts } from '../domain/groups/group.ts';
import { addMembers, removeMember } from '../domain/groups/members.ts';
import { listMembers, listReads, showGroup } from '../domain/groups/views.ts';
import { readChanges } from '../domain/messages/changes.ts';
import { readConversations } from '../domain/messages/conversation-list.ts';
import { type EditPorts, edit } from '../domain/messages/edit.ts';
import { readHistory } from '../domain/messages/history.ts';
import { listPins, type PinPorts, pin } from '../domain/messages/pin.ts';
import { type ReactPorts, react } from '../domain/messages/react.ts';
import { recall } from '../domain/messages/recall.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import { heartbeatIntervalMs } from '../domain/model/session.ts';
import type { Clock } from '../shared/clock.ts';
import { NotFoundError } from '../shared/errors.ts';
import { parseWith } from '../shared/parse.ts';
import type { Answers, HttpRequest } from './http.ts';
import { type PeoplePorts, peopleAnswers } from './people-answers.ts';

export interface SessionPorts {
  readonly webSocketUrl: string;
  readonly idleTimeoutMs?: number | undefined;
  readonly clock: Clock;
}

export interface HttpPorts
  extends SendPorts,
    EditPorts,
    ReactPorts,
    PinPorts,
    GroupChangePorts,
    PeoplePorts,
    SessionPorts {}

/** The routes of every deployment, except the poll (docs/protocol.md, section 6). */
export function httpAnswers(ports: HttpPorts): Answers<(typeof HTTP_ROUTES)[number]> {
  return {
    'GET /session': { answer: async (request) => showSession(ports, request) },
    'GET /conversations': {
      answer: async ({ userId, query }) => {
        const { limit, cursor, changedSince } = parseWith(conversationsQuerySchema, query);
        const changedSinceMs = changedSince === undefined ? undefined : Number(changedSince);
        return readConversations(ports, userId, { limit: limitOf(limit), cursor, changedSinceMs });
      },
    },
    'GET /conversations/{conversationId}/messages': {
      answer: async ({ userId, roles, query, path }) => {
        const { limit, after, before } = parseWith(messagesQuerySchema, query);
        const range = {
          limit: limitOf(limit),
          ...(after !== undefined && { after: Number(after) }),
          ...(before !== undefined && { before: Number(before) }),
        };
        return readHistory(ports, userId, path['conversationId'] ?? '', range, roles);
      },
    },
    'GET /conversations/{conversationId}/changes': {
      answer: async ({ userId, roles, query, path }) => {
        const { since, cursor } = parseWith(changesQuerySchema, query);
        const range = { sinceMs: Number(since), cursor };
        return readChanges(ports, userId, path['conversationId'] ?? '', range, roles);
      },
    },
    'PATCH /conversations/{conversationId}/messages/{seq}': {
      answer: async ({ userId, path, body }) =>
        edit(ports, { userId }, { ...messageTarget(path), ...parseWith(editRequestSchema, body()) }),
    },
    'DELETE /conversations/{conversationId}/messages/{seq}': {
      answer: async ({ userId, path }) => recall(ports, { userId }, messageTarget(path)),
    },
    'PUT /conversations/{conversationId}/messages/{seq}/reactions/{name}': {
      answer: async ({ userId, path }) => react(ports, { userId }, { ...reactionIn(path), on: true }),
    },
    'DELETE /conversations/{conversationId}/messages/{seq}/reactions/{name}': {
      answer: async ({ userId, path }) => react(ports, { userId }, { ...reactionIn(path), on: false }),
    },
    'PUT /conversations/{conversationId}/messages/{seq}/pin': {
      answer: async ({ userId, path }) => pin(ports, { userId }, { ...messageTarget(path), on: true }),
    },
    'DELETE /conversations/{conversationId}/messages/{seq}/pin': {
      answer: async ({ userId, path }) => pin(ports, { userId }, { ...messageTarget(path), on: false }),
    },
    'GET /conversations/{conversationId}/pins': {
      answer: async ({ userId, roles, path }) => listPins(ports, userId, path['conversationId'] ?? '', roles),
    },
    'POST /messages': {
      answer: async ({ userId, body }) => send(ports, userId, parseWith(messageRequestSchema, body())),
    },
    'POST /groups': {
      status: 201,
      answer: async ({ userId, body }) => createGroup(ports, userId, parseWith(createGroupSchema, body())),
    },
    'GET /groups/{id}': { answer: async ({ userId, path }) => showGroup(ports, userId, path['id'] ?? '') },
    'PATCH /groups/{id}': {
      answer: async ({ userId, path, body }) =>
        updateGroup(ports, userId, path['id'] ?? '', parseWith(updateGroupSchema, body())),
    },
    'GET /groups/{id}/members': {
      answer: async ({ userId, path, query }) =>
        listMembers(ports, userId, path['id'] ?? '', parseWith(cursorQuerySchema, query).cursor),
    },
    'POST /groups/{id}/members': {
      answer: async ({ userId, path, body }) =>
        addMembers(ports, userId, path['id'] ?? '', parseWith(addMembersSchema, body()).members),
    },
    'DELETE /groups/{id}/members/{userId}': {
      status: 204,
      answer: async ({ userId, path: { id = '', userId: member = '' } }) => {
        // An id of any length could exceed DynamoDB's limit for keys.
        if (!USER_ID.test(member)) throw new NotFoundError();
        await removeMember(ports, userId, id, member);
        return undefined;
      },
    },
    'GET /groups/{id}/reads': {
      answer: async ({ userId, path, query }) =>
        listReads(ports, userId, path['id'] ?? '', parseWith(cursorQuerySchema, query).cursor),
    },
    ...peopleAnswers(ports),
  };
}

/** The additional routes of a deployment with a desk (IM-DESK). */
export function deskHttpAnswers(ports: ChatViewPorts): Answers<(typeof DESK_HTTP_ROUTES)[number]> {
  return {
    'GET /desk/me': { answer: async ({ userId, roles }) => showMe(ports, userId, roles) },
    'GET /desk/agents': { answer: async ({ roles }) => listAgents(ports, roles) },
    'GET /desk/chats': {
      answer: async ({ userId, roles, query }) =>
        listChats(ports, userId, roles, parseWith(deskChatsQuerySchema, query)),
    },
    'GET /desk/queues': { answer: async ({ roles }) => listQueues(ports, roles) },
  };
}

/** The additional routes of a deployment with attachments (IM-FILE). */
export function attachmentHttpAnswers(
  ports: UploadPorts & LinkPorts,
): Answers<(typeof ATTACHMENT_HTTP_ROUTES)[number]> {
  return {
    'POST /attachments': {
      status: 201,
      answer: async ({ userId, body }) =>
        requestUpload(ports, userId, parseWith(attachmentRequestSchema, body())),
    },
    'GET /conversations/{conversationId}/messages/{seq}/attachments': {
      answer: async ({ userId, roles, path }) => linkFiles(ports, userId, messageTarget(path), roles),
    },
  };
}

/** Lets a browser find out why an upgrade failed: it can't read the upgrade's response (IM-CONN-7). */
function showSession(
  { webSocketUrl, idleTimeoutMs, clock }: SessionPorts,
  request: HttpRequest,
): SessionBody {
  parseWith(sessionQuerySchema, request.query);
  return {
    userId: request.userId,
    wsUrl: webSocketUrl,
    serverTime: clock(),
    heartbeatIntervalMs: heartbeatIntervalMs(idleTimeoutMs),
  };
}

/** @throws {NotFoundError} the path names no seq */
function messageTarget({ conversationId = '', seq = '' }: HttpRequest['path']) {
  if (!/^[1-9][0-9]{0,14}$/.test(seq)) throw new NotFoundError();
  return { conversationId, seq: Number(seq) };
}

/** @throws {InvalidRequestError} the path names no reaction */
function reactionIn(path: HttpRequest['path']) {
  return { ...messageTarget(path), ...parseWith(reactionPath, path) };
}

const reactionPath = lazySchema(() => z.object({ name: reactionName() }));

function limitOf(limit: string | undefined): number {
  return limit === undefined ? LIMITS.pageDefault : Number(limit);
}
