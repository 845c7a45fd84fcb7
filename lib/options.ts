import { Duration } from 'aws-cdk-lib';
import { POLL_ROUTE } from '../protocol/http.ts';
import { LIMITS } from '../protocol/limits.ts';
import { attachmentFaults, attachmentOptions } from './attachment-props.ts';
import { domainFaults, domainOptions } from './domain-props.ts';
import { hookFaults, hookOptions } from './hook-props.ts';
import { notificationFaults, notificationOptions } from './notification-props.ts';
import { audienceList, issuerFaults, optionFaults, webPageFaults } from './option-faults.ts';
import { platformOptions } from './platform-props.ts';
import { propFaults } from './prop-faults.ts';
import {
  type ExternalIssuer,
  InvalidOptionsError,
  type ServerlessImOptions,
  type ServerlessImProps,
  type Throttle,
  type WebPageOptions,
} from './props.ts';
import { securityFaults, securityOptions } from './security-props.ts';

/** Fills in the defaults. @throws {InvalidOptionsError} listing every fault */
export function fillOptions(props: ServerlessImProps): ServerlessImOptions {
  const mistaken = propFaults(props);
  if (mistaken.length > 0) throw new InvalidOptionsError(mistaken);
  const options: ServerlessImOptions = {
    externalIssuer: externalIssuer(props),
    userIdClaim: props.userIdClaim ?? 'sub',
    rolesClaim: props.rolesClaim ?? 'cognito:groups',
    desk: props.desk ?? true,
    deskQueues: props.deskQueues ?? ['default'],
    deskAgentGraceSeconds: (props.deskAgentGrace ?? Duration.minutes(2)).toSeconds(),
    allowedOrigins: props.allowedOrigins ?? [],
    retain: props.retain ?? true,
    messageTableClass: props.messageTableClass ?? 'standard',
    warmThroughput: props.warmThroughput,
    maxThroughput: props.maxThroughput,
    historyTtlSeconds: props.historyRetention?.toSeconds() ?? 0,
    editWindowMs: props.editWindow?.toMilliseconds() ?? LIMITS.editWindowMs,
    inboxTtlSeconds: (props.inboxTtl ?? Duration.days(7)).toSeconds(),
    leaseSeconds: (props.lease ?? Duration.minutes(30)).toSeconds(),
    idleTimeoutMs: props.idleTimeoutMs ?? 0,
    duplicateLogin: props.duplicateLogin ?? 'replace',
    maxDevices: props.maxDevices ?? LIMITS.maxDevices,
    userBudget: props.userBudget ?? { perMinute: 600, burst: 3_000 },
    strangersPerDay: props.strangersPerDay ?? 100,
    unlimitedRoles: props.unlimitedRoles ?? ['service'],
    offlineConcurrency: props.offlineConcurrency,
    pollConcurrency: props.pollConcurrency,
    webSocketThrottle: props.webSocketThrottle ?? { rateLimit: 2_000, burstLimit: 1_000 },
    httpThrottle: props.httpThrottle ?? { rateLimit: 500, burstLimit: 250 },
    routeThrottles: routeThrottles(props),
    accessLogRole: props.accessLogRole ?? true,
    webPage: webPageOptions(props),
    diagnostics: props.diagnostics ?? [],
    alarmTopicArn: props.alarmTopicArn,
    dashboard: props.dashboard ?? false,
    ...platformOptions(props),
    ...hookOptions(props),
    ...attachmentOptions(props),
    ...notificationOptions(props),
    ...securityOptions(props),
    ...domainOptions(props),
  };
  const faults = [
    ...issuerFaults(props),
    ...webPageFaults(props),
    ...optionFaults(props, options),
    ...hookFaults(options),
    ...attachmentFaults(props),
    ...notificationFaults(options),
    ...securityFaults(options),
    ...domainFaults(options),
  ];
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return options;
}

/** Dear requests of all users together, far above what a stage with the default throttle sees of them. */
const RARE: Throttle = { rateLimit: 50, burstLimit: 100 };
const ROUTE_THROTTLES: Readonly<Record<string, Throttle>> = {
  'POST /groups': RARE,
  'POST /groups/{id}/members': RARE,
  [POLL_ROUTE]: { rateLimit: 250, burstLimit: 250 },
};

function routeThrottles({ desk = true, routeThrottles = {} }: ServerlessImProps) {
  return { ...ROUTE_THROTTLES, ...(desk && { 'desk.open': RARE }), ...routeThrottles };
}

function externalIssuer(props: ServerlessImProps): ExternalIssuer | undefined {
  const { issuer, jwksUri } = props;
  if (issuer === undefined) return undefined;
  return { issuer, audience: audienceList(props.audience), jwksUri };
}

function webPageOptions(props: ServerlessImProps): WebPageOptions | undefined {
  if (props.webPage !== true) return undefined;
  return {
    clientId: props.webPageClientId,
    scope: props.webPageScope ?? 'openid',
    widgetOrigins: props.widgetOrigins ?? [],
  };
}
