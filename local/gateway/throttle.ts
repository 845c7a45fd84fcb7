import type { HttpApiModel, ThrottleModel } from '../model.ts';
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
 * The throttles of one stage and its routes, from the template, and of the account. AWS applies them "on a best-effort basis", as
 * targets; here they are exact, so a test can meet them.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 */
export class StageThrottle {
  readonly #stage: readonly TokenBucket[];
  /** Of routes with a throttle of their own, which applies in place of the stage's. */
  readonly #routes: ReadonlyMap<string, TokenBucket>;
  readonly #account: AccountThrottle;

  /** @param model only the account's throttle applies to what it leaves out */
  constructor({ throttle, routeThrottles = {} }: StageThrottles, account: AccountThrottle) {
    this.#stage = throttle === undefined ? [] : [bucketOf(throttle)];
    this.#routes = new Map(
      Object.entries(routeThrottles).map(([routeKey, model]) => [routeKey, bucketOf(model)]),
    );
    this.#account = account;
  }

  /** False for a request that gets 429. It costs no token. @param routeKey `undefined` if no route fits */
  admitsRequest(routeKey: string | undefined): boolean {
    return takeFromAll([...this.#of(routeKey), this.#account.requests], this.#account.nowMs);
  }

  admitsConnection(): boolean {
    const { requests, newConnections, nowMs } = this.#account;
    return takeFromAll([...this.#of('$connect'), requests, newConnections], nowMs);
  }

  #of(routeKey = ''): readonly TokenBucket[] {
    const own = this.#routes.get(routeKey);
    return own === undefined ? this.#stage : [own];
  }
}

type StageThrottles = Pick<HttpApiModel, 'throttle' | 'routeThrottles'>;

function bucketOf({ rateLimit, burstLimit }: ThrottleModel): TokenBucket {
  return new TokenBucket(rateLimit, burstLimit);
}
