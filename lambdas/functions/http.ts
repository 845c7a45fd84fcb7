import * as of from '../composition.ts';
import { withBudget } from '../domain/access/budget.ts';
import { lazily } from '../shared/lazily.ts';
import { createHttpHandler } from '../transport/http.ts';
import { attachmentHttpAnswers, deskHttpAnswers, httpAnswers } from '../transport/http-answers.ts';
import { notificationAnswers } from '../transport/notification-answers.ts';

const ports = lazily({
  routes: of.routes,
  connections: of.connections,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  blocks: of.blocks,
  blockWriter: of.blockWriter,
  reportWriter: of.reportWriter,
  groups: of.groups,
  groupWriter: of.groupWriter,
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
  contacts: of.contacts,
  contactWriter: of.contactWriter,
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  deskEvents: of.deskEventsIfAny(),
  hook: of.hookIfAny(),
  attachmentRecords: of.attachmentRecordsIfAny(),
  attachmentFiles: of.attachmentFilesIfAny(),
  attachmentScans: of.attachmentScansIfAny(),
  webSocketUrl: of.webSocketUrl,
  idleTimeoutMs: of.idleTimeoutMs,
  leaseMs: of.leaseMs,
  editWindowMs: of.editWindowMs,
  clock: of.clock,
});
const deskPorts = () =>
  lazily({ desk: of.desk, queues: of.queues, conversations: of.conversations, clock: of.clock });
const attachmentPorts = () =>
  lazily({
    conversations: of.conversations,
    messages: of.messages,
    reactions: of.reactions,
    attachmentRecords: of.attachmentRecords,
    attachmentForms: of.attachmentForms,
    attachmentLimits: of.attachmentLimits,
    attachmentLinks: of.attachmentLinks,
    clock: of.clock,
  });
const options = lazily({
  tokens: of.tokens,
  allowedOrigins: of.allowedOrigins,
  accounts: of.accounts,
  meter: of.meter,
  clock: of.clock,
});
const ofAttachments = of.hasAttachments() ? attachmentPorts() : undefined;
const deskAnswers = of.hasDesk() && deskHttpAnswers(deskPorts());
const ofPush = of.hasNotifications()
  ? lazily({ pushDeviceWriter: of.pushDeviceWriter, pushOptions: of.pushOptions })
  : undefined;

/** The whole HTTP API except `POST /poll`. */
export const handler = createHttpHandler(options, (budget) => ({
  ...httpAnswers(withBudget(ports, budget)),
  ...deskAnswers,
  ...(ofAttachments && attachmentHttpAnswers(withBudget(ofAttachments, budget))),
  ...(ofPush && notificationAnswers(withBudget(ofPush, budget))),
}));
