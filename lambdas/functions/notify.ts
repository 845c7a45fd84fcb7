import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { notificationSchema } from '../domain/model/notification.ts';
import { sendNotifications } from '../domain/notifications/notify.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch } from '../transport/queue-records.ts';

const ports = lazily({
  pushDevices: of.pushDevices,
  pushDeviceWriter: of.pushDeviceWriter,
  pushSender: of.pushSender,
  notifications: of.notifications,
  routes: of.routes,
  blocks: of.blocks,
  conversations: of.conversations,
  messages: of.messages,
  profiles: of.profiles,
  notificationText: of.notificationText,
  workQueue: of.workQueue,
  clock: of.clock,
});

/** The worker for the queue of notifications: tells the devices of users of messages that they have not seen (IM-NOTIFY-2). */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('notification', notificationSchema, Records, ports, (jobs) => sendNotifications(ports, jobs));
