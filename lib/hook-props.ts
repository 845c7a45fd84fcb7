import type { Duration } from 'aws-cdk-lib';
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
}

const DEFAULT_TIMEOUT_MS = 1_500;
const MIN_TIMEOUT_MS = 100;
/** The calls before and after it need the rest of the ten seconds. */
const MAX_TIMEOUT_MS = 5_000;

export function hookOptions({ beforeSend }: HookProps): HookOptions {
  return {
    beforeSend: beforeSend && {
      handler: beforeSend.handler,
      timeoutMs: beforeSend.timeout?.toMilliseconds() ?? DEFAULT_TIMEOUT_MS,
      onFailure: beforeSend.onFailure ?? 'reject',
      serviceEvents: beforeSend.serviceEvents ?? false,
    },
  };
}

export function hookFaults({ beforeSend }: HookOptions): string[] {
  if (beforeSend === undefined) return [];
  const { timeoutMs, onFailure } = beforeSend;
  const faults: string[] = [];
  if (!Number.isInteger(timeoutMs) || timeoutMs < MIN_TIMEOUT_MS || timeoutMs > MAX_TIMEOUT_MS)
    faults.push(`beforeSend.timeout must be ${MIN_TIMEOUT_MS} ms to ${MAX_TIMEOUT_MS / 1_000} seconds`);
  if (!ON_FAILURES.includes(onFailure))
    faults.push(`beforeSend.onFailure must be ${ON_FAILURES.join(' or ')}`);
  return faults;
}
