import { draw } from '../../local/aws-proxy/random.ts';
import { Agenda, TokenBucket } from './agenda.ts';
import { LambdaModel, type RunTime } from './lambda-model.ts';

export type StormRoute = 'authorize' | '$connect' | '$disconnect' | 'hello' | 'session' | 'conversations';

/** The function that serves each route. */
export type Layout = Readonly<Record<StormRoute, string>>;

export interface Quotas {
  /** API Gateway's quota of new connections per second. */
  readonly connections: number;
  /** The stack's own throttles, per second; the burst is half of each. */
  readonly socketRequests: number;
  readonly httpRequests: number;
  /** Concurrent executions in the account. */
  readonly concurrency: number;
}

export interface Storm {
  readonly users: number;
  readonly layout: Layout;
  readonly times: Readonly<Record<StormRoute, RunTime>>;
  readonly quotas: Quotas;
  /** Time within which all lost sockets get their `$disconnect`. @default - they get none */
  readonly disconnectSeconds?: number;
  /** A client calls `GET /session` after the first of so many refused upgrades in a row. @default - as the SDK does */
  readonly refusalsPerQuestion?: number;
}

export interface StormResult {
  /** Time until 99 % are back: connected, greeted, and with their list of conversations. */
  readonly seconds: number;
  readonly refusedUpgrades: number;
  /** Invocations that Lambda refused. Clients repeat a connect, frame, or request; a `$disconnect` is not repeated. */
  readonly refusedRuns: number;
  readonly coldStarts: number;
  readonly peakRuns: number;
  /** Cold starts of the function that serves `$connect`. */
  readonly peakConnectRuns: number;
}

/** The SDK's backoff (client/src/transport/retry-policy.ts). */
const BACKOFF = { baseMs: 500, capMs: 20_000 };
const ROUND_TRIP_MS = 50;
/** The SDK's (client/src/transport/session-opener.ts). */
const REFUSALS_PER_QUESTION = 8;
/** A storm that lasts longer never ends. */
const MOST_MS = 3_600_000;

/** All clients lose their sockets at once and reconnect as the SDK does; no instance is warm. */
export function simulateStorm(storm: Storm): StormResult {
  const agenda = new Agenda(MOST_MS);
  const clients = new Clients(storm, agenda);
  clients.start();
  agenda.run(() => clients.back === storm.users);
  return clients.result;
}

class Clients {
  readonly #storm: Storm;
  readonly #agenda: Agenda;
  readonly #lambda: LambdaModel;
  readonly #connections: TokenBucket;
  readonly #socketStage: TokenBucket;
  readonly #httpStage: TokenBucket;
  #draws = 0;
  #refusedUpgrades = 0;
  #refusedRuns = 0;
  #seconds = Number.POSITIVE_INFINITY;
  back = 0;

  constructor(storm: Storm, agenda: Agenda) {
    const { connections, socketRequests, httpRequests, concurrency } = storm.quotas;
    this.#storm = storm;
    this.#agenda = agenda;
    this.#lambda = new LambdaModel(agenda, concurrency);
    this.#connections = new TokenBucket(agenda, connections, connections);
    this.#socketStage = new TokenBucket(agenda, socketRequests, socketRequests / 2);
    this.#httpStage = new TokenBucket(agenda, httpRequests, httpRequests / 2);
  }

  start(): void {
    const { users, disconnectSeconds } = this.#storm;
    for (let n = 0; n < users; n += 1) {
      this.#later(0, () => this.#connect(0));
      if (disconnectSeconds === undefined) continue;
      const afterMs = this.#random() * disconnectSeconds * 1000;
      this.#agenda.after(afterMs, () => this.#invoke('$disconnect', () => undefined));
    }
  }

  get result(): StormResult {
    const { coldStarts, peakRuns } = this.#lambda;
    const peakConnectRuns = this.#lambda.peakRunsOf(this.#storm.layout.$connect);
    const [refusedUpgrades, refusedRuns] = [this.#refusedUpgrades, this.#refusedRuns];
    return { seconds: this.#seconds, refusedUpgrades, refusedRuns, coldStarts, peakRuns, peakConnectRuns };
  }

  #connect(attempt: number): void {
    const then = (isOk: boolean, next: () => void) => (isOk ? next() : this.#explain(attempt));
    then(this.#connections.take() && this.#socketStage.take(), () =>
      this.#invoke('authorize', (isAuthorized) =>
        then(isAuthorized, () =>
          this.#invoke('$connect', (isOpen) => then(isOpen, () => this.#soon(() => this.#hello(0)))),
        ),
      ),
    );
  }

  /** A WebSocket client can't see the status of a refused upgrade, so the SDK asks for the reason (client/src/transport/session-opener.ts). */
  #explain(attempt: number): void {
    this.#refusedUpgrades += 1;
    const { refusalsPerQuestion = REFUSALS_PER_QUESTION } = this.#storm;
    const again = () => this.#later(attempt + 1, () => this.#connect(attempt + 1));
    if (attempt % refusalsPerQuestion === 0) this.#request('session', this.#httpStage, again);
    else again();
  }

  #hello(attempt: number): void {
    this.#request('hello', this.#socketStage, (isGreeted) =>
      isGreeted ? this.#soon(() => this.#list(0)) : this.#later(attempt, () => this.#hello(attempt + 1)),
    );
  }

  #list(attempt: number): void {
    this.#request('conversations', this.#httpStage, (isListed) =>
      isListed ? this.#isBack() : this.#later(attempt, () => this.#list(attempt + 1)),
    );
  }

  #isBack(): void {
    this.back += 1;
    if (this.back >= this.#storm.users * 0.99)
      this.#seconds = Math.min(this.#seconds, this.#agenda.nowMs / 1000);
  }

  #request(route: StormRoute, stage: TokenBucket, done: (hasRun: boolean) => void): void {
    if (stage.take()) this.#invoke(route, done);
    else done(false);
  }

  #invoke(route: StormRoute, done: (hasRun: boolean) => void): void {
    const { layout, times } = this.#storm;
    this.#lambda.invoke(layout[route], times[route], (hasRun) => {
      if (!hasRun) this.#refusedRuns += 1;
      done(hasRun);
    });
  }

  #soon(run: () => void): void {
    this.#agenda.after(ROUND_TRIP_MS, run);
  }

  /** Full jitter. */
  #later(attempt: number, run: () => void): void {
    this.#agenda.after(this.#random() * Math.min(BACKOFF.capMs, BACKOFF.baseMs * 2 ** attempt), run);
  }

  #random(): number {
    this.#draws += 1;
    return draw(1, 'storm', this.#draws);
  }
}
