import * as of from '../composition.ts';
import { lazily } from '../shared/lazily.ts';
import { createAdminHandler } from '../transport/admin.ts';
import { adminAnswers, attachmentAdminAnswers } from '../transport/admin-answers.ts';

const ports = lazily({
  budget: of.noBudget,
  budgetLimits: of.budgetLimits,
  routes: of.routes,
  accounts: of.accounts,
  connections: of.connections,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  groups: of.groups,
  groupWriter: of.groupWriter,
  succession: of.succession,
  outbox: of.groupOutbox,
  messages: of.messages,
  messageWriter: of.messageWriter,
  reactions: of.reactions,
  reactionWriter: of.reactionWriter,
  pins: of.pins,
  pinWriter: of.pinWriter,
  profiles: of.profiles,
  profileWriter: of.profileWriter,
  sourcedProfiles: of.sourcedProfilesIfAny(),
  erasure: of.erasure,
  tasks: of.tasks,
  taskWriter: of.taskWriter,
  taskQueue: of.taskQueue,
  exportLinks: of.exportLinks,
  importForms: of.importForms,
  pushDevices: of.pushDevicesIfAny(),
  pushDeviceWriter: of.pushDeviceWriterIfAny(),
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  deskEvents: of.deskEventsIfAny(),
  hook: of.hookIfAny(),
  attachmentRecords: of.attachmentRecordsIfAny(),
  attachmentFiles: of.attachmentFilesIfAny(),
  attachmentScans: of.attachmentScansIfAny(),
  userEvents: of.userEventsIfAny(),
  adminCalls: of.adminCallsIfAny(),
  leaseMs: of.leaseMs,
  maxDevices: of.maxDevices,
  clock: of.clock,
});

/** The admin API: for the account's own services and operators, whom IAM knows. */
export const handler = createAdminHandler(
  { ...adminAnswers(ports), ...(of.hasAttachments() && attachmentAdminAnswers(ports)) },
  ports.adminCalls,
);
