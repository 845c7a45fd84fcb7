import { Token } from 'aws-cdk-lib';
import { ACTIONS } from '../protocol/actions.ts';
import { ATTACHMENT_HTTP_ROUTES } from '../protocol/attachments.ts';
import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../protocol/http.ts';
import { LIMITS } from '../protocol/limits.ts';
import { NOTIFICATION_HTTP_ROUTES } from '../protocol/notifications.ts';
import { platformFaults } from './platform-props.ts';
import {
  DIAGNOSTICS,
  type Diagnostic,
  DUPLICATE_LOGINS,
  MESSAGE_TABLE_CLASSES,
  type ServerlessImOptions,
  type ServerlessImProps,
  type WarmThroughput,
} from './props.ts';

const MIN_LEASE_SECONDS = 60;
const MIN_IDLE_TIMEOUT_MS = 10_000;
const MIN_INBOX_TTL_SECONDS = 60;
const MAX_DESK_QUEUES = 20;
const MIN_HISTORY_SECONDS = 24 * 60 * 60;
/** The throughput of every new table; DynamoDB refuses less. */
const COLD: WarmThroughput = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 };

export function webPageFaults({
  webPage = false,
  issuer,
  webPageClientId,
  webPageScope,
  widgetOrigins,
}: ServerlessImProps): string[] {
  if (widgetOrigins !== undefined && !webPage) return ['widgetOrigins needs webPage'];
  // The issuer's origin becomes part of the page's headers.
  if (webPage && Token.isUnresolved(issuer)) return ['webPage needs an issuer that is known at synthesis'];
  const isConfigured = webPageClientId !== undefined || webPageScope !== undefined;
  if (isConfigured && (!webPage || issuer === undefined))
    return ['webPageClientId and webPageScope need webPage and an issuer'];
  return webPage && issuer !== undefined && webPageClientId === undefined
    ? ['webPage with an issuer needs webPageClientId']
    : [];
}

export function audienceList(audience: ServerlessImProps['audience']): readonly string[] {
  return typeof audience === 'string' ? [audience] : (audience ?? []);
}

export function issuerFaults(props: ServerlessImProps): string[] {
  const { issuer, jwksUri } = props;
  const audience = audienceList(props.audience);
  const faults: string[] = [];
  if (issuer === undefined) {
    if (audience.length > 0) faults.push('audience needs an issuer');
    if (jwksUri !== undefined) faults.push('jwksUri needs an issuer');
    return faults;
  }
  if (!isTrustworthyUrl(issuer)) faults.push(`issuer must be an https URL, not "${issuer}"`);
  if (jwksUri !== undefined && !isTrustworthyUrl(jwksUri)) {
    faults.push(`jwksUri must be an https URL, not "${jwksUri}"`);
  }
  if (audience.length === 0) faults.push('issuer needs an audience');
  // Functions get the list in one variable, separated by commas.
  if (audience.some((entry) => entry === '' || entry.includes(','))) {
    faults.push('an audience must not be empty or contain a comma');
  }
  return faults;
}

/** Keys fetched without TLS could be forged. The loopback address is for the local server. */
function isTrustworthyUrl(text: string): boolean {
  if (Token.isUnresolved(text)) return true;
  // `URL` drops white space around it, and a token's issuer would never equal the text.
  if (!URL.canParse(text) || /\s/.test(text)) return false;
  const url = new URL(text);
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
  );
}

function budgetFaults({ userBudget, strangersPerDay, unlimitedRoles }: ServerlessImOptions): string[] {
  const faults: string[] = [];
  if (userBudget !== 'none') {
    if (!isIntegerWithin(userBudget.perMinute, 1, 10_000_000))
      faults.push('userBudget.perMinute must be a whole number from 1 to 10000000');
    if (!isIntegerWithin(userBudget.burst, 1, 100_000_000))
      faults.push('userBudget.burst must be a whole number from 1 to 100000000');
  }
  if (strangersPerDay !== 'none' && !isIntegerWithin(strangersPerDay, 0, 1_000_000))
    faults.push("strangersPerDay must be 'none' or a whole number from 0 to 1000000");
  if (unlimitedRoles.some((role) => !/^[^\s,]+$/.test(role)))
    faults.push('unlimitedRoles must hold words without spaces and commas');
  return faults;
}

export function optionFaults(props: ServerlessImProps, options: ServerlessImOptions): string[] {
  const faults: string[] = [];
  if (options.userIdClaim.trim() === '') faults.push('userIdClaim must not be empty');
  if (options.rolesClaim.trim() === '') faults.push('rolesClaim must not be empty');
  if (options.leaseSeconds < MIN_LEASE_SECONDS) faults.push('lease must be at least 60 seconds');
  const { idleTimeoutMs } = options;
  if (
    idleTimeoutMs !== 0 &&
    !isIntegerWithin(idleTimeoutMs, MIN_IDLE_TIMEOUT_MS, options.leaseSeconds * 1000)
  ) {
    faults.push('idleTimeoutMs must be 0 or a whole number from 10000 to the lease');
  }
  if (options.inboxTtlSeconds < MIN_INBOX_TTL_SECONDS) faults.push('inboxTtl must be at least 60 seconds');
  if (props.historyRetention !== undefined && options.historyTtlSeconds < MIN_HISTORY_SECONDS) {
    faults.push('historyRetention must be at least 24 hours');
  }
  faults.push(...platformFaults(options), ...budgetFaults(options));
  if (options.offlineConcurrency !== undefined && !isIntegerWithin(options.offlineConcurrency, 2, 1_000)) {
    faults.push('offlineConcurrency must be a whole number from 2 to 1000');
  }
  if (options.pollConcurrency !== undefined && !isIntegerWithin(options.pollConcurrency, 0, 10_000)) {
    faults.push('pollConcurrency must be a whole number from 0 to 10000');
  }
  faults.push(...throttleFaults(options));
  if (options.alarmTopicArn !== undefined && !isTopicArn(options.alarmTopicArn)) {
    faults.push(`alarmTopicArn must be the ARN of an SNS topic, not "${options.alarmTopicArn}"`);
  }
  if (!DUPLICATE_LOGINS.includes(options.duplicateLogin)) {
    faults.push(`duplicateLogin must be ${DUPLICATE_LOGINS.join(' or ')}`);
  }
  if (!isIntegerWithin(options.maxDevices, 1, LIMITS.maxDevices)) {
    faults.push(`maxDevices must be a whole number from 1 to ${LIMITS.maxDevices}`);
  }
  if (!MESSAGE_TABLE_CLASSES.includes(options.messageTableClass)) {
    faults.push(`messageTableClass must be ${MESSAGE_TABLE_CLASSES.join(' or ')}`);
  }
  const { readUnitsPerSecond, writeUnitsPerSecond } = options.warmThroughput ?? COLD;
  const isWarm = (units: number, least: number) => isIntegerWithin(units, least, Number.MAX_SAFE_INTEGER);
  if (
    !isWarm(readUnitsPerSecond, COLD.readUnitsPerSecond) ||
    !isWarm(writeUnitsPerSecond, COLD.writeUnitsPerSecond)
  ) {
    faults.push('warmThroughput must be whole numbers of at least 12000 read and 4000 write units');
  }
  faults.push(...maximumFaults(options));
  const { diagnostics } = options;
  if (diagnostics.some((word, index) => !isDiagnostic(word) || diagnostics.indexOf(word) < index)) {
    faults.push(`diagnostics must be different words of ${DIAGNOSTICS.join(', ')}`);
  }
  return [
    ...faults,
    ...deskFaults(options),
    ...originFaults('allowedOrigins', options.allowedOrigins),
    ...originFaults('widgetOrigins', options.webPage?.widgetOrigins ?? []),
  ];
}

function throttleFaults(options: ServerlessImOptions): string[] {
  const { webSocketThrottle, httpThrottle, routeThrottles } = options;
  const unknown = Object.keys(routeThrottles).filter((name) => !isRoute(name, options));
  const named = {
    webSocketThrottle,
    httpThrottle,
    ...Object.fromEntries(
      Object.entries(routeThrottles).map(([name, throttle]) => [`routeThrottles of ${name}`, throttle]),
    ),
  };
  return [
    ...unknown.map((name) => `routeThrottles: ${name} is no route or action of this deployment`),
    ...Object.entries(named).flatMap(([name, { rateLimit, burstLimit }]) =>
      rateLimit > 0 && Number.isFinite(rateLimit) && isIntegerWithin(burstLimit, 1, Number.MAX_SAFE_INTEGER)
        ? []
        : [`${name} must have a positive rateLimit and a whole burstLimit of at least 1`],
    ),
  ];
}

function isRoute(name: string, { desk, attachments, notifications }: ServerlessImOptions): boolean {
  if (Object.hasOwn(ACTIONS, name)) {
    const { part } = { part: undefined, ...ACTIONS[name as keyof typeof ACTIONS] };
    return part === undefined || (part === 'desk' ? desk : notifications !== undefined);
  }
  const routes: readonly string[] = [
    ...HTTP_ROUTES,
    POLL_ROUTE,
    ...(desk ? DESK_HTTP_ROUTES : []),
    ...(attachments ? ATTACHMENT_HTTP_ROUTES : []),
    ...(notifications ? NOTIFICATION_HTTP_ROUTES : []),
  ];
  return routes.includes(name);
}

/** A table can't serve less than it keeps warm. */
function maximumFaults({ maxThroughput, warmThroughput }: ServerlessImOptions): string[] {
  if (maxThroughput === undefined) return [];
  const isEnough = (units: number, warm = 1) => isIntegerWithin(units, warm, Number.MAX_SAFE_INTEGER);
  return isEnough(maxThroughput.readUnitsPerSecond, warmThroughput?.readUnitsPerSecond) &&
    isEnough(maxThroughput.writeUnitsPerSecond, warmThroughput?.writeUnitsPerSecond)
    ? []
    : ['maxThroughput must be positive whole numbers, and at least warmThroughput'];
}

function deskFaults({ deskQueues, deskAgentGraceSeconds }: ServerlessImOptions): string[] {
  const faults: string[] = [];
  if (deskAgentGraceSeconds < 1) faults.push('deskAgentGrace must be at least 1 second');
  if (deskQueues.length < 1 || deskQueues.length > MAX_DESK_QUEUES) {
    faults.push(`deskQueues must name 1 to ${MAX_DESK_QUEUES} queues`);
  }
  if (new Set(deskQueues).size < deskQueues.length) faults.push('deskQueues must not name a queue twice');
  // Names are part of keys, and a list separated by commas in a variable.
  const invalid = deskQueues.filter((queue) => !/^[A-Za-z0-9_-]{1,64}$/.test(queue));
  if (invalid.length > 0) faults.push(`deskQueues must be 1 to 64 of A-Z a-z 0-9 _ -, not "${invalid[0]}"`);
  return faults;
}

function isDiagnostic(word: string): word is Diagnostic {
  return DIAGNOSTICS.some((known) => known === word);
}

function isTopicArn(text: string): boolean {
  return Token.isUnresolved(text) || /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+$/.test(text);
}

function isIntegerWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function originFaults(name: string, origins: readonly string[]): string[] {
  if (origins.includes('*') && origins.length > 1) return [`${name}: '*' must stand alone`];
  return origins
    .filter((origin) => origin !== '*' && !isWebOrigin(origin))
    .map((origin) => `${name} must hold origins like https://chat.example.com, not "${origin}"`);
}

/**
 * Whether it is an origin as browsers send it. API Gateway's CORS documents only these two schemes, and no wildcard in
 * a name. A comma or semicolon, which a URL allows in a host, would end the entry of a list or a header.
 */
function isWebOrigin(text: string): boolean {
  if (Token.isUnresolved(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && origin === text && !/[*;,]/.test(text);
}
