import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { NOTIFICATION_TEXTS } from '../lambdas/shared/notification-text.ts';
import { type HookProps, ON_FAILURES } from './hook-props.ts';
import type { NotificationProps } from './notification-props.ts';
import {
  DIAGNOSTICS,
  DUPLICATE_LOGINS,
  InvalidOptionsError,
  MESSAGE_TABLE_CLASSES,
  type ServerlessImProps,
  type Throttle,
  type UserBudget,
  type WarmThroughput,
} from './props.ts';

/** Makes a function of a module. @param option the option that names it @param path of the module */
export type MakeFunction = (option: string, path: string) => IFunction;

/** Returns the value of a context key, or `undefined` if it isn't set. */
export type ReadContext = (key: string) => unknown;

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
 * - whole numbers: `attachmentMaxBytes`, `maxDevices`, `offlineConcurrency`, `pollConcurrency`, `idleTimeoutMs`
 *
 * An empty string counts as unset, so that scripts can use `-c issuer=$ISSUER`; but not of `attachmentTypes`: users could send
 * any type, which nobody meant.
 *
 * Without an `issuer`, `userPool` must be `true`. The construct has a default here, but a command line forgets: an update
 * that names another option only would replace the issuer by a new, empty user pool, and refuse every token from then on.
 * @param makeFunction makes the function of a module that an option names
 * @throws {InvalidOptionsError} listing every value of the wrong type
 */
export function propsFromContext(read: ReadContext, makeFunction: MakeFunction): ServerlessImProps {
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
  };
  if (read('attachmentTypes') === '')
    context.faults.push('context "attachmentTypes" must not be empty: leave it out to allow any type');
  const hooks = hooksIn(context);
  const userPool = context.flag('userPool') ?? false;
  // A malformed value would be told to be missing.
  const faults = context.faults.length > 0 ? context.faults : signInFaults(props.issuer, userPool);
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return { ...props, ...hooks(makeFunction) };
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

/** Makes the functions only once the options are known to be right. */
function hooksIn(context: ContextReader): (makeFunction: MakeFunction) => HookProps {
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

const DURATION_UNITS = { s: Duration.seconds, m: Duration.minutes, h: Duration.hours, d: Duration.days };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** `-c` passes JSON as text, too. */
function entriesOf(text: string): unknown {
  return text.startsWith('[') ? parseJson(text) : text.split(',').map((entry) => entry.trim());
}

class ContextReader {
  readonly faults: string[] = [];
  readonly #read: ReadContext;

  constructor(read: ReadContext) {
    this.#read = read;
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    return value === undefined || typeof value === 'string' ? value : this.#fault(key, 'text', value);
  }

  choice<const Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    return words.find((word) => word === value) ?? this.#fault(key, words.join(' or '), value);
  }

  choices<const Word extends string>(key: string, words: readonly Word[]): readonly Word[] | undefined {
    const given = this.list(key);
    const chosen = given?.flatMap((text) => words.filter((word) => word === text));
    return chosen?.length === given?.length ? chosen : this.#fault(key, `of ${words.join(', ')}`, given);
  }

  list(key: string): readonly string[] | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const entries = typeof value === 'string' ? entriesOf(value) : value;
    if (Array.isArray(entries) && entries.every((entry) => typeof entry === 'string')) return entries;
    return this.#fault(key, 'text or a list of texts', value);
  }

  flag(key: string): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true') return true;
    if (value === 'false') return false;
    return this.#fault(key, 'true or false', value);
  }

  integer(key: string): number | undefined {
    const value = this.#value(key);
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
    if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
    return this.#fault(key, 'a whole number', value);
  }

  throughput(key: string): WarmThroughput | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const [, reads, writes] = (typeof value === 'string' && /^(\d{1,9}),(\d{1,9})$/.exec(value)) || [];
    return reads === undefined
      ? this.#fault(key, 'read and write units like 24000,8000', value)
      : { readUnitsPerSecond: Number(reads), writeUnitsPerSecond: Number(writes) };
  }

  throttles(key: string): Readonly<Record<string, Throttle>> | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const entries = Object.entries(
      recordOf(typeof value === 'string' ? parseJson(value) : value) ?? { '': '' },
    );
    const pairs = entries.map(
      ([route, text]) => [route, /^(\d{1,9}),(\d{1,9})$/.exec(String(text))] as const,
    );
    if (pairs.some(([, pair]) => pair === null))
      return this.#fault(key, 'requests a second and at once by route, like {"POST /groups":"10,20"}', value);
    return Object.fromEntries(
      pairs.map(([route, pair]) => [route, { rateLimit: Number(pair?.[1]), burstLimit: Number(pair?.[2]) }]),
    );
  }

  userBudget(key: string): UserBudget | 'none' | undefined {
    return this.noneOr(key, () => {
      const value = this.#value(key);
      if (value === undefined) return undefined;
      const [, perMinute, burst] = (typeof value === 'string' && /^(\d{1,9}),(\d{1,9})$/.exec(value)) || [];
      return perMinute === undefined
        ? this.#fault(key, 'credits a minute and at once like 600,3000, or none', value)
        : { perMinute: Number(perMinute), burst: Number(burst) };
    });
  }

  noneOr<Value>(key: string, read: () => Value): Value | 'none' {
    return this.#value(key) === 'none' ? 'none' : read();
  }

  duration(key: string): Duration | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const [, amount, unit] = (typeof value === 'string' && /^(\d{1,9})([smhd])$/.exec(value)) || [];
    // Refuses a number without a unit: it could mean days or seconds.
    if (amount === undefined) return this.#fault(key, 'a duration like 90s, 30m, 12h, or 7d', value);
    return DURATION_UNITS[unit as keyof typeof DURATION_UNITS](Number(amount));
  }

  retention(key: string): Duration | undefined {
    return this.#value(key) === 'forever' ? undefined : this.duration(key);
  }

  #value(key: string): unknown {
    const value = this.#read(key);
    return value === '' || value === null ? undefined : value;
  }

  #fault(key: string, expected: string, value: unknown): undefined {
    this.faults.push(`context "${key}" must be ${expected}, not ${JSON.stringify(value)}`);
    return undefined;
  }
}
