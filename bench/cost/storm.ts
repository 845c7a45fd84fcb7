import { draw } from '../../local/aws-proxy/random.ts';
import { Agenda, TokenBucket } from './agenda.ts';
import { LambdaModel, type RunTime } from './lambda-model.ts';

export type StormRoute = 'authorize' | '$connect' | '$disconnect' | 'hello' | 'session' | 'conversations';

/** Which function runs a route. */
export type Layout = Readonly<Record<StormRoute, string>>;

export interface Quotas {
  /** New connections a second, of API Gateway. */
  readonly connections: number;
  /** The stack's own throttles, a second; half of each may come at once. */
  readonly socketRequests: number;
  readonly httpRequests: number;
  /** Runs at once in the account. */
  readonly concurrency: number;
}

export interface Storm {
  readonly users: number;
  readonly layout: Layout;
  readonly times: Readonly<Record<StormRoute, RunTime>>;
  readonly quotas: Quotas;
  /** Within which the `$disconnect` of all lost sockets comes. @default - none comes */
  readonly disconnectSeconds?: number;
  /** Whether a client asks `GET /session` after each refused upgrade, as the SDK does. @default true */
  readonly asksForReason?: boolean;
}

export interface StormResult {
  /** Until 99 % are back: connected, greeted, and with their list of conversations. */
  readonly seconds: number;
  readonly refusedUpgrades: number;
  /** Runs that Lambda refused: a connect, a frame, or a request that is repeated; a `$disconnect` is not. */
  readonly refusedRuns: number;
  readonly coldStarts: number;
  readonly peakRuns: number;
  /** Of the function that runs `$connect`. */
  readonly peakConnectRuns: number;
}

/** Of the SDK (client/src/transport/retry-policy.ts). */
const BACKOFF = { baseMs: 500, capMs: 20_000 };
const ROUND_TRIP_MS = 50;
/** A storm that has not ended by then never does. */
const MOST_MS = 3_600_000;

/** All clients lose their sockets at once and come back as the SDK does; no instance is warm. */
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
    const again = () => this.#later(attempt + 1, () => this.#connect(attempt + 1));
    if (this.#storm.asksForReason === false) again();
    else this.#request('session', this.#httpStage, again);
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
