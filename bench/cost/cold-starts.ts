import { type Events, monthlyEvents } from './monthly.ts';
import type { Workload } from './workload.ts';

const MONTH_SECONDS = 30 * 24 * 3600;
/** AWS documents no time. Others measured 10 minutes: https://mikhail.io/2019/08/aws-lambda-cold-starts-after-10-minutes/ */
export const KEPT_SECONDS = 8 * 60;
/** Of a warm run. Only matters where runs overlap, and there by its order of magnitude. */
const RUN_SECONDS = 0.05;
/** A smaller share of the requests is left out. */
const NEGLIGIBLE = 1e-9;

/**
 * The share of requests to one function that meet a cold start, if they arrive at random (Poisson).
 *
 * Instances are ranked, and the first that is idle takes a request: so the nth gets what finds n - 1 busy, by Erlang's
 * loss formula B(n - 1). It is gone if the last request of its rank is longer ago than Lambda keeps an idle instance.
 * Requests of a rank are taken to be Poisson again, although what overflows comes in bursts: against a simulation that is off
 * by a tenth at one request a second, and by half at twenty, where one in ten thousand is cold. For rare requests all this is
 * exp(-rate * kept).
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

/** A request that a client waits for, and which of the eight functions runs it. Among the 36 each has its own. */
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
/** No client waits for it, but it uses instances and keeps them warm. */
const DISCONNECT = { function: 'socket', perMonth: ({ sessions }: Events) => sessions };

export interface ColdShares {
  /** Connects that wait for a cold start of the authorizer, of `$connect`, or of both. */
  readonly connect: number;
  readonly frame: number;
  readonly http: number;
}

/**
 * @param deployed `few`: the eight functions; `many`: one for each route
 * @param absentMembers of a message into a group
 * @param factor of the average rate
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
