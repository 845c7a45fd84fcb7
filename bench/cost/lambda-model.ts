import { type Agenda, TokenBucket } from './agenda.ts';

/** Scaling rate per function, refilled continuously: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html */
const NEW_INSTANCES = { perSecond: 100, atOnce: 1_000 };
/** Requests per second for each unit of the account's concurrency: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html */
const REQUESTS_A_SECOND = 10;
/** Time until the caller gets a refusal. */
const REFUSAL_MS = 50;

export interface RunTime {
  readonly warmMs: number;
  /** From the request to the answer, on a cold start. */
  readonly coldMs: number;
}

interface Pool {
  idle: number;
  running: number;
  peak: number;
  readonly starts: TokenBucket;
}

/** An account's functions in simulated time. Starts without instances, and keeps each, since a storm lasts only minutes. */
export class LambdaModel {
  readonly #agenda: Agenda;
  readonly #concurrency: number;
  readonly #requests: TokenBucket;
  readonly #pools = new Map<string, Pool>();
  #running = 0;
  peakRuns = 0;
  coldStarts = 0;

  constructor(agenda: Agenda, concurrency: number) {
    this.#agenda = agenda;
    this.#concurrency = concurrency;
    const perSecond = concurrency * REQUESTS_A_SECOND;
    this.#requests = new TokenBucket(agenda, perSecond, perSecond);
  }

  /** @param done gets false if Lambda refused the invocation */
  invoke(name: string, time: RunTime, done: (hasRun: boolean) => void): void {
    const pool = this.#pool(name);
    const isCold = pool.idle === 0;
    const isRefused =
      this.#running >= this.#concurrency || !this.#requests.take() || (isCold && !pool.starts.take());
    if (isRefused) {
      this.#agenda.after(REFUSAL_MS, () => done(false));
      return;
    }
    if (isCold) this.coldStarts += 1;
    else pool.idle -= 1;
    this.#count(pool, 1);
    this.#agenda.after(isCold ? time.coldMs : time.warmMs, () => {
      this.#count(pool, -1);
      pool.idle += 1;
      done(true);
    });
  }

  peakRunsOf(name: string): number {
    return this.#pool(name).peak;
  }

  #count(pool: Pool, change: 1 | -1): void {
    this.#running += change;
    pool.running += change;
    pool.peak = Math.max(pool.peak, pool.running);
    this.peakRuns = Math.max(this.peakRuns, this.#running);
  }

  #pool(name: string): Pool {
    const known = this.#pools.get(name);
    if (known) return known;
    const starts = new TokenBucket(this.#agenda, NEW_INSTANCES.perSecond, NEW_INSTANCES.atOnce);
    const pool = { idle: 0, running: 0, peak: 0, starts };
    this.#pools.set(name, pool);
    return pool;
  }
}
