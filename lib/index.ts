export type { Archive } from './archive.ts';
export type { AttachmentProps } from './attachment-props.ts';
export type { Attachments } from './attachments.ts';
export type { Dashboard } from './dashboard.ts';
export type { Desk } from './desk.ts';
export type { Domain, DomainProps } from './domain-props.ts';
export type { Events } from './events.ts';
export type { FunctionName } from './functions.ts';
export type { HandlerFunction } from './handler-function.ts';
export type { BeforeSend, ProfileSource } from './hook-props.ts';
export type { HttpGateway } from './http-gateway.ts';
export type { Identity } from './identity.ts';
export type { NotificationSettings } from './notification-props.ts';
export type { Notifications } from './notifications.ts';
export type { Observability } from './observability.ts';
export type { PlatformProps } from './platform-props.ts';
export {
  type Diagnostic,
  InvalidOptionsError,
  type MaxThroughput,
  type MessageTableClass,
  type ServerlessImProps,
  type Throttle,
  type UserBudget,
  type WarmThroughput,
} from './props.ts';
export type { SecurityProps } from './security-props.ts';
export { ServerlessIm } from './serverless-im.ts';
export { ServerlessImStack } from './serverless-im-stack.ts';
export type { ItemAction, MessageStore, Storage, Store } from './storage.ts';
export type { StreamConsumer } from './stream-consumer.ts';
export type { WebPage } from './web-page.ts';
export type { ConnectionMethod, WebSocketGateway } from './web-socket-gateway.ts';
export type { WorkQueue } from './work-queue.ts';
