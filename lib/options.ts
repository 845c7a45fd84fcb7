import { Duration, Token } from 'aws-cdk-lib';

/** What an app may choose about its `ServerlessIm`. Everything has a default. */
export interface ServerlessImProps {
  /**
   * Issuer (`iss`) of the tokens that users connect with: any OpenID Connect provider that signs with RS256 and
   * serves `<issuer>/.well-known/openid-configuration`. Needs `audience`.
   * @default - the construct makes a Cognito user pool and accepts its access tokens
   */
  readonly issuer?: string | undefined;
  /** Accepted audiences: a token's `aud`, else its `client_id`. @default - the client of the made pool */
  readonly audience?: string | readonly string[] | undefined;
  /**
   * Where the WebSocket authorizer finds the issuer's keys. The HTTP API finds them by the issuer's discovery document.
   * @default `<issuer>/.well-known/jwks.json`
   */
  readonly jwksUri?: string | undefined;
  /** The claim that holds the user id (IM, section 1 of docs/protocol.md). @default 'sub' */
  readonly userIdClaim?: string | undefined;
  /**
   * The claim that holds the roles `agent` and `supervisor` of the desk: a list, or words separated by spaces (IM-ROLE).
   * @default 'cognito:groups'
   */
  readonly rolesClaim?: string | undefined;
  /**
   * Whether there is a customer-service desk (IM-DESK). Without it: no table, no queue, no functions of its own.
   * @default true
   */
  readonly desk?: boolean | undefined;
  /** Names of the desk's queues; the first is the one of who names none. @default ['default'] */
  readonly deskQueues?: readonly string[] | undefined;
  /**
   * How long an agent may be without a session before the chats go back to their queues, at least a second (IM-DESK-7).
   * @default Duration.minutes(2)
   */
  readonly deskAgentGrace?: Duration | undefined;
  /**
   * Web origins that may connect (`https://chat.example.com`), or exactly `['*']` for any. Native clients send no
   * origin and are not concerned.
   * @default [] - no browser may connect
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Whether tables and the made user pool outlive the stack. @default true */
  readonly retain?: boolean | undefined;
  /** How long messages are kept, at least 24 hours (IM-SEND-2). @default - for ever */
  readonly historyRetention?: Duration | undefined;
  /** How long an inbox waits for its user, at least a minute (IM-PUSH-2). @default Duration.days(7) */
  readonly inboxTtl?: Duration | undefined;
  /** How long a silent session counts as present, at least a minute (IM-BEAT). @default Duration.minutes(30) */
  readonly lease?: Duration | undefined;
  /**
   * A session heard of less recently is not trusted: messages go to it and to the inbox, and its connection is deleted
   * at the next delivery; clients are told to beat at 0.4 of it (IM-IDLE). 10,000 to the lease; 0: off.
   * @default 0
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * What becomes of a device's session when the same device connects again: it is ended, or, if its socket is open, the
   * new one is refused with 409 (IM-CONN-4).
   * @default 'replace'
   */
  readonly duplicateLogin?: DuplicateLogin | undefined;
  /** How many batches of the offline queue are worked on at once, 2 to 1,000. @default 50 */
  readonly offlineConcurrency?: number | undefined;
  /**
   * How many clients may poll at once; more get 503. Each that waits takes one of the account's concurrent executions
   * (IM-POLL); the number is reserved out of them. 0: nobody may poll.
   * @default - as many as the account has
   */
  readonly pollConcurrency?: number | undefined;
  /** Ceiling for client frames and connects on the WebSocket stage. @default 2,000 a second, bursts of 1,000 */
  readonly webSocketThrottle?: Throttle | undefined;
  /** Ceiling for requests to the HTTP API. @default 500 a second, bursts of 250 */
  readonly httpThrottle?: Throttle | undefined;
  /**
   * Whether to give API Gateway the role by which it writes access logs. It is a setting of the whole account and
   * region, without which no WebSocket stage with an access log can be deployed; say false where another stack makes it
   * (docs/adr/0003-access-log-role.md).
   * @default true
   */
  readonly accessLogRole?: boolean | undefined;
  /**
   * Whether to serve the chat's web page, by CloudFront. Its origin may connect, beside `allowedOrigins`; its URL is
   * `webPage.url`, and goes as callback URL to the made pool. @default false
   */
  readonly webPage?: boolean | undefined;
  /** The issuer's public client for the page: code flow with PKCE. Needed by `webPage` with an `issuer`. */
  readonly webPageClientId?: string | undefined;
  /** What the page asks such an issuer for; `offline_access` brings refresh tokens from most. @default 'openid' */
  readonly webPageScope?: string | undefined;
  /**
   * SNS topic of the same region that is told of every alarm, and of its end (docs/operations.md, runbook).
   * @default - alarms show in CloudWatch only
   */
  readonly alarmTopicArn?: string | undefined;
}

export type DuplicateLogin = 'replace' | 'reject';

/** Token bucket of an API Gateway stage; the account's own limits stand above it. */
export interface Throttle {
  /** Requests a second in the long run. */
  readonly rateLimit: number;
  /** Requests at one moment. */
  readonly burstLimit: number;
}

/** A token issuer that exists already. */
export interface ExternalIssuer {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly jwksUri: string;
}

/** The web page that is to be served. */
export interface WebPageOptions {
  /** At an issuer that exists already. */
  readonly clientId: string | undefined;
  readonly scope: string;
}

/** `ServerlessImProps` with every default filled in and every fault refused. */
export interface ServerlessImOptions {
  /** `undefined`: make a user pool. */
  readonly externalIssuer: ExternalIssuer | undefined;
  readonly userIdClaim: string;
  readonly rolesClaim: string;
  readonly desk: boolean;
  readonly deskQueues: readonly string[];
  readonly deskAgentGraceSeconds: number;
  readonly allowedOrigins: readonly string[];
  readonly retain: boolean;
  /** 0: for ever. */
  readonly historyTtlSeconds: number;
  readonly inboxTtlSeconds: number;
  readonly leaseSeconds: number;
  /** 0: off. */
  readonly idleTimeoutMs: number;
  readonly duplicateLogin: DuplicateLogin;
  readonly offlineConcurrency: number;
  /** `undefined`: no ceiling of its own. */
  readonly pollConcurrency: number | undefined;
  readonly webSocketThrottle: Throttle;
  readonly httpThrottle: Throttle;
  readonly accessLogRole: boolean;
  /** `undefined`: none. */
  readonly webPage: WebPageOptions | undefined;
  /** `undefined`: nobody is told. */
  readonly alarmTopicArn: string | undefined;
}

/** Says in one line what is wrong with the options, all faults together. */
export class InvalidOptionsError extends Error {
  override readonly name = 'InvalidOptionsError';
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

/** Fills the defaults. @throws InvalidOptionsError */
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
    historyTtlSeconds: props.historyRetention?.toSeconds() ?? 0,
    inboxTtlSeconds: (props.inboxTtl ?? Duration.days(7)).toSeconds(),
    leaseSeconds: (props.lease ?? Duration.minutes(30)).toSeconds(),
    idleTimeoutMs: props.idleTimeoutMs ?? 0,
    duplicateLogin: props.duplicateLogin ?? 'replace',
    offlineConcurrency: props.offlineConcurrency ?? 50,
    pollConcurrency: props.pollConcurrency,
    webSocketThrottle: props.webSocketThrottle ?? { rateLimit: 2_000, burstLimit: 1_000 },
    httpThrottle: props.httpThrottle ?? { rateLimit: 500, burstLimit: 250 },
    accessLogRole: props.accessLogRole ?? true,
    webPage: webPageOptions(props),
    alarmTopicArn: props.alarmTopicArn,
  };
  const faults = [...issuerFaults(props), ...webPageFaults(props), ...optionFaults(props, options)];
  if (faults.length > 0) throw new InvalidOptionsError(faults);
  return options;
}

function externalIssuer(props: ServerlessImProps): ExternalIssuer | undefined {
  const { issuer, jwksUri } = props;
  if (issuer === undefined) return undefined;
  return {
    issuer,
    audience: audienceList(props.audience),
    jwksUri: jwksUri ?? `${issuer.replace(/\/+$/, '')}/.well-known/jwks.json`,
  };
}

function webPageOptions(props: ServerlessImProps): WebPageOptions | undefined {
  if (props.webPage !== true) return undefined;
  return { clientId: props.webPageClientId, scope: props.webPageScope ?? 'openid' };
}

function webPageFaults({
  webPage = false,
  issuer,
  webPageClientId,
  webPageScope,
}: ServerlessImProps): string[] {
  // Its origin goes into the page's headers.
  if (webPage && Token.isUnresolved(issuer)) return ['webPage needs an issuer that is known at synthesis'];
  const isTold = webPageClientId !== undefined || webPageScope !== undefined;
  if (isTold && (!webPage || issuer === undefined))
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
  // Functions get the list as one variable, separated by commas.
  if (audience.some((entry) => entry === '' || entry.includes(','))) {
    faults.push('an audience must not be empty or contain a comma');
  }
  return faults;
}

/** Keys fetched in the clear could be anybody's. The loopback address is for the one-machine runtime. */
function isTrustworthyUrl(text: string): boolean {
  if (Token.isUnresolved(text)) return true;
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
  );
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
  if (!isIntegerWithin(options.offlineConcurrency, 2, 1_000)) {
    faults.push('offlineConcurrency must be a whole number from 2 to 1000');
  }
  if (options.pollConcurrency !== undefined && !isIntegerWithin(options.pollConcurrency, 0, 10_000)) {
    faults.push('pollConcurrency must be a whole number from 0 to 10000');
  }
  for (const name of ['webSocketThrottle', 'httpThrottle'] as const) {
    const { rateLimit, burstLimit } = options[name];
    if (!(rateLimit > 0 && isIntegerWithin(burstLimit, 1, Number.MAX_SAFE_INTEGER))) {
      faults.push(`${name} must have a positive rateLimit and a whole burstLimit of at least 1`);
    }
  }
  if (options.alarmTopicArn !== undefined && !isTopicArn(options.alarmTopicArn)) {
    faults.push(`alarmTopicArn must be the ARN of an SNS topic, not "${options.alarmTopicArn}"`);
  }
  return [...faults, ...deskFaults(options), ...originFaults(options.allowedOrigins)];
}

function deskFaults({ deskQueues, deskAgentGraceSeconds }: ServerlessImOptions): string[] {
  const faults: string[] = [];
  if (deskAgentGraceSeconds < 1) faults.push('deskAgentGrace must be at least 1 second');
  if (deskQueues.length < 1 || deskQueues.length > MAX_DESK_QUEUES) {
    faults.push(`deskQueues must name 1 to ${MAX_DESK_QUEUES} queues`);
  }
  if (new Set(deskQueues).size < deskQueues.length) faults.push('deskQueues must not name a queue twice');
  // They are parts of keys, and one list in a variable.
  const odd = deskQueues.filter((queue) => !/^[A-Za-z0-9_-]{1,64}$/.test(queue));
  if (odd.length > 0) faults.push(`deskQueues must be 1 to 64 of A-Z a-z 0-9 _ -, not "${odd[0]}"`);
  return faults;
}

function isTopicArn(text: string): boolean {
  return Token.isUnresolved(text) || /^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+$/.test(text);
}

function isIntegerWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function originFaults(origins: readonly string[]): string[] {
  if (origins.includes('*') && origins.length > 1) return ["allowedOrigins: '*' must stand alone"];
  return origins
    .filter((origin) => origin !== '*' && !isWebOrigin(origin))
    .map((origin) => `allowedOrigins must hold origins like https://chat.example.com, not "${origin}"`);
}

/** As browsers send it. API Gateway's CORS documents no schemes but these two; `*` there is no part of a name. */
function isWebOrigin(text: string): boolean {
  if (Token.isUnresolved(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && origin === text && !text.includes('*');
}
