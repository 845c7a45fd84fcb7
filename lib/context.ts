import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { NOTIFICATION_TEXTS } from '../lambdas/shared/notification-text.ts';
import { ContextReader, type ReadContext } from './context-reader.ts';
import { domainIn } from './domain-context.ts';
import { type HookProps, ON_FAILURES } from './hook-props.ts';
import type { NotificationProps } from './notification-props.ts';
import {
  DIAGNOSTICS,
  DUPLICATE_LOGINS,
  InvalidOptionsError,
  MESSAGE_TABLE_CLASSES,
  type ServerlessImProps,
} from './props.ts';
import { securityIn } from './security-context.ts';
import type { SecurityProps } from './security-props.ts';

/**
 * Makes a function of a module.
 * @param option the option that names it
 * @param path of the module
 * @param common what it has in common with the functions of the construct
 */
export type MakeFunction = (option: string, path: string, common: SecurityProps) => IFunction;

/**
 * Reads the construct's props from CDK context. Values are strings from `cdk -c key=value`, or any JSON from `cdk.json`:
 *
 * - text: `issuer`, `jwksUri`, `userIdClaim`, `rolesClaim`, `webPageClientId`, `webPageScope`, `alarmTopicArn`
 * - `replace` or `reject`: `duplicateLogin`; `standard` or `infrequent-access`: `messageTableClass`
 * - lists, as JSON or separated by commas: `audience`, `allowedOrigins`, `deskQueues`, `widgetOrigins`, `diagnostics`,
 *   `unlimitedRoles`, `attachmentTypes`
 * - `true` or `false`: `retain`, `accessLogRole`, `desk`, `webPage`, `events`, `archive`, `dashboard`, `attachments`, `attachmentScan`; also `userPool`, which is no prop
 * - durations, a whole number with `s`, `m`, `h`, or `d`: `lease` (`30m`), `inboxTtl` (`7d`), `historyRetention` (`365d`,
 *   or `forever`), `deskAgentGrace` (`2m`), `editWindow` (`24h`, `0s` for never)
 * - two whole numbers, as `12000,4000`: read and write units of `warmThroughput` and `maxThroughput`
 * - an object of requests a second and at once by route, as `{"POST /groups":"10,20"}`: `routeThrottles`
 * - two whole numbers or `none`, as `600,3000`: credits a minute and at once of `userBudget`; a whole number or `none`:
 *   `strangersPerDay`
 * - path of a module whose export `handler` becomes a function: `beforeSend`; with it `beforeSendTimeoutMs`, a whole number,
 *   `beforeSendOnFailure`, `accept` or `reject`, and `beforeSendServiceEvents`, `true` or `false`; `profileSource`, with it
 *   `profileSourceTtl`, a duration
 * - of `notifications`: `webPushSubject`, `webPushKeys`, `apnsPlatformArn`, `fcmPlatformArn`, and `notificationText`, texts, and
 *   `pushHosts`, a list
 * - what `securityIn` and `domainIn` read
 * - whole numbers: `attachmentMaxBytes`, `maxDevices`, `offlineConcurrency`, `pollConcurrency`, `idleTimeoutMs`
 *
 * An empty string counts as unset, so that scripts can use `-c issuer=$ISSUER`; but not of `attachmentTypes`: users could send
 * any type, which nobody meant.
 *
 * Without an `issuer`, `userPool` must be `true`. The construct has a default here, but a command line forgets: an update
 * that names another option only would replace the issuer by a new, empty user pool, and refuse every token from then on.
 * @param makeFunction makes the function of a module that an option names
 * @param scope of the resources that ARNs name
 * @throws {InvalidOptionsError} listing every value of the wrong type
 */
export function propsFromContext(
  read: ReadContext,
  makeFunction: MakeFunction,
  scope: Construct,
): ServerlessImProps {
  const context = new ContextReader(read);
  const props: ServerlessImProps = {
    issuer: context.text('issuer'),
    audience: context.list('audience'),
    jwksUri: context.text('jwksUri'),
    userIdClaim: context.text('userIdClaim'),
    rolesClaim: context.text('rolesClaim'),
    desk: context.flag('desk'),
    deskQueues: context.list('deskQueues'),
    deskAgentGrace: context.duration('deskAgentGrace'),
    allowedOrigins: context.list('allowedOrigins'),
    retain: context.flag('retain'),
    messageTableClass: context.choice('messageTableClass', MESSAGE_TABLE_CLASSES),
    warmThroughput: context.throughput('warmThroughput'),
    maxThroughput: context.throughput('maxThroughput'),
    routeThrottles: context.throttles('routeThrottles'),
    historyRetention: context.retention('historyRetention'),
    editWindow: context.duration('editWindow'),
    inboxTtl: context.duration('inboxTtl'),
    lease: context.duration('lease'),
    idleTimeoutMs: context.integer('idleTimeoutMs'),
    duplicateLogin: context.choice('duplicateLogin', DUPLICATE_LOGINS),
    maxDevices: context.integer('maxDevices'),
    userBudget: context.userBudget('userBudget'),
    strangersPerDay: context.noneOr('strangersPerDay', () => context.integer('strangersPerDay')),
    unlimitedRoles: context.list('unlimitedRoles'),
    offlineConcurrency: context.integer('offlineConcurrency'),
    pollConcurrency: context.integer('pollConcurrency'),
    accessLogRole: context.flag('accessLogRole'),
    webPage: context.flag('webPage'),
    webPageClientId: context.text('webPageClientId'),
    webPageScope: context.text('webPageScope'),
    widgetOrigins: context.list('widgetOrigins'),
    diagnostics: context.choices('diagnostics', DIAGNOSTICS),
    alarmTopicArn: context.text('alarmTopicArn'),
    dashboard: context.flag('dashboard'),
    events: context.flag('events'),
    archive: context.flag('archive'),
    attachments: context.flag('attachments'),
    attachmentMaxBytes: context.integer('attachmentMaxBytes'),
    attachmentTypes: context.list('attachmentTypes'),
    attachmentScan: context.flag('attachmentScan'),
    ...notificationsIn(context),
    ...securityIn(context, scope),
    ...domainIn(context, scope),
  };
  if (read('attachmentTypes') === '')
    context.faults.push('context "attachmentTypes" must not be empty: leave it out to allow any type');
  const hooks = hooksIn(context);
  const userPool = context.flag('userPool') ?? false;
  // A malformed value would be told to be missing.
  const faults = context.faults.length > 0 ? context.faults : signInFaults(props.issuer, userPool);
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return { ...props, ...hooks((option, path) => makeFunction(option, path, props)) };
}

function notificationsIn(context: ContextReader): NotificationProps {
  const subject = context.text('webPushSubject');
  const keys = context.text('webPushKeys');
  const settings = {
    ...(subject !== undefined && { webPush: { subject, keys } }),
    apnsPlatformArn: context.text('apnsPlatformArn'),
    fcmPlatformArn: context.text('fcmPlatformArn'),
    text: context.choice('notificationText', NOTIFICATION_TEXTS),
    hosts: context.list('pushHosts'),
  };
  if (subject === undefined && keys !== undefined) context.faults.push('webPushKeys needs webPushSubject');
  return Object.values(settings).some((value) => value !== undefined) ? { notifications: settings } : {};
}

type ModuleFunction = (option: string, path: string) => IFunction;

/** Makes the functions only once the options are known to be right. */
function hooksIn(context: ContextReader): (makeFunction: ModuleFunction) => HookProps {
  const path = context.text('beforeSend');
  const timeoutMs = context.integer('beforeSendTimeoutMs');
  const settings = {
    ...(timeoutMs !== undefined && { timeout: Duration.millis(timeoutMs) }),
    onFailure: context.choice('beforeSendOnFailure', ON_FAILURES),
    serviceEvents: context.flag('beforeSendServiceEvents'),
  };
  const isSet = Object.values(settings).some((value) => value !== undefined);
  if (path === undefined && isSet)
    context.faults.push(
      'beforeSendTimeoutMs, beforeSendOnFailure, and beforeSendServiceEvents need beforeSend',
    );
  const sourcePath = context.text('profileSource');
  const ttl = context.duration('profileSourceTtl');
  if (sourcePath === undefined && ttl !== undefined)
    context.faults.push('profileSourceTtl needs profileSource');
  return (makeFunction) => ({
    ...(path !== undefined && { beforeSend: { ...settings, handler: makeFunction('beforeSend', path) } }),
    ...(sourcePath !== undefined && {
      profileSource: { ttl, handler: makeFunction('profileSource', sourcePath) },
    }),
  });
}

function signInFaults(issuer: string | undefined, userPool: boolean): string[] {
  if (issuer !== undefined) return userPool ? ['context "userPool" and "issuer" exclude each other'] : [];
  return userPool
    ? []
    : [
        'who signs users in? Write "issuer" and "audience", or "userPool": true, into the context of cdk.json, with all other options of this deployment: each update needs them all',
      ];
}
