import * as of from '../composition.ts';
import { withBudget } from '../domain/access/budget.ts';
import { lazily } from '../shared/lazily.ts';
import type { SocketEvent } from '../transport/frame.ts';
import { createFrameHandler } from '../transport/socket.ts';
import { deskActions, notificationActions, socketActions } from '../transport/socket-actions.ts';
import { answerConnect, answerDisconnect, type UpgradeEvent } from '../transport/upgrade.ts';

const ports = lazily({
  routes: of.meteredRoutes,
  meter: of.meter,
  connections: of.connections,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  groups: of.groups,
  messages: of.messages,
  messageWriter: of.messageWriter,
  reactions: of.reactions,
  reactionWriter: of.reactionWriter,
  pins: of.pins,
  pinWriter: of.pinWriter,
  inbox: of.inbox,
  offlineQueue: of.offlineQueue,
  fanOutQueue: of.fanOutQueue,
  deskEvents: of.deskEventsIfAny(),
  hook: of.hookIfAny(),
  attachmentRecords: of.attachmentRecordsIfAny(),
  attachmentFiles: of.attachmentFilesIfAny(),
  attachmentScans: of.attachmentScansIfAny(),
  tokens: of.tokens,
  liveLimit: of.liveLimit,
  leaseMs: of.leaseMs,
  editWindowMs: of.editWindowMs,
  idleTimeoutMs: of.idleTimeoutMs,
  duplicateLogin: of.duplicateLogin,
  maxDevices: of.maxDevices,
  clock: of.clock,
});
const deskPorts = () =>
  lazily({
    routes: of.meteredRoutes,
    connections: of.connections,
    conversations: of.conversations,
    messages: of.messages,
    desk: of.desk,
    deskWriter: of.deskWriter,
    outbox: of.deskOutbox,
    offlineQueue: of.offlineQueue,
    deskEvents: of.deskEvents,
    queues: of.queues,
    clock: of.clock,
  });

const deskAnswers = of.hasDesk() && deskActions(deskPorts());
const notificationAnswers = of.hasNotifications() && notificationActions(ports);
const answerFrame = createFrameHandler(ports, (budget) => ({
  ...socketActions(withBudget(ports, budget)),
  ...deskAnswers,
  ...notificationAnswers,
}));

/** The whole WebSocket API: `$connect`, `$disconnect`, every action, and `$default`. */
export async function handler(event: SocketEvent & UpgradeEvent) {
  switch (event.requestContext.eventType) {
    case 'CONNECT':
      return answerConnect(ports, event);
    case 'DISCONNECT':
      return answerDisconnect(ports, event);
    default:
      return answerFrame(event);
  }
}
