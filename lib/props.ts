import type { Duration } from 'aws-cdk-lib';
import type { AttachmentOptions, AttachmentProps } from './attachment-props.ts';
import type { DomainOptions, DomainProps } from './domain-props.ts';
import type { HookOptions, HookProps } from './hook-props.ts';
import type { NotificationOptions, NotificationProps } from './notification-props.ts';
import type { PlatformOptions, PlatformProps } from './platform-props.ts';
import type { SecurityOptions, SecurityProps } from './security-props.ts';

/**
 * Options of `ServerlessIm`. All are optional. The constructor checks them together and throws one `InvalidOptionsError`
 * that lists every fault; if there are props that it doesn't have, or that are no `Duration` and should be, only those. Durations
 * must be whole seconds: CDK throws an error for others.
 */
export interface ServerlessImProps
  extends PlatformProps,
    HookProps,
    AttachmentProps,
    NotificationProps,
    SecurityProps,
    DomainProps {
  /**
   * Issuer (`iss`) of the tokens that users connect with: any OpenID Connect provider that signs with RS256 and
   * serves `<issuer>/.well-known/openid-configuration`. Needs `audience`.
   * Without it, an update of a deployment that had one makes a new, empty pool, and refuses every token of your users.
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
  /**
   * Whether to make a CloudWatch dashboard: messages, latency, sessions, queues, errors, refusals, and dollars an hour. It costs
   * $3 a month, and $0.005 for each GB of logs that its queries read while somebody looks at it (docs/operations.md, Dashboard).
   * @default false
   * @example true
   */
  readonly dashboard?: boolean | undefined;
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
export interface ServerlessImOptions
  extends PlatformOptions,
    HookOptions,
    AttachmentOptions,
    NotificationOptions,
    SecurityOptions,
    DomainOptions {
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
  readonly dashboard: boolean;
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
