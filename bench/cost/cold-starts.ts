import { type Events, monthlyEvents } from './monthly.ts';
import type { Workload } from './workload.ts';

const MONTH_SECONDS = 30 * 24 * 3600;
/** How long Lambda keeps an idle instance. AWS documents no time; others measured 10 minutes: https://mikhail.io/2019/08/aws-lambda-cold-starts-after-10-minutes/ */
export const KEPT_SECONDS = 8 * 60;
/** Duration of a warm invocation. Matters only if invocations overlap, and then only its order of magnitude. */
const RUN_SECONDS = 0.05;
/** Smaller shares of the requests are ignored. */
const NEGLIGIBLE = 1e-9;

/**
 * The share of requests to one function that meet a cold start, if arrivals are random (Poisson).
 *
 * Instances are ranked, and the first idle one takes a request. So the nth gets the requests that find n - 1 busy, by Erlang's
 * loss formula B(n - 1). It is cold if its previous request is longer ago than Lambda keeps an idle instance. Arrivals at each
 * rank are assumed to be Poisson too, although overflow comes in bursts: compared with a simulation, the result is off by a
 * tenth at one request per second, and by half at twenty, where one in ten thousand is cold. For rare requests the formula
 * reduces to exp(-rate * kept).
 */
export function coldShare(perSecond: number, runSeconds = RUN_SECONDS, keptSeconds = KEPT_SECONDS): number {
  const offered = perSecond * runSeconds;
  let share = 0;
  let overflow = 1;
  for (let rank = 1; overflow > NEGLIGIBLE; rank += 1) {
    const next = (offered * overflow) / (rank + offered * overflow);
    share += (overflow - next) * Math.exp(-perSecond * overflow * keptSeconds);
    overflow = next;
  }
  return share;
}

type Kind = 'connect' | 'frame' | 'http';

/** A request that a client waits for, and which of the functions serves it. With 36 functions each has its own. */
interface Route {
  readonly name: string;
  readonly kind: Kind;
  readonly function: 'authorize' | 'socket' | 'http';
  readonly perMonth: (events: Events) => number;
}

const ROUTES: readonly Route[] = [
  { name: 'authorize', kind: 'connect', function: 'authorize', perMonth: ({ sessions }) => sessions },
  { name: '$connect', kind: 'connect', function: 'socket', perMonth: ({ sessions }) => sessions },
  { name: 'hello', kind: 'frame', function: 'socket', perMonth: ({ sessions }) => sessions },
  { name: 'sendMessage', kind: 'frame', function: 'socket', perMonth: ({ messages }) => messages },
  { name: 'ackInbox', kind: 'frame', function: 'socket', perMonth: ({ inboxPages }) => inboxPages },
  { name: 'heartbeat', kind: 'frame', function: 'socket', perMonth: ({ heartbeats }) => heartbeats },
  { name: 'GET /conversations', kind: 'http', function: 'http', perMonth: ({ listPages }) => listPages },
  { name: 'GET …/messages', kind: 'http', function: 'http', perMonth: ({ historyPages }) => historyPages },
];
/** Requests that no client waits for; they occupy instances and keep them warm. */
const DISCONNECT = { function: 'socket', perMonth: ({ sessions }: Events) => sessions };

export interface ColdShares {
  /** Share of connects that wait for a cold start of the authorizer, of `$connect`, or of both. */
  readonly connect: number;
  readonly frame: number;
  readonly http: number;
}

/**
 * @param deployed `few`: the functions; `many`: one per route
 * @param absentMembers members per group who are absent
 * @param factor multiple of the average rate
 */
export function coldShares(
  workload: Workload,
  deployed: 'few' | 'many',
  absentMembers: number,
  factor = 1,
): ColdShares {
  const events = monthlyEvents(workload, absentMembers);
  const rates = new Map<string, number>();
  const functionOf = (route: Route) => (deployed === 'few' ? route.function : route.name);
  const add = (name: string, perMonth: number) =>
    rates.set(name, (rates.get(name) ?? 0) + (perMonth * factor) / MONTH_SECONDS);
  for (const route of ROUTES) add(functionOf(route), route.perMonth(events));
  if (deployed === 'few') add(DISCONNECT.function, DISCONNECT.perMonth(events));
  const shareOf = (route: Route) => coldShare(rates.get(functionOf(route)) ?? 0);
  const mean = (kind: Kind) => {
    const routes = ROUTES.filter((route) => route.kind === kind);
    const all = routes.reduce((sum, route) => sum + route.perMonth(events), 0);
    return routes.reduce((sum, route) => sum + shareOf(route) * route.perMonth(events), 0) / all;
  };
  const warm = ROUTES.filter(({ kind }) => kind === 'connect').reduce(
    (all, one) => all * (1 - shareOf(one)),
    1,
  );
  return { connect: 1 - warm, frame: mean('frame'), http: mean('http') };
}
