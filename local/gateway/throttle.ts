import type { ThrottleModel } from '../model.ts';
import type { Clock } from './clock.ts';
import type { GatewayLimits } from './limits.ts';
import { TokenBucket, takeFromAll } from './token-bucket.ts';

/** The quotas that all APIs of an account share. */
export class AccountThrottle {
  readonly requests: TokenBucket;
  readonly newConnections: TokenBucket;
  readonly #callbacks: TokenBucket;
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(limits: GatewayLimits, clock: Clock) {
    this.#clock = clock;
    this.requests = new TokenBucket(limits.accountRequestsPerSecond, limits.accountBurst);
    this.#callbacks = new TokenBucket(limits.callbacksPerSecond, limits.callbackBurst);
    // The quota names no burst.
    this.newConnections = new TokenBucket(limits.newConnectionsPerSecond, limits.newConnectionsPerSecond);
  }

  /** Lets time pass for these quotas. */
  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }

  get nowMs(): number {
    return this.#clock.now() + this.#aheadMs;
  }

  /** False for a call to `@connections` that gets 429. */
  admitsCallback(): boolean {
    return takeFromAll([this.#callbacks, this.requests], this.nowMs);
  }
}

/**
 * The throttles of one stage, from the template, and of the account. AWS applies them "on a best-effort basis", as
 * targets; here they are exact, so a test can meet them.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 */
export class StageThrottle {
  readonly #request: readonly TokenBucket[];
  readonly #connection: readonly TokenBucket[];
  readonly #account: AccountThrottle;

  /** @param model the stage's own throttle; only the account's applies without it */
  constructor(model: ThrottleModel | undefined, account: AccountThrottle) {
    const stage = model === undefined ? [] : [new TokenBucket(model.rateLimit, model.burstLimit)];
    this.#request = [...stage, account.requests];
    this.#connection = [...this.#request, account.newConnections];
    this.#account = account;
  }

  /** False for a request that gets 429. It costs no token. */
  admitsRequest(): boolean {
    return takeFromAll(this.#request, this.#account.nowMs);
  }

  admitsConnection(): boolean {
    return takeFromAll(this.#connection, this.#account.nowMs);
  }
}
