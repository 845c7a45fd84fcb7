import type { Duration } from 'aws-cdk-lib';
import type { Domain } from './domain-props.ts';
import { guess } from './guess.ts';
import type { BeforeSend, ProfileSource } from './hook-props.ts';
import type { NotificationSettings, WebPush } from './notification-props.ts';
import type { ServerlessImProps } from './props.ts';

/** Every prop of an object: the compiler refuses a table that lacks one, or is wrong about which are durations. */
type Table<Props> = {
  readonly [Name in keyof Required<Props>]: NonNullable<Props[Name]> extends Duration ? 'Duration' : 'other';
};

const PROPS: Table<ServerlessImProps> = {
  issuer: 'other',
  audience: 'other',
  jwksUri: 'other',
  userIdClaim: 'other',
  rolesClaim: 'other',
  desk: 'other',
  deskQueues: 'other',
  deskAgentGrace: 'Duration',
  allowedOrigins: 'other',
  retain: 'other',
  messageTableClass: 'other',
  warmThroughput: 'other',
  maxThroughput: 'other',
  historyRetention: 'Duration',
  editWindow: 'Duration',
  inboxTtl: 'Duration',
  lease: 'Duration',
  idleTimeoutMs: 'other',
  duplicateLogin: 'other',
  maxDevices: 'other',
  userBudget: 'other',
  strangersPerDay: 'other',
  unlimitedRoles: 'other',
  offlineConcurrency: 'other',
  pollConcurrency: 'other',
  webSocketThrottle: 'other',
  httpThrottle: 'other',
  routeThrottles: 'other',
  accessLogRole: 'other',
  webPage: 'other',
  webPageClientId: 'other',
  webPageScope: 'other',
  widgetOrigins: 'other',
  diagnostics: 'other',
  alarmTopicArn: 'other',
  dashboard: 'other',
  events: 'other',
  archive: 'other',
  beforeSend: 'other',
  profileSource: 'other',
  attachments: 'other',
  attachmentMaxBytes: 'other',
  attachmentTypes: 'other',
  attachmentScan: 'other',
  notifications: 'other',
  encryptionKey: 'other',
  deletionProtection: 'other',
  logRetention: 'Duration',
  permissionsBoundary: 'other',
  webAclArn: 'other',
  domain: 'other',
};

const BEFORE_SEND: Table<BeforeSend> = {
  handler: 'other',
  timeout: 'Duration',
  onFailure: 'other',
  serviceEvents: 'other',
};

const PROFILE_SOURCE: Table<ProfileSource> = { handler: 'other', ttl: 'Duration', timeout: 'Duration' };

const NOTIFICATIONS: Table<NotificationSettings> = {
  webPush: 'other',
  apnsPlatformArn: 'other',
  fcmPlatformArn: 'other',
  text: 'other',
  hosts: 'other',
};

const WEB_PUSH: Table<WebPush> = { subject: 'other', keys: 'other' };

const DOMAIN: Table<Domain> = {
  name: 'other',
  webSocketName: 'other',
  certificate: 'other',
  hostedZone: 'other',
  keepDefaultName: 'other',
};

/** What only a writer of JavaScript gets wrong: a prop that there is not would have no effect, without a word. */
export function propFaults(props: ServerlessImProps): string[] {
  return [
    ...faultsIn(props, PROPS),
    ...faultsIn(props.beforeSend, BEFORE_SEND, 'beforeSend.'),
    ...faultsIn(props.profileSource, PROFILE_SOURCE, 'profileSource.'),
    ...faultsIn(props.notifications, NOTIFICATIONS, 'notifications.'),
    ...faultsIn(props.notifications?.webPush, WEB_PUSH, 'notifications.webPush.'),
    ...faultsIn(props.domain, DOMAIN, 'domain.'),
  ];
}

function faultsIn(props: object | undefined, table: Readonly<Record<string, string>>, path = ''): string[] {
  return Object.entries(props ?? {}).flatMap(([name, value]) => {
    if (!Object.hasOwn(table, name))
      return `unknown prop "${path}${name}"${guess(name, Object.keys(table), 'docs/api/props.md')}`;
    return table[name] === 'Duration' && !isDuration(value)
      ? `${path}${name} takes a Duration of aws-cdk-lib, such as Duration.days(7), not ${JSON.stringify(value)}`
      : [];
  });
}

/** Or nothing. Its class may be that of another copy of the CDK. */
function isDuration(value: Partial<Duration> | null | undefined): boolean {
  return value === undefined || value === null || typeof value.toSeconds === 'function';
}
