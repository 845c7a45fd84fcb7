import { LIMITS } from '../protocol/limits.ts';
import type { PushProvider } from '../protocol/notifications.ts';
import { createAccounts } from './adapters/account-table.ts';
import { createArchiveEditor, createArchiveWriter } from './adapters/archive-bucket.ts';
import {
  createAttachmentFiles,
  createAttachmentForms,
  createAttachmentLinks,
} from './adapters/attachment-bucket.ts';
import { createAttachmentFolders } from './adapters/attachment-folders.ts';
import { createAttachmentRecords } from './adapters/attachment-table.ts';
import { createBlockReader, createBlockWriter } from './adapters/block-table.ts';
import { createConnections } from './adapters/connections.ts';
import { createContactReader, createContactWriter } from './adapters/contact-table.ts';
import { createConversationReader, createConversationWriter } from './adapters/conversation-table.ts';
import { createDeskEvents } from './adapters/desk-events.ts';
import { createDeskOutbox, createDeskReader, createDeskWriter } from './adapters/desk-table.ts';
import { createDocumentClient } from './adapters/dynamodb.ts';
import { createErasure } from './adapters/erasure-table.ts';
import {
  createAdminCallWriter,
  createGroupEventWriter,
  createUserEventWriter,
} from './adapters/event-table.ts';
import { createEventTopic } from './adapters/event-topic.ts';
import { createExportFiles } from './adapters/export-bucket.ts';
import { createExportLinks } from './adapters/export-links.ts';
import { createFanOutQueue } from './adapters/fan-out-queue.ts';
import { createGroupDeletion } from './adapters/group-deletion.ts';
import { createSuccession } from './adapters/group-succession.ts';
import { createGroupOutbox, createGroupReader, createGroupWriter } from './adapters/group-table.ts';
import { createImportFiles, createImportForms } from './adapters/import-bucket.ts';
import { createImportTable } from './adapters/import-table.ts';
import { createInbox, createInboxWriter } from './adapters/inbox-table.ts';
import { createInvoker } from './adapters/invoker.ts';
import { createDeskErasure, createMembershipErasure } from './adapters/membership-erasure.ts';
import { createMessageReader, createMessageWriter } from './adapters/message-table.ts';
import { createNotificationQueue } from './adapters/notification-queue.ts';
import { createOfflineQueue } from './adapters/offline-queue.ts';
import { createOwnReports } from './adapters/own-reports.ts';
import { createPersonErasure } from './adapters/person-erasure.ts';
import { createPinReader, createPinWriter } from './adapters/pin-table.ts';
import { createPlatformPush } from './adapters/platform-push.ts';
import { createProfileCache } from './adapters/profile-cache.ts';
import { createProfileReader, createProfileWriter } from './adapters/profile-table.ts';
import { createPrivateKey } from './adapters/push-keys.ts';
import { createPushSender } from './adapters/push-sender.ts';
import { createPushDeviceReader, createPushDeviceWriter } from './adapters/push-table.ts';
import { createReactionReader, createReactionWriter } from './adapters/reaction-table.ts';
import { createReportErasure } from './adapters/report-erasure.ts';
import { createReportWriter } from './adapters/report-table.ts';
import { createRouteTable } from './adapters/route-table.ts';
import { createAttachmentScans, createAttachmentScanWriter } from './adapters/scan-table.ts';
import { createSeqAllocator } from './adapters/seq-allocation.ts';
import { readStreamRow } from './adapters/stream-row.ts';
import { createTaskQueue } from './adapters/task-queue.ts';
import { createTaskReader, createTaskWriter } from './adapters/task-table.ts';
import { createTokenVerifier } from './adapters/token-verifier.ts';
import { createTrail } from './adapters/trail-table.ts';
import { createWebPush } from './adapters/web-push.ts';
import { createWorkQueue } from './adapters/work-queue.ts';
import { type BudgetLimits, createMeter } from './domain/access/budget.ts';
import type { AttachmentLimits } from './domain/attachments/upload.ts';
import { createLiveLimit } from './domain/messages/live-limit.ts';
import type { ArchiveEditor } from './domain/model/archive.ts';
import type {
  AttachmentFiles,
  AttachmentFolders,
  AttachmentLinks,
  AttachmentRecords,
} from './domain/model/attachment.ts';
import type { AttachmentScans } from './domain/model/attachment-scan.ts';
import { UNLIMITED } from './domain/model/budget.ts';
import type { DeskEvents } from './domain/model/desk-event.ts';
import type { AdminCallWriter, GroupEventWriter, UserEventWriter } from './domain/model/event.ts';
import type { Hook } from './domain/model/hook.ts';
import type { NotificationQueue } from './domain/model/notification.ts';
import type { PushDeviceReader, PushDeviceWriter, PushOptions } from './domain/model/push-registration.ts';
import { createSourcedProfiles, type SourcedProfiles } from './domain/people/profile-source.ts';
import { systemClock, systemPause } from './shared/clock.ts';
import { type EnvName, hasEnv, list, readEnv } from './shared/env.ts';
import type { Maker } from './shared/lazily.ts';
import type { NotificationText } from './shared/notification-text.ts';

/*
 * The composition root: every adapter and setting, made from the environment when it is first used. A function lists what
 * it needs, `lazily({ routes, … })`. Its bundle contains nothing else, and a cold start fails at once if one of the
 * variables is missing.
 */

/*
 * Makes a value from these variables, once. Must stay in this file: esbuild drops values that a function doesn't use, and
 * their imports, only if it sees this annotation in the same file as the calls.
 *
 * @__NO_SIDE_EFFECTS__
 */
function maker<const Name extends EnvName, Value>(
  env: readonly Name[],
  make: (env: Readonly<Record<Name, string>>) => Value,
): Maker<Value> {
  let made: { readonly value: Value } | undefined;
  const get = () => {
    made ??= { value: make(readEnv(env)) };
    return made.value;
  };
  return { env, get };
}

const documents = maker([], createDocumentClient);
const clockOnly = { clock: systemClock };

export const clock = maker([], () => systemClock);
/** One for the whole instance. */
export const liveLimit = maker([], () => createLiveLimit(LIMITS.liveIntervalMs));
export const pause = maker([], () => systemPause);

/** The AWS SDK reads the endpoint itself. It is listed so that a function without it fails at its cold start. */
export const connections = maker(['connectionsEndpoint'], createConnections);
export const routes = maker(['routesTable'], ({ routesTable }) =>
  createRouteTable(documents.get(), routesTable),
);
/** For functions with a meter: it learns the callers' debts from the reads of their sessions. */
export const meteredRoutes = maker(['routesTable', 'userBudget', 'strangersPerDay'], ({ routesTable }) =>
  createRouteTable(documents.get(), routesTable, meter.get().note),
);
export const accounts = maker(['routesTable'], ({ routesTable }) =>
  createAccounts(documents.get(), routesTable),
);
/** One for the whole instance. */
export const meter = maker(['routesTable', 'userBudget', 'strangersPerDay'], (env) =>
  createMeter({ accounts: accounts.get(), limits: budgetLimitsOf(env), ...clockOnly }),
);
export const budgetLimits = maker(['userBudget', 'strangersPerDay'], budgetLimitsOf);
/** For workers, and other services. */
export const noBudget = maker([], () => UNLIMITED);

function budgetLimitsOf(env: Readonly<Record<'userBudget' | 'strangersPerDay', string>>): BudgetLimits {
  const [perMinute, burst] = env.userBudget.split(',').map(Number);
  const hasBudget = env.userBudget !== 'none' && perMinute !== undefined && burst !== undefined;
  return {
    spending: hasBudget ? { perMinute, burst } : undefined,
    strangersPerDay: env.strangersPerDay === 'none' ? undefined : Number(env.strangersPerDay),
  };
}

export const conversations = maker(['conversationsTable'], ({ conversationsTable }) =>
  createConversationReader(documents.get(), conversationsTable),
);
export const conversationWriter = maker(['conversationsTable'], ({ conversationsTable: tableName }) => ({
  ...createConversationWriter(documents.get(), tableName),
  ...createSeqAllocator(documents.get(), { tableName, ...clockOnly }),
}));

export const blocks = maker(['conversationsTable'], ({ conversationsTable }) =>
  createBlockReader(documents.get(), conversationsTable),
);
export const reportWriter = maker(['conversationsTable'], ({ conversationsTable }) =>
  createReportWriter(documents.get(), conversationsTable),
);
export const blockWriter = maker(['conversationsTable'], ({ conversationsTable }) =>
  createBlockWriter(documents.get(), conversationsTable),
);

export const groups = maker(['conversationsTable'], ({ conversationsTable }) =>
  createGroupReader(documents.get(), conversationsTable),
);
export const groupWriter = maker(['conversationsTable', 'messagesTable', 'historyTtlSeconds'], (env) =>
  createGroupWriter(documents.get(), {
    ...env,
    historyTtlSeconds: Number(env.historyTtlSeconds),
    ...clockOnly,
  }),
);
export const succession = maker(['conversationsTable', 'messagesTable', 'historyTtlSeconds'], (env) =>
  createSuccession(documents.get(), {
    ...env,
    historyTtlSeconds: Number(env.historyTtlSeconds),
    ...clockOnly,
  }),
);
export const groupDeletion = maker(['conversationsTable', 'messagesTable', 'historyTtlSeconds'], (env) =>
  createGroupDeletion(documents.get(), {
    ...env,
    historyTtlSeconds: Number(env.historyTtlSeconds),
    ...clockOnly,
  }),
);
export const groupOutbox = maker(['conversationsTable'], ({ conversationsTable }) =>
  createGroupOutbox(documents.get(), conversationsTable),
);

export const messages = maker(['messagesTable'], ({ messagesTable: tableName }) =>
  createMessageReader(documents.get(), { tableName, ...clockOnly }),
);
export const messageWriter = maker(['messagesTable', 'historyTtlSeconds'], (env) =>
  createMessageWriter(documents.get(), {
    tableName: env.messagesTable,
    historyTtlSeconds: Number(env.historyTtlSeconds),
    keepsChange: hasEnv('keepChanges'),
    ...clockOnly,
  }),
);

export const erasure = maker(['messagesTable'], ({ messagesTable: tableName }) =>
  createErasure(documents.get(), { tableName, keepsChange: hasEnv('keepChanges') }),
);

export const reactions = maker(['messagesTable'], ({ messagesTable }) =>
  createReactionReader(documents.get(), messagesTable),
);
export const reactionWriter = maker(['messagesTable', 'historyTtlSeconds'], (env) =>
  createReactionWriter(documents.get(), {
    tableName: env.messagesTable,
    historyTtlSeconds: Number(env.historyTtlSeconds),
  }),
);

export const pins = maker(['conversationsTable'], ({ conversationsTable }) =>
  createPinReader(documents.get(), conversationsTable),
);
export const pinWriter = maker(['conversationsTable'], ({ conversationsTable }) =>
  createPinWriter(documents.get(), conversationsTable),
);

export const profiles = maker(['conversationsTable'], ({ conversationsTable }) =>
  createProfileReader(documents.get(), conversationsTable),
);
export const profileWriter = maker(['conversationsTable'], ({ conversationsTable }) =>
  createProfileWriter(documents.get(), conversationsTable),
);

export const contacts = maker(['conversationsTable'], ({ conversationsTable }) =>
  createContactReader(documents.get(), conversationsTable),
);
export const contactWriter = maker(['conversationsTable'], ({ conversationsTable }) =>
  createContactWriter(documents.get(), conversationsTable),
);

export const inbox = maker(['inboxTable'], ({ inboxTable: tableName }) =>
  createInbox(documents.get(), { tableName, ...clockOnly }),
);
export const inboxWriter = maker(['inboxTable', 'inboxTtlSeconds'], (env) =>
  createInboxWriter(documents.get(), {
    tableName: env.inboxTable,
    inboxTtlSeconds: Number(env.inboxTtlSeconds),
    ...clockOnly,
  }),
);

export const offlineQueue = maker(['offlineQueueUrl'], (env) => createOfflineQueue(env.offlineQueueUrl));
export const fanOutQueue = maker(['fanOutQueueUrl'], (env) => createFanOutQueue(env.fanOutQueueUrl));
export const taskQueue = maker(['taskQueueUrl'], (env) => createTaskQueue(env.taskQueueUrl));
export const workQueue = maker(['workQueueUrl'], ({ workQueueUrl }) => createWorkQueue(workQueueUrl));

export const tasks = maker(['conversationsTable'], ({ conversationsTable }) =>
  createTaskReader(documents.get(), conversationsTable),
);
export const taskWriter = maker(['conversationsTable'], ({ conversationsTable }) =>
  createTaskWriter(documents.get(), conversationsTable),
);
export const memberships = maker(['conversationsTable'], ({ conversationsTable }) =>
  createMembershipErasure(documents.get(), conversationsTable),
);
export const trail = maker(['conversationsTable'], ({ conversationsTable }) =>
  createTrail(documents.get(), conversationsTable),
);

export const person = maker(['conversationsTable', 'inboxTable', 'routesTable'], (env) =>
  createPersonErasure(documents.get(), env),
);
export const reportErasure = maker(['conversationsTable'], ({ conversationsTable }) =>
  createReportErasure(documents.get(), conversationsTable),
);
export const ownReports = maker(['conversationsTable'], ({ conversationsTable }) =>
  createOwnReports(documents.get(), conversationsTable),
);
export const exportFiles = maker(['exportBucket'], ({ exportBucket }) => createExportFiles(exportBucket));
export const importFiles = maker(['exportBucket'], ({ exportBucket }) => createImportFiles(exportBucket));
export const importForms = maker(['exportBucket'], ({ exportBucket }) =>
  createImportForms(exportBucket, process.env),
);
export const importTable = maker(['conversationsTable', 'messagesTable', 'historyTtlSeconds'], (env) =>
  createImportTable(documents.get(), {
    conversationsTable: env.conversationsTable,
    messagesTable: env.messagesTable,
    historyTtlSeconds: Number(env.historyTtlSeconds),
    ...clockOnly,
  }),
);
export const historyTtlSeconds = maker(['historyTtlSeconds'], (env) => Number(env.historyTtlSeconds));
export const exportLinks = maker(['exportBucket'], ({ exportBucket }) =>
  createExportLinks(exportBucket, process.env),
);

/** Whether this deployment has a desk. */
export const hasDesk = () => hasEnv('deskQueueUrl');
export const desk = maker(['deskTable'], ({ deskTable }) => createDeskReader(documents.get(), deskTable));
export const deskWriter = maker(
  ['deskTable', 'conversationsTable', 'messagesTable', 'historyTtlSeconds'],
  (env) => createDeskWriter(documents.get(), { ...env, historyTtlSeconds: Number(env.historyTtlSeconds) }),
);
export const deskErasure = maker(['deskTable', 'conversationsTable'], (env) =>
  createDeskErasure(documents.get(), env),
);
export const deskOutbox = maker(['deskTable'], ({ deskTable }) =>
  createDeskOutbox(documents.get(), deskTable),
);
export const deskEvents = maker(['deskQueueUrl'], ({ deskQueueUrl }) => createDeskEvents(deskQueueUrl));
/** `undefined` in a deployment without a desk. */
export const deskEventsIfAny = (): Maker<DeskEvents | undefined> =>
  hasDesk() ? deskEvents : { env: [], get: () => undefined };
/** Names of the support queues. */
export const queues = maker(['deskQueues'], ({ deskQueues }) => list(deskQueues));
export const agentGraceMs = maker(
  ['deskAgentGraceSeconds'],
  (env) => Number(env.deskAgentGraceSeconds) * 1000,
);

export const eventTopic = maker(['eventsTopicArn'], ({ eventsTopicArn }) => createEventTopic(eventsTopicArn));
export const streamRows = maker([], () => readStreamRow);
export const archive = maker(['archiveBucket'], ({ archiveBucket }) => createArchiveWriter(archiveBucket));
const archiveEditor = maker(['archiveBucket'], ({ archiveBucket }) => createArchiveEditor(archiveBucket));
/** `undefined` in a deployment without an archive. */
export const archiveEditorIfAny = (): Maker<ArchiveEditor | undefined> =>
  hasEnv('archiveBucket') ? archiveEditor : { env: [], get: () => undefined };
/** Whether this deployment has attachments. */
export const hasAttachments = () => hasEnv('attachmentBucket');
export const attachmentRecords = maker(['conversationsTable'], ({ conversationsTable: tableName }) =>
  createAttachmentRecords(documents.get(), { tableName, ...clockOnly }),
);
const attachmentFiles = maker(['attachmentBucket'], ({ attachmentBucket }) =>
  createAttachmentFiles(attachmentBucket, process.env),
);
const attachmentFolders = maker(['attachmentBucket'], ({ attachmentBucket }) =>
  createAttachmentFolders(attachmentBucket),
);
/** `undefined` in a deployment without attachments. */
export const attachmentFoldersIfAny = (): Maker<AttachmentFolders | undefined> =>
  hasAttachments() ? attachmentFolders : { env: [], get: () => undefined };
/** `undefined` in a deployment without attachments. */
export const attachmentLinksIfAny = (): Maker<AttachmentLinks | undefined> =>
  hasAttachments() ? attachmentLinks : { env: [], get: () => undefined };
/** `undefined` in a deployment without attachments. */
export const attachmentRecordsIfAny = (): Maker<AttachmentRecords | undefined> =>
  hasAttachments() ? attachmentRecords : { env: [], get: () => undefined };
/** `undefined` in a deployment without attachments. */
export const attachmentFilesIfAny = (): Maker<AttachmentFiles | undefined> =>
  hasAttachments() ? attachmentFiles : { env: [], get: () => undefined };
const attachmentScans = maker(['conversationsTable'], ({ conversationsTable }) =>
  createAttachmentScans(documents.get(), conversationsTable),
);
/** `undefined` in a deployment without scans. */
export const attachmentScansIfAny = (): Maker<AttachmentScans | undefined> =>
  hasEnv('attachmentScan') ? attachmentScans : { env: [], get: () => undefined };
export const attachmentScanWriter = maker(['conversationsTable'], ({ conversationsTable: tableName }) =>
  createAttachmentScanWriter(documents.get(), { tableName, ...clockOnly }),
);
export const attachmentForms = maker(['attachmentBucket'], ({ attachmentBucket }) =>
  createAttachmentForms(attachmentBucket, process.env),
);
export const attachmentLinks = maker(['attachmentBucket'], ({ attachmentBucket }) =>
  createAttachmentLinks(attachmentBucket, process.env),
);
export const attachmentLimits = maker(
  ['attachmentMaxBytes', 'attachmentTypes'],
  (env): AttachmentLimits => ({
    maxBytes: Number(env.attachmentMaxBytes),
    types: list(env.attachmentTypes),
  }),
);
const userEvents = maker(['conversationsTable'], ({ conversationsTable }) =>
  createUserEventWriter(documents.get(), conversationsTable),
);
/** `undefined` in a deployment without events. */
export const userEventsIfAny = (): Maker<UserEventWriter | undefined> =>
  hasEnv('eventRows') ? userEvents : { env: [], get: () => undefined };
const adminCalls = maker(['conversationsTable'], ({ conversationsTable }) =>
  createAdminCallWriter(documents.get(), conversationsTable),
);
/** `undefined` in a deployment without events. */
export const adminCallsIfAny = (): Maker<AdminCallWriter | undefined> =>
  hasEnv('eventRows') ? adminCalls : { env: [], get: () => undefined };
const groupEvents = maker(['conversationsTable'], ({ conversationsTable }) =>
  createGroupEventWriter(documents.get(), conversationsTable),
);
/** `undefined` in a deployment without events. */
export const groupEventsIfAny = (): Maker<GroupEventWriter | undefined> =>
  hasEnv('eventRows') ? groupEvents : { env: [], get: () => undefined };
const beforeSend = maker(
  ['beforeSendFunction', 'beforeSendTimeoutMs', 'beforeSendOnFailure'],
  (env): Hook => ({
    onFailure: env.beforeSendOnFailure === 'accept' ? 'accept' : 'reject',
    ask: createInvoker({ functionName: env.beforeSendFunction, timeoutMs: Number(env.beforeSendTimeoutMs) }),
  }),
);
const sourcedProfiles = maker(
  ['conversationsTable', 'profileSourceFunction', 'profileSourceTimeoutMs', 'profileSourceTtlSeconds'],
  (env) =>
    createSourcedProfiles({
      source: {
        ttlMs: Number(env.profileSourceTtlSeconds) * 1000,
        ask: createInvoker({
          functionName: env.profileSourceFunction,
          timeoutMs: Number(env.profileSourceTimeoutMs),
        }),
      },
      cache: createProfileCache(documents.get(), env.conversationsTable),
      ...clockOnly,
    }),
);
/** Profiles are stored by their users, and by operators. */
export const keepsProfiles = maker([], () => !hasEnv('profileSourceTtlSeconds'));
/** `undefined` in a deployment without a source of profiles. */
export const sourcedProfilesIfAny = (): Maker<SourcedProfiles | undefined> =>
  hasEnv('profileSourceFunction') ? sourcedProfiles : { env: [], get: () => undefined };

/** `undefined` in a deployment without a hook. */
export const hookIfAny = (): Maker<Hook | undefined> =>
  hasEnv('beforeSendFunction') ? beforeSend : { env: [], get: () => undefined };

/** Whether this deployment has notifications. */
export const hasNotifications = () => hasEnv('pushProviders');
const none = { env: [], get: () => undefined };
export const notifications = maker(['notificationQueueUrl'], (env) =>
  createNotificationQueue(env.notificationQueueUrl),
);
/** `undefined` in a deployment without notifications. */
export const notificationsIfAny = (): Maker<NotificationQueue | undefined> =>
  hasEnv('notificationQueueUrl') ? notifications : none;
export const notifiesMentioned = maker([], () => hasEnv('notifyMentioned'));
export const pushDevices = maker(['conversationsTable'], ({ conversationsTable }) =>
  createPushDeviceReader(documents.get(), conversationsTable),
);
export const pushDeviceWriter = maker(['conversationsTable'], ({ conversationsTable: tableName }) =>
  createPushDeviceWriter(documents.get(), { tableName, ...clockOnly }),
);
/** `undefined` in a deployment without notifications. */
export const pushDevicesIfAny = (): Maker<PushDeviceReader | undefined> =>
  hasNotifications() ? pushDevices : none;
/** `undefined` in a deployment without notifications. */
export const pushDeviceWriterIfAny = (): Maker<PushDeviceWriter | undefined> =>
  hasNotifications() ? pushDeviceWriter : none;
export const pushOptions = maker(
  ['pushProviders', 'pushHosts', 'webPushPublicKey'],
  (env): PushOptions => ({
    webPushPublicKey: env.webPushPublicKey || undefined,
    providers: list(env.pushProviders) as PushProvider[],
    hosts: list(env.pushHosts),
  }),
);
export const notificationText = maker(
  ['notificationText'],
  (env) => env.notificationText as NotificationText,
);
export const pushSender = maker(
  [
    'pushHosts',
    'webPushPublicKey',
    'webPushKeyParameter',
    'webPushSubject',
    'apnsPlatformArn',
    'fcmPlatformArn',
  ],
  (env) =>
    createPushSender({
      webPush:
        env.webPushPublicKey === ''
          ? undefined
          : createWebPush({
              subject: env.webPushSubject,
              publicKey: env.webPushPublicKey,
              privateKey: createPrivateKey(env.webPushKeyParameter),
              hosts: list(env.pushHosts),
            }),
      platforms: createPlatformPush({
        apnsPlatformArn: env.apnsPlatformArn || undefined,
        fcmPlatformArn: env.fcmPlatformArn || undefined,
      }),
    }),
);

export const tokens = maker(
  ['issuer', 'audience', 'jwksUri', 'userIdClaim', 'rolesClaim', 'unlimitedRoles'],
  (env) =>
    createTokenVerifier({
      ...env,
      audience: list(env.audience),
      unlimitedRoles: list(env.unlimitedRoles),
    }),
);

export const leaseMs = maker(['leaseSeconds'], (env) => Number(env.leaseSeconds) * 1000);
export const editWindowMs = maker(['editWindowMs'], (env) => Number(env.editWindowMs));
/** `undefined`: the idle option is off (IM-IDLE). */
export const idleTimeoutMs = maker(['idleTimeoutMs'], (env) => Number(env.idleTimeoutMs) || undefined);
export const duplicateLogin = maker(['duplicateLogin'], (env) =>
  env.duplicateLogin === 'reject' ? 'reject' : 'replace',
);
export const maxDevices = maker(['maxDevices'], (env) => Number(env.maxDevices));
export const webSocketUrl = maker(['webSocketUrl'], (env) => env.webSocketUrl);
export const allowedOrigins = maker(['allowedOrigins'], (env) => list(env.allowedOrigins));
