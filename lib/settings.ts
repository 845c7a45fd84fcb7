import type { ENV } from '../lambdas/shared/env-names.ts';
import type { Identity } from './identity.ts';
import type { ServerlessImOptions } from './props.ts';

/** Variables that are plain values. Grants set those for tables, queues, and the endpoint. */
export type SettingName = Exclude<
  keyof typeof ENV,
  | 'routesTable'
  | 'conversationsTable'
  | 'messagesTable'
  | 'inboxTable'
  | 'offlineQueueUrl'
  | 'fanOutQueueUrl'
  | 'taskQueueUrl'
  | 'workQueueUrl'
  | 'deskTable'
  | 'deskQueueUrl'
  | 'deskQueues'
  | 'eventsTopicArn'
  | 'eventRows'
  | 'keepChanges'
  | 'archiveBucket'
  | 'exportBucket'
  | 'attachmentBucket'
  | 'attachmentScan'
  | 'attachmentMaxBytes'
  | 'attachmentTypes'
  | 'connectionsEndpoint'
  | 'profileSourceFunction'
  | 'profileSourceTimeoutMs'
  | 'profileSourceTtlSeconds'
  | 'beforeSendFunction'
  | 'beforeSendTimeoutMs'
  | 'beforeSendOnFailure'
  | 'notificationQueueUrl'
  | 'notifyMentioned'
  | 'pushProviders'
  | 'pushHosts'
  | 'webPushPublicKey'
  | 'webPushKeyParameter'
  | 'webPushSubject'
  | 'apnsPlatformArn'
  | 'fcmPlatformArn'
  | 'notificationText'
>;

export type Settings = Readonly<Record<SettingName, string>>;

/** Returns the settings as environment variables. Lists are separated by commas. */
export function settingsOf(options: ServerlessImOptions, identity: Identity, webSocketUrl: string): Settings {
  return {
    issuer: identity.issuer,
    audience: identity.audience.join(','),
    jwksUri: identity.jwksUri ?? '',
    userIdClaim: options.userIdClaim,
    rolesClaim: options.rolesClaim,
    unlimitedRoles: options.unlimitedRoles.join(','),
    userBudget:
      options.userBudget === 'none' ? 'none' : `${options.userBudget.perMinute},${options.userBudget.burst}`,
    strangersPerDay: String(options.strangersPerDay),
    allowedOrigins: options.allowedOrigins.join(','),
    webSocketUrl,
    duplicateLogin: options.duplicateLogin,
    maxDevices: String(options.maxDevices),
    leaseSeconds: String(options.leaseSeconds),
    idleTimeoutMs: String(options.idleTimeoutMs),
    editWindowMs: String(options.editWindowMs),
    inboxTtlSeconds: String(options.inboxTtlSeconds),
    historyTtlSeconds: String(options.historyTtlSeconds),
    deskAgentGraceSeconds: String(options.deskAgentGraceSeconds),
  };
}
