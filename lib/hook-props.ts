import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** Functions of the operator that the construct's functions ask, in line. */
export interface HookProps {
  /**
   * A function that looks at each message and each edit before it is stored, and accepts, rejects, or rewrites it
   * (IM-HOOK). With it, every message waits for the function, and live texts (IM-LIVE) are dropped.
   * @default - nothing looks at messages
   * @throws {InvalidOptionsError} see `BeforeSend`
   * @example { handler: moderation, onFailure: 'accept' }
   */
  readonly beforeSend?: BeforeSend | undefined;
  /**
   * A function that knows the profiles of the business's own users: it is asked for those that are missing or outdated, and
   * its answers are kept (IM-PROFILE-3). With it, users can't change their profiles.
   * @default - profiles are what users say of themselves
   * @throws {InvalidOptionsError} see `ProfileSource`
   * @example { handler: usersFunction, ttl: Duration.hours(6) }
   */
  readonly profileSource?: ProfileSource | undefined;
}

export interface ProfileSource {
  /** Gets up to 100 user ids, and returns profiles (docs/protocol.md, section 16). A version or an alias may be given, too. */
  readonly handler: IFunction;
  /**
   * How long a profile is kept, also that a user has none: this late, and ten minutes more in clients, a change is seen.
   * @default Duration.hours(1) - a change shows within the hour, and a user's profile costs at most 24 writes a day
   * @throws {InvalidOptionsError} not one minute to 30 days
   * @example Duration.days(1)
   */
  readonly ttl?: Duration | undefined;
  /**
   * How long a reader waits for it: then outdated profiles are shown, and missing ones left out.
   * @default Duration.seconds(1)
   * @throws {InvalidOptionsError} not 100 milliseconds to 5 seconds
   * @example Duration.millis(500)
   */
  readonly timeout?: Duration | undefined;
}

/** A valid `ProfileSource`, with all defaults. */
export interface ProfileSourceOptions {
  readonly handler: IFunction;
  readonly ttlSeconds: number;
  readonly timeoutMs: number;
}

export interface BeforeSend {
  /** Gets the message as JSON, and returns a verdict (docs/protocol.md, section 19). A version or an alias may be given, too. */
  readonly handler: IFunction;
  /**
   * How long a message waits for the verdict. The function that sends has ten seconds for everything.
   * @default Duration.millis(1500)
   * @throws {InvalidOptionsError} not 100 milliseconds to 5 seconds
   * @example Duration.millis(500)
   */
  readonly timeout?: Duration | undefined;
  /**
   * What happens to a message if the function fails, is throttled, is gone, takes too long, or returns something else: `reject`
   * refuses it with `unavailable`, and clients try again; `accept` stores it unseen.
   * @default 'reject' - nobody reads what the function has not seen, unless you say so
   * @throws {InvalidOptionsError} another word
   * @example 'accept'
   */
  readonly onFailure?: (typeof ON_FAILURES)[number] | undefined;
  /**
   * Whether it sees the messages of other services of the account, too (`grantSendMessages`).
   * @default false - they are yours
   * @example true
   */
  readonly serviceEvents?: boolean | undefined;
}

export const ON_FAILURES = ['accept', 'reject'] as const;

/** A valid `BeforeSend`, with all defaults. */
export interface BeforeSendOptions {
  readonly handler: IFunction;
  readonly timeoutMs: number;
  readonly onFailure: (typeof ON_FAILURES)[number];
  readonly serviceEvents: boolean;
}

/** Valid `HookProps`, with all defaults. */
export interface HookOptions {
  /** `undefined` in a deployment without a hook. */
  readonly beforeSend: BeforeSendOptions | undefined;
  /** `undefined` in a deployment without a source of profiles. */
  readonly profileSource: ProfileSourceOptions | undefined;
}

const DEFAULT_TIMEOUT_MS = 1_500;
const MIN_TIMEOUT_MS = 100;
/** The calls before and after it need the rest of the ten seconds. */
const MAX_TIMEOUT_MS = 5_000;

const DEFAULT_SOURCE_TIMEOUT_MS = 1_000;
const MIN_TTL_SECONDS = 60;
const MAX_TTL_SECONDS = 30 * 24 * 60 * 60;

export function hookOptions({ beforeSend, profileSource }: HookProps): HookOptions {
  return {
    beforeSend: beforeSend && {
      handler: beforeSend.handler,
      timeoutMs: beforeSend.timeout?.toMilliseconds() ?? DEFAULT_TIMEOUT_MS,
      onFailure: beforeSend.onFailure ?? 'reject',
      serviceEvents: beforeSend.serviceEvents ?? false,
    },
    profileSource: profileSource && {
      handler: profileSource.handler,
      ttlSeconds: (profileSource.ttl ?? Duration.hours(1)).toSeconds(),
      timeoutMs: profileSource.timeout?.toMilliseconds() ?? DEFAULT_SOURCE_TIMEOUT_MS,
    },
  };
}

export function hookFaults({ beforeSend, profileSource }: HookOptions): string[] {
  const faults = [
    ...timeoutFaults('beforeSend', beforeSend?.timeoutMs),
    ...timeoutFaults('profileSource', profileSource?.timeoutMs),
  ];
  if (beforeSend !== undefined && !ON_FAILURES.includes(beforeSend.onFailure))
    faults.push(`beforeSend.onFailure must be ${ON_FAILURES.join(' or ')}`);
  const { ttlSeconds = MIN_TTL_SECONDS } = profileSource ?? {};
  if (ttlSeconds < MIN_TTL_SECONDS || ttlSeconds > MAX_TTL_SECONDS)
    faults.push('profileSource.ttl must be one minute to 30 days');
  return faults;
}

function timeoutFaults(option: string, timeoutMs = MIN_TIMEOUT_MS): string[] {
  return Number.isInteger(timeoutMs) && timeoutMs >= MIN_TIMEOUT_MS && timeoutMs <= MAX_TIMEOUT_MS
    ? []
    : [`${option}.timeout must be ${MIN_TIMEOUT_MS} ms to ${MAX_TIMEOUT_MS / 1_000} seconds`];
}
