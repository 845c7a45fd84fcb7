import { Duration, Token } from 'aws-cdk-lib';
import { ACTIONS } from '../protocol/actions.ts';
import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../protocol/http.ts';
import { LIMITS } from '../protocol/limits.ts';

/**
 * Options of `ServerlessIm`. All are optional. The constructor checks them together and throws one `InvalidOptionsError`
 * that lists every fault. Durations must be whole seconds: CDK throws an error for others.
 */
export interface ServerlessImProps {
  /**
   * Issuer (`iss`) of the tokens that users connect with: any OpenID Connect provider that signs with RS256 and
   * serves `<issuer>/.well-known/openid-configuration`. Needs `audience`.
   * @default - creates a Cognito user pool and accepts its access tokens
   * @throws {InvalidOptionsError} not an https URL (http is allowed for localhost), or no `audience`
   * @example 'https://login.example.com/tenant'
   */
  readonly issuer?: string | undefined;
  /**
   * Accepted audiences: a token's `aud`, or its `client_id` if it has no `aud`.
   * @default - the client of the created user pool
   * @throws {InvalidOptionsError} without an `issuer`; or one is empty or contains a comma
   * @example ['chat', 'chat-admin']
   */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * URL of the issuer's keys, for an issuer without a discovery document.
   * @default - the `jwks_uri` of `<issuer>/.well-known/openid-configuration`
   * @throws {InvalidOptionsError} not an https URL, or without an `issuer`
   * @example 'https://login.example.com/tenant/keys'
   */
  readonly jwksUri?: string | undefined;
  /**
   * The token's claim with the user id (docs/protocol.md, section 1).
   * @default 'sub'
   * @throws {InvalidOptionsError} empty
   * @example 'username'
   */
  readonly userIdClaim?: string | undefined;
  /**
   * The token's claim with the desk roles `agent` and `supervisor`: a list, or words separated by spaces (IM-ROLE).
   * @default 'cognito:groups'
   * @throws {InvalidOptionsError} empty
   * @example 'roles'
   */
  readonly rolesClaim?: string | undefined;
  /**
   * Whether to deploy the customer-service desk (IM-DESK). Without it there is no desk table, queue, or function.
   * @default true
   * @example false
   */
  readonly desk?: boolean | undefined;
  /**
   * Names of the support queues. The first is used for a chat opened without a queue.
   * @default ['default']
   * @throws {InvalidOptionsError} not 1 to 20 different names, each 1 to 64 of `A-Z a-z 0-9 _ -`
   * @example ['sales', 'returns']
   */
  readonly deskQueues?: readonly string[] | undefined;
  /**
   * How long an agent may be without a session before the chats go back to their queues (IM-DESK-7).
   * @default Duration.minutes(2)
   * @throws {InvalidOptionsError} less than a second
   * @example Duration.seconds(30)
   */
  readonly deskAgentGrace?: Duration | undefined;
  /**
   * Web origins that may connect, or exactly `['*']` for any. Native clients send no origin and may always connect.
   * @default [] - no browser may connect
   * @throws {InvalidOptionsError} not an http or https origin without a path, or `*` beside others
   * @example ['https://chat.example.com']
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Whether the tables and the created user pool are kept when the stack is deleted. If the deployment that creates them
   * fails, they are deleted nevertheless.
   * @default true
   * @example false
   */
  readonly retain?: boolean | undefined;
  /**
   * DynamoDB's class of the table with the history. `infrequent-access` stores a GB for $0.10 instead of $0.25 a month, for a
   * quarter more per request, and outside AWS's free tier: it saves if messages are kept for more than two or three months
   * (`npm run cost` has the figure for your workload). Speed and durability are the same. May be changed twice in 30 days.
   * @default 'standard'
   * @throws {InvalidOptionsError} another word
   * @example 'infrequent-access'
   */
  readonly messageTableClass?: MessageTableClass | undefined;
  /**
   * The throughput that each of the tables for routes, conversations, messages, and inboxes serves from the start, in units
   * per second. Set it before a launch: a new table serves 4,000 writes and 12,000 reads a second, and needs half an hour for
   * each doubling (docs/scale.md has the numbers for a workload). Billed once, for the part above the present value. It can't be
   * lowered again, and limits nothing.
   * @default - DynamoDB's, which grows with the traffic
   * @throws {InvalidOptionsError} see `WarmThroughput`
   * @example { readUnitsPerSecond: 24_000, writeUnitsPerSecond: 8_000 }
   */
  readonly warmThroughput?: WarmThroughput | undefined;
  /**
   * The most that each table serves, in units per second: DynamoDB refuses what is beyond it, and clients get `unavailable`.
   * A ceiling for the bill, whatever the traffic. Set it well above the busiest second (`npm run cost -- --quotas`).
   * @default - DynamoDB's quota, 40,000 units of each kind
   * @throws {InvalidOptionsError} see `MaxThroughput`
   * @example { readUnitsPerSecond: 4_000, writeUnitsPerSecond: 2_000 }
   */
  readonly maxThroughput?: MaxThroughput | undefined;
  /**
   * How long messages are kept (IM-SEND-2).
   * @default - forever
   * @throws {InvalidOptionsError} less than 24 hours
   * @example Duration.days(365)
   */
  readonly historyRetention?: Duration | undefined;
  /**
   * How long after sending it a user may edit a message (IM-EDIT). Services may at any time.
   * @default Duration.hours(24)
   * @throws {InvalidOptionsError} negative
   * @example Duration.seconds(0) // never
   */
  readonly editWindow?: Duration | undefined;
  /**
   * How long an inbox keeps messages for an absent user (IM-PUSH-2).
   * @default Duration.days(7)
   * @throws {InvalidOptionsError} less than 60 seconds
   * @example Duration.days(30)
   */
  readonly inboxTtl?: Duration | undefined;
  /**
   * How long a session without frames counts as online (IM-BEAT).
   * @default Duration.minutes(30)
   * @throws {InvalidOptionsError} less than 60 seconds
   * @example Duration.minutes(20)
   */
  readonly lease?: Duration | undefined;
  /**
   * How long a session without frames is trusted, in milliseconds (IM-IDLE). After that, messages go to the session and
   * to the inbox, and the next delivery deletes its connection. Clients send heartbeats at 0.4 of this interval.
   * @default 0 - always trusted
   * @throws {InvalidOptionsError} neither 0 nor a whole number from 10,000 to `lease`
   * @example 60_000
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * The rule for a device that connects while it has a session (IM-CONN-4). `replace` ends the old session; `reject`
   * refuses the new one with 409 if the old one's socket is open.
   * @default 'replace'
   * @throws {InvalidOptionsError} another word
   * @example 'reject'
   */
  readonly duplicateLogin?: DuplicateLogin | undefined;
  /**
   * Sessions that a user may have at the same time, each on a device of its own; one more ends the one that was silent for the
   * longest time (IM-CONN-3). With 1, a login on another device is a duplicate login: `duplicateLogin` decides.
   * @default 10
   * @throws {InvalidOptionsError} not a whole number from 1 to 10
   * @example 1
   */
  readonly maxDevices?: number | undefined;
  /**
   * What one user may cost, in credits: millionths of a dollar at list price (IM-BUDGET). A direct message takes about 7.
   * Requests are refused with `rate_limited` while the user has spent more. docs/scale.md has the worst user's bill.
   * @default { perMinute: 600, burst: 3_000 }
   * @throws {InvalidOptionsError} see `UserBudget`
   * @example { perMinute: 1_200, burst: 6_000 }
   */
  readonly userBudget?: UserBudget | 'none' | undefined;
  /**
   * How many strangers a user may meet on a day (UTC): people to whom the user writes first, and people added to groups
   * who never wrote to the user (IM-BUDGET-3).
   * @default 100
   * @throws {InvalidOptionsError} not a whole number from 0 to 1,000,000
   * @example 20
   */
  readonly strangersPerDay?: number | 'none' | undefined;
  /**
   * Words in the roles claim whose users have neither budget nor limit of strangers (IM-BUDGET-4).
   * @default ['service']
   * @throws {InvalidOptionsError} a word that is empty, or has a space or a comma
   * @example ['service', 'announcer']
   */
  readonly unlimitedRoles?: readonly string[] | undefined;
  /**
   * Maximum batches of the offline queue processed at the same time. It leaves the rest of the account's concurrent
   * executions to users during a backlog, and costs $0.16 a month for pollers that an idle queue then keeps.
   * @default - as many as Lambda scales to: five, then 300 more in each minute with a backlog
   * @throws {InvalidOptionsError} not a whole number from 2 to 1,000
   * @example 200
   */
  readonly offlineConcurrency?: number | undefined;
  /**
   * Maximum clients that poll at the same time; more get 503. Each waiting poll takes one of the account's concurrent
   * executions (IM-POLL), and this number of them is reserved. 0 disables polling.
   * @default - limited only by the account
   * @throws {InvalidOptionsError} not a whole number from 0 to 10,000
   * @example 100
   */
  readonly pollConcurrency?: number | undefined;
  /**
   * Limit for connects and client frames together on the WebSocket stage.
   * @default - 2,000 per second, bursts of 1,000
   * @throws {InvalidOptionsError} see `Throttle`
   * @example { rateLimit: 5_000, burstLimit: 2_500 }
   */
  readonly webSocketThrottle?: Throttle | undefined;
  /**
   * Limit for requests to the HTTP API.
   * @default - 500 per second, bursts of 250
   * @throws {InvalidOptionsError} see `Throttle`
   * @example { rateLimit: 1_000, burstLimit: 500 }
   */
  readonly httpThrottle?: Throttle | undefined;
  /**
   * Limits for single routes, by route key or action: of all users together, in place of the stage's. Dear and rare
   * requests are limited by default. A limit that you name is added to the defaults, or replaces one of them.
   * @default - 50 per second and bursts of 100 for `POST /groups`, `POST /groups/{id}/members`, and `desk.open`; 250 per second
   *   and bursts of 250 for `POST /poll`
   * @throws {InvalidOptionsError} not a route or action of this deployment; see `Throttle`
   * @example { 'POST /groups': { rateLimit: 10, burstLimit: 20 } }
   */
  readonly routeThrottles?: Readonly<Record<string, Throttle>> | undefined;
  /**
   * Whether to set the role that API Gateway writes access logs with. It is a setting of the whole account and region,
   * and no WebSocket stage with an access log can be deployed without it. Use false if another stack sets it
   * (docs/adr/0003-access-log-role.md).
   * @default true
   * @example false
   */
  readonly accessLogRole?: boolean | undefined;
  /**
   * Whether to serve the web page, by CloudFront. Its origin may connect, in addition to `allowedOrigins`. Its URL is
   * `webPage.url`, which becomes a callback URL of the created user pool.
   * @default false
   * @throws {InvalidOptionsError} with an `issuer`, if `webPageClientId` is missing or the issuer is a CDK token
   * @example true
   */
  readonly webPage?: boolean | undefined;
  /**
   * The client id of the web page at `issuer`: a public client for the code flow with PKCE.
   * @default - a client of the created user pool
   * @throws {InvalidOptionsError} without `webPage` or without an `issuer`
   * @example 'chat-web'
   */
  readonly webPageClientId?: string | undefined;
  /**
   * Scopes that the web page requests from `issuer`. With most issuers, `offline_access` adds refresh tokens.
   * @default 'openid'
   * @throws {InvalidOptionsError} without `webPage` or without an `issuer`
   * @example 'openid offline_access'
   */
  readonly webPageScope?: string | undefined;
  /**
   * Web origins whose pages may embed the customer's widget in a frame and sign its user in, or exactly `['*']` for any.
   * The rest of the web page can't be embedded.
   * @default [] - only the web page's own origin
   * @throws {InvalidOptionsError} without `webPage`; not an http or https origin without a path, or `*` beside others
   * @example ['https://shop.example.com']
   */
  readonly widgetOrigins?: readonly string[] | undefined;
  /**
   * Records of every request, besides its line in an access log and faults: `reports`, Lambda's report of each run
   * with its duration, memory, and cold start ($0.33 a million runs); `traces`, X-Ray's traces of one run a second and 5 % of
   * the others, a rate that Lambda fixes ($0.25 a million runs); `routeMetrics`, CloudWatch metrics of
   * each route of both APIs ($0.30 a month each, some 170 in use).
   * @default [] - none
   * @throws {InvalidOptionsError} another word, or one twice
   * @example ['reports', 'traces']
   */
  readonly diagnostics?: readonly Diagnostic[] | undefined;
  /**
   * ARN of an SNS topic in the same region, notified when an alarm starts and ends (docs/operations.md, runbook).
   * @default - alarms show in CloudWatch only
   * @throws {InvalidOptionsError} not the ARN of an SNS topic
   * @example topic.topicArn
   */
  readonly alarmTopicArn?: string | undefined;
}

/**
 * Units per second that a table can serve at once.
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
 */
export interface WarmThroughput {
  /**
   * Read units: a strongly consistent read of up to 4 KB each.
   * @throws {InvalidOptionsError} not a whole number of at least 12,000, which every table has
   * @example 24_000
   */
  readonly readUnitsPerSecond: number;
  /**
   * Write units: a write of up to 1 KB each.
   * @throws {InvalidOptionsError} not a whole number of at least 4,000, which every table has
   * @example 8_000
   */
  readonly writeUnitsPerSecond: number;
}

/**
 * The most units per second that a table serves.
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html
 */
export interface MaxThroughput {
  /**
   * Read units: a strongly consistent read of up to 4 KB each.
   * @throws {InvalidOptionsError} not a positive whole number, or less than is kept warm
   * @example 4_000
   */
  readonly readUnitsPerSecond: number;
  /**
   * Write units: a write of up to 1 KB each.
   * @throws {InvalidOptionsError} not a positive whole number, or less than is kept warm
   * @example 2_000
   */
  readonly writeUnitsPerSecond: number;
}

/** A user's budget in credits, which are millionths of a dollar (IM-BUDGET). */
export interface UserBudget {
  /**
   * Credits that come back in a minute: the most that a user can spend for long.
   * @throws {InvalidOptionsError} not a whole number from 1 to 10,000,000
   * @example 600
   */
  readonly perMinute: number;
  /**
   * Credits that a user who has been quiet may spend at once.
   * @throws {InvalidOptionsError} not a whole number from 1 to 100,000,000
   * @example 3_000
   */
  readonly burst: number;
}

/** DynamoDB's class of the table with the history. */
export type MessageTableClass = (typeof MESSAGE_TABLE_CLASSES)[number];

export const MESSAGE_TABLE_CLASSES = ['standard', 'infrequent-access'] as const;

export const DIAGNOSTICS = ['reports', 'traces', 'routeMetrics'] as const;

/** A kind of record of every request; see `diagnostics`. */
export type Diagnostic = (typeof DIAGNOSTICS)[number];

/** The rule for a device that connects while it has a session (IM-CONN-4). */
export type DuplicateLogin = (typeof DUPLICATE_LOGINS)[number];

export const DUPLICATE_LOGINS = ['replace', 'reject'] as const;

/** Token bucket of an API Gateway stage. The account's own limits apply, too. */
export interface Throttle {
  /**
   * Average requests per second.
   * @throws {InvalidOptionsError} not a positive, finite number
   * @example 1_000
   */
  readonly rateLimit: number;
  /**
   * Maximum requests in a burst.
   * @throws {InvalidOptionsError} not a whole number of at least 1
   * @example 500
   */
  readonly burstLimit: number;
}

/** An existing token issuer. */
export interface ExternalIssuer {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** If `undefined`, its discovery document names the URL. */
  readonly jwksUri: string | undefined;
}

/** Options of the web page. */
export interface WebPageOptions {
  /** The page's client id at an existing issuer. */
  readonly clientId: string | undefined;
  readonly scope: string;
  readonly widgetOrigins: readonly string[];
}

/** Valid `ServerlessImProps`, with all defaults. */
export interface ServerlessImOptions {
  /** If `undefined`, creates a user pool. */
  readonly externalIssuer: ExternalIssuer | undefined;
  readonly userIdClaim: string;
  readonly rolesClaim: string;
  readonly desk: boolean;
  readonly deskQueues: readonly string[];
  readonly deskAgentGraceSeconds: number;
  readonly allowedOrigins: readonly string[];
  readonly retain: boolean;
  readonly messageTableClass: MessageTableClass;
  /** If `undefined`, DynamoDB's own. */
  readonly warmThroughput: WarmThroughput | undefined;
  /** If `undefined`, DynamoDB's quota. */
  readonly maxThroughput: MaxThroughput | undefined;
  /** 0: forever. */
  readonly historyTtlSeconds: number;
  /** 0: never. */
  readonly editWindowMs: number;
  readonly inboxTtlSeconds: number;
  readonly leaseSeconds: number;
  /** 0: off. */
  readonly idleTimeoutMs: number;
  readonly duplicateLogin: DuplicateLogin;
  readonly maxDevices: number;
  readonly userBudget: UserBudget | 'none';
  readonly strangersPerDay: number | 'none';
  readonly unlimitedRoles: readonly string[];
  /** If `undefined`, limited only by Lambda. */
  readonly offlineConcurrency: number | undefined;
  /** If `undefined`, limited only by the account. */
  readonly pollConcurrency: number | undefined;
  readonly webSocketThrottle: Throttle;
  readonly httpThrottle: Throttle;
  /** By route key or action. */
  readonly routeThrottles: Readonly<Record<string, Throttle>>;
  readonly accessLogRole: boolean;
  /** `undefined` in a deployment without a web page. */
  readonly webPage: WebPageOptions | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** If `undefined`, alarms notify nobody. */
  readonly alarmTopicArn: string | undefined;
}

/** The options are invalid. The message lists all faults in one line. */
export class InvalidOptionsError extends Error {
  override readonly name = 'InvalidOptionsError';
  /** One text per fault, for example `lease must be at least 60 seconds`. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`serverless-im: ${faults.join('; ')}`);
    this.faults = faults;
  }
}

const MIN_LEASE_SECONDS = 60;
const MIN_IDLE_TIMEOUT_MS = 10_000;
const MIN_INBOX_TTL_SECONDS = 60;
const MAX_DESK_QUEUES = 20;
const MIN_HISTORY_SECONDS = 24 * 60 * 60;
/** The throughput of every new table; DynamoDB refuses less. */
const COLD: WarmThroughput = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 };

/** Fills in the defaults. @throws {InvalidOptionsError} listing every fault */
export function fillOptions(props: ServerlessImProps): ServerlessImOptions {
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
  };
  const faults = [...issuerFaults(props), ...webPageFaults(props), ...optionFaults(props, options)];
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

function webPageFaults({
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

function audienceList(audience: ServerlessImProps['audience']): readonly string[] {
  return typeof audience === 'string' ? [audience] : (audience ?? []);
}

function issuerFaults(props: ServerlessImProps): string[] {
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

function optionFaults(props: ServerlessImProps, options: ServerlessImOptions): string[] {
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
  faults.push(...budgetFaults(options));
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

function throttleFaults({
  webSocketThrottle,
  httpThrottle,
  routeThrottles,
  desk,
}: ServerlessImOptions): string[] {
  const unknown = Object.keys(routeThrottles).filter((name) => !isRoute(name, desk));
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

function isRoute(name: string, desk: boolean): boolean {
  if (Object.hasOwn(ACTIONS, name)) return desk || !('part' in ACTIONS[name as keyof typeof ACTIONS]);
  const routes: readonly string[] = [...HTTP_ROUTES, POLL_ROUTE, ...(desk ? DESK_HTTP_ROUTES : [])];
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
