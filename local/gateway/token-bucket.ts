/**
 * API Gateway's throttle: each request takes a token, `perSecond` come back, and at most `burst` are kept.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  isEmpty(nowMs: number): boolean {
    const passedMs = nowMs - (this.#filledAtMs ?? nowMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#perSecond) / 1000);
    this.#filledAtMs = nowMs;
    return this.#tokens < 1;
  }

  /** Only from a bucket that isn't empty. */
  take(): void {
    this.#tokens -= 1;
  }
}

/** Takes a token of each bucket, or of none. False if the request must be refused. */
export function takeFromAll(buckets: readonly TokenBucket[], nowMs: number): boolean {
  if (buckets.some((bucket) => bucket.isEmpty(nowMs))) return false;
  for (const bucket of buckets) bucket.take();
  return true;
}
