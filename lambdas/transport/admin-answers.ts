import { ulid } from 'ulid';
import {
  type ADMIN_ROUTES,
  type AdminTaskBody,
  type AdminUserBody,
  adminBanSchema,
  adminLogOutSchema,
  adminMessageSchema,
  messagePath,
  taskPath,
} from '../../protocol/admin.ts';
import { type ATTACHMENT_ADMIN_ROUTES, attachmentPath } from '../../protocol/attachments.ts';
import { parseConversationId, SYSTEM } from '../../protocol/ids.ts';
import { personPath, profileSchema } from '../../protocol/people.ts';
import { type BudgetLimits, creditsLeft } from '../domain/access/budget.ts';
import { OPERATOR } from '../domain/access/operator.ts';
import { type RemoveFilePorts, removeFile } from '../domain/attachments/remove-file.ts';
import { type RecallPorts, recall } from '../domain/messages/recall.ts';
import { type SendPorts, send } from '../domain/messages/send.ts';
import type { Accounts } from '../domain/model/account.ts';
import { NO_END } from '../domain/model/ban.ts';
import type { Erasure } from '../domain/model/erasure.ts';
import { type ExportLinks, exportNameOf, importReportOf } from '../domain/model/export-file.ts';
import type { PushDeviceReader } from '../domain/model/push-registration.ts';
import type { Presence, Session } from '../domain/model/session.ts';
import type { Task, TaskKind } from '../domain/model/task.ts';
import { listProfiles, type ProfilePorts, putProfile } from '../domain/people/profile.ts';
import { type BanPorts, banUser, unbanUser } from '../domain/sessions/ban.ts';
import { type LogOutPorts, logOut } from '../domain/sessions/log-out.ts';
import { eraseMessage } from '../domain/tasks/erase-one.ts';
import { startTask, type TaskPorts } from '../domain/tasks/run-task.ts';
import { ConflictError, InvalidRequestError, NotFoundError } from '../shared/errors.ts';
import { EXPORT_DAYS } from '../shared/export-keys.ts';
import { parseWith } from '../shared/parse.ts';
import { settleAll } from '../shared/settle.ts';
import type { AdminAnswer, AdminCall, AdminRequest } from './admin.ts';
import { type AdminGroupPorts, adminGroupAnswers } from './admin-group-answers.ts';
import { type AdminImportPorts, adminImportAnswers } from './admin-import-answers.ts';
import { requireMayWrite } from './service-events.ts';

const DAY_MS = 86_400_000;

/** The additional routes of a deployment with attachments (IM-FILE-8). */
export function attachmentAdminAnswers(
  ports: RemoveFilePorts,
): Readonly<Record<(typeof ATTACHMENT_ADMIN_ROUTES)[number], AdminAnswer>> {
  return {
    'DELETE /admin/conversations/{conversationId}/messages/{seq}/attachments/{attachmentId}': ({ path }) => {
      const { seq, ...place } = parseWith(attachmentPath, path);
      const target = { ...place, seq: Number(seq) };
      return { target, run: () => removeFile(ports, target) };
    },
  };
}

export interface AdminPorts
  extends SendPorts,
    RecallPorts,
    BanPorts,
    LogOutPorts,
    ProfilePorts,
    AdminGroupPorts,
    AdminImportPorts,
    TaskPorts {
  readonly accounts: Accounts;
  readonly budgetLimits: BudgetLimits;
  readonly exportLinks: ExportLinks;
  readonly erasure: Erasure;
  /** @default - nobody is notified in this deployment */
  readonly pushDevices?: PushDeviceReader | undefined;
}

/** The routes of the admin API (docs/protocol.md, section 21). */
export function adminAnswers(
  ports: AdminPorts,
): Readonly<Record<(typeof ADMIN_ROUTES)[number], AdminAnswer>> {
  return {
    'POST /admin/messages': ({ body }) => {
      const request = parseWith(adminMessageSchema, body());
      const { from, to, conversationId, clientMsgId } = request;
      return {
        target: { from, to, conversationId, clientMsgId },
        run: async () => {
          if (from === SYSTEM) requireOwnConversation(conversationId);
          else await requireMayWrite(ports, from);
          return send(ports, from, request);
        },
      };
    },
    'POST /admin/users/{userId}/log-out': ({ path, optionalBody }) => {
      const target = { ...parseWith(personPath, path), ...parseWith(adminLogOutSchema, optionalBody()) };
      return {
        target,
        run: async () => {
          await logOut(ports, target);
          return undefined;
        },
      };
    },
    'PUT /admin/users/{userId}/ban': ({ path, optionalBody, atMs }) => {
      const { userId } = parseWith(personPath, path);
      const { until, reason } = parseWith(adminBanSchema, optionalBody());
      return {
        target: { userId, until },
        run: () => unlessLate(banUser(ports, { userId, until, reason }, atMs)),
      };
    },
    'DELETE /admin/users/{userId}/ban': ({ path, atMs }) => {
      const { userId } = parseWith(personPath, path);
      return { target: { userId }, run: () => unlessLate(unbanUser(ports, { userId }, atMs)) };
    },
    'GET /admin/users/{userId}': ({ path }) => {
      const { userId } = parseWith(personPath, path);
      return { target: { userId }, run: () => lookAt(ports, userId) };
    },
    'PUT /admin/users/{userId}/profile': ({ path, body }) => {
      const { userId } = parseWith(personPath, path);
      const facts = parseWith(profileSchema, body());
      return { target: { userId }, run: () => putProfile(ports, userId, facts) };
    },
    'DELETE /admin/conversations/{conversationId}/messages/{seq}': ({ path }) => {
      const { conversationId, seq } = parseWith(messagePath, path);
      const target = { conversationId, seq: Number(seq) };
      return { target, run: () => recall(ports, OPERATOR, target) };
    },
    'POST /admin/conversations/{conversationId}/messages/{seq}/erase': ({ path }) => {
      const { conversationId, seq } = parseWith(messagePath, path);
      const target = { conversationId, seq: Number(seq) };
      return { target, run: () => eraseMessage(ports, target) };
    },
    ...adminGroupAnswers(ports),
    ...adminImportAnswers(ports),
    'POST /admin/users/{userId}/export': ({ path, atMs }) => starting(ports, 'export', path, atMs),
    'DELETE /admin/users/{userId}': ({ path, atMs }) => starting(ports, 'erase', path, atMs),
    'GET /admin/tasks/{taskId}': ({ path }) => {
      const { taskId } = parseWith(taskPath, path);
      return { target: { taskId }, run: () => lookAtTask(ports, taskId) };
    },
  };
}

/**
 * `system` writes to single users only: in a group it would be a member without a row.
 * @throws {InvalidRequestError}
 */
function requireOwnConversation(id: string | undefined): void {
  if (id === undefined) return;
  const conversation = parseConversationId(id);
  if (conversation?.kind === 'direct' && conversation.users.includes(SYSTEM)) return;
  const message = 'system is not in this conversation: name one of its members';
  throw new InvalidRequestError([{ path: 'from', message }]);
}

function starting(ports: AdminPorts, kind: TaskKind, path: AdminRequest['path'], atMs: number): AdminCall {
  const { userId } = parseWith(personPath, path);
  const task = { taskId: ulid(atMs), kind, userId };
  return {
    target: { userId, taskId: task.taskId },
    status: 202,
    run: () => startTask(ports, task),
  };
}

/** @throws {NotFoundError} */
async function lookAtTask(ports: AdminPorts, taskId: string): Promise<AdminTaskBody> {
  const task = await ports.tasks.task(taskId);
  if (task === undefined) throw new NotFoundError('task');
  const { kind, userId, conversationId, importId, dryRun, step, counts, startedAtMs, updatedAtMs } = task;
  return {
    taskId,
    kind,
    ...(userId !== undefined && { userId }),
    ...(conversationId !== undefined && { conversationId }),
    ...(importId !== undefined && { importId }),
    ...(dryRun && { dryRun }),
    state: step === undefined ? 'done' : 'running',
    ...(step !== undefined && { step }),
    counts,
    startedAt: startedAtMs,
    updatedAt: updatedAtMs,
    ...(await linkTo(ports, task)),
  };
}

/** Only while the bucket surely has the file. */
async function linkTo(
  { exportLinks, clock }: AdminPorts,
  task: Task,
): Promise<Pick<AdminTaskBody, 'link' | 'expiresAt'>> {
  const { kind, step, updatedAtMs } = task;
  const name = kind === 'import' ? importReportOf(task) : exportNameOf(task);
  const hasFile = kind === 'export' || kind === 'import';
  const isThere = hasFile && step === undefined && clock() < updatedAtMs + EXPORT_DAYS * DAY_MS;
  if (!isThere) return {};
  const { link, expiresAtMs } = await exportLinks.linkTo(name, clock());
  return { link, expiresAt: expiresAtMs };
}

/** @throws {ConflictError} nothing was stored, since a later ban is there, or a later lifting of one */
async function unlessLate(storing: Promise<boolean>): Promise<undefined> {
  if (!(await storing)) throw new ConflictError('A later request has banned this user, or lifted the ban.');
  return undefined;
}

async function lookAt(ports: AdminPorts, userId: string): Promise<AdminUserBody> {
  const { routes, accounts, budgetLimits, clock } = ports;
  const [presences, { paidAtMs }, { profiles }, devices] = await settleAll([
    routes.presencesOf([userId]),
    accounts.account(userId),
    listProfiles(ports, userId, [userId]),
    ports.pushDevices?.devicesOf([userId]),
  ]);
  const { sessions, seenAtMs, ban }: Presence = presences.get(userId) ?? {
    sessions: [],
    seenAtMs: undefined,
  };
  const { spending } = budgetLimits;
  const [profile] = profiles;
  return {
    userId,
    sessions: sessions.map(shown),
    ...(seenAtMs !== undefined && { lastSeenAt: seenAtMs }),
    ...(ban !== undefined && ban.untilMs !== 0 && { ban: shownBan(ban) }),
    ...(spending && { budget: { left: creditsLeft(spending, paidAtMs, clock()), ...spending } }),
    ...(profile && { profile }),
    ...(devices && { pushDevices: devices.get(userId)?.length ?? 0 }),
  };
}

function shown({ deviceId, mode, connectedAtMs, expiresAtMs }: Session) {
  return { deviceId, mode, connectedAt: connectedAtMs, expiresAt: expiresAtMs };
}

function shownBan({ atMs, untilMs, reason }: NonNullable<Presence['ban']>) {
  return {
    at: atMs,
    ...(untilMs !== NO_END && { until: untilMs }),
    ...(reason !== undefined && { reason }),
  };
}
