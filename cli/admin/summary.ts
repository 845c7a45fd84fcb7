import { countedUsage } from '../../bench/cost/operation-usage.ts';
import { type PriceFile, readPrices } from '../../bench/cost/prices.ts';
import { addUsage, billOf, dollarsBy, times, type Usage } from '../../bench/cost/usage.ts';
import { summarize } from '../../bench/measure/percentile.ts';
import { runName, tallyOf } from '../../bench/measure/tally.ts';
import type { Activity, NodeActivity } from '../../local/activity/activity.ts';
import type { Call, Invocation } from '../../local/aws-proxy/index.ts';

export interface RouteSummary {
  /** A route, or the function of a queue or a stream. */
  readonly route: string;
  readonly calls: number;
  readonly failed: number;
  /** Time in the function. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface QueueSummary {
  readonly queue: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly inFlight: number;
  readonly oldestSeconds?: number;
}

/** What goes on, as the CloudWatch dashboard shows it (docs/operations.md). */
export interface Summary {
  /** The span of time that the counts below cover. */
  readonly seconds: number;
  readonly messagesPerMinute: number;
  readonly connectedSessions: number;
  readonly routes: readonly RouteSummary[];
  readonly queues: readonly QueueSummary[];
  /** Runs that crashed or timed out, and ERROR lines. */
  readonly errors: { readonly failedRuns: number; readonly loggedFaults: number };
  readonly refusals: Readonly<Record<string, number>>;
  /** Users whose budget was used up. */
  readonly usersOverBudget: number;
  /** By service. */
  readonly dollarsPerHour: Readonly<Record<string, number>>;
}

/** The rates of several nodes add up, whatever span each of them covers. */
export function summaryOf(activity: Activity, prices: PriceFile = readPrices()): Summary {
  const { nodes, queues } = activity;
  const runs = nodes.flatMap(({ invocations }) => invocations);
  const lines = nodes.flatMap((node) => node.lines);
  const nameOf = (id: string) => activity.names[id] ?? id;
  const perHour = nodes.map((node) => times(usageOf(node, activity, prices), 3_600 / node.seconds));
  return {
    seconds: rounded(Math.max(0, ...nodes.map(({ seconds }) => seconds))),
    messagesPerMinute: rounded(
      nodes.reduce((sum, node) => sum + (storedMessages(node, nameOf) * 60) / node.seconds, 0),
    ),
    connectedSessions: nodes.reduce((sum, { connections }) => sum + connections, 0),
    routes: [...routesOf(runs, nameOf), ...visitsOf(nodes)],
    queues: queues.map((state) => ({ ...state, queue: nameOf(state.queue) })),
    errors: {
      failedRuns: runs.filter(isFailed).length,
      loggedFaults: lines.filter(({ level }) => level === 'ERROR').length,
    },
    refusals: refusalsIn(lines),
    usersOverBudget: new Set(lines.flatMap(({ userHash = [] }) => userHash)).size,
    dollarsPerHour: Object.fromEntries(dollarsBy(billOf(addUsage(...perHour), prices))),
  };
}

/** As the bench counts an operation, with the time that the functions took here. */
function usageOf(
  { invocations, visits = [], connections, seconds }: NodeActivity,
  { names, megabytes }: Activity,
  prices: PriceFile,
): Usage {
  const nameOf = (id: string) => names[id] ?? id;
  const gbSeconds = invocations.reduce(
    (sum, run) => sum + ((megabytes[nameOf(run.function)] ?? 0) / 1024) * (durationMs(run) / 1000),
    0,
  );
  const ours = {
    ...countedUsage(tallyOf(invocations, nameOf), prices),
    lambdaGbSecond: gbSeconds,
    connectionMinute: (connections * seconds) / 60,
  };
  return addUsage(ours, ...visits.map(usageOfVisit));
}

/** An upload or a download of a browser, by a form or a link. */
function usageOfVisit({ operation, bytesIn }: Call): Usage {
  const isUpload = operation === 'PostObject';
  return { [isUpload ? 's3PutRequest' : 's3GetRequest']: 1, transferGb: isUpload ? 0 : bytesIn / 1e9 };
}

/** As routes, below those of functions: S3's time is this machine's. */
function visitsOf(nodes: readonly NodeActivity[]): RouteSummary[] {
  const byOperation = Map.groupBy(
    nodes.flatMap(({ visits = [] }) => visits),
    ({ operation }) => operation,
  );
  return [...byOperation].map(([operation, calls]) => {
    const { p50, p95 } = summarize(calls.map(({ startMs, endMs = startMs }) => endMs - startMs));
    const failed = calls.filter(({ status = 500 }) => status >= 400).length;
    const route = `a browser: S3 ${operation}`;
    return { route, calls: calls.length, failed, p50Ms: rounded(p50), p95Ms: rounded(p95) };
  });
}

/** A put into the table of messages that succeeds: the commit. */
function storedMessages({ invocations }: NodeActivity, nameOf: (id: string) => string): number {
  const puts = invocations
    .flatMap(({ calls }) => calls)
    .filter(({ operation, tables }) => operation === 'PutItem' && tables.map(nameOf).includes('Messages'));
  return puts.filter(({ status }) => status === 200).length;
}

function routesOf(runs: readonly Invocation[], nameOf: (id: string) => string): RouteSummary[] {
  const byRoute = Map.groupBy(runs, (run) => runName(run, nameOf));
  const routes = [...byRoute].map(([route, some]) => {
    const { p50, p95 } = summarize(some.map(durationMs));
    return {
      route,
      calls: some.length,
      failed: some.filter(isFailed).length,
      p50Ms: rounded(p50),
      p95Ms: rounded(p95),
    };
  });
  return routes.sort((a, b) => b.calls - a.calls || (a.route < b.route ? -1 : 1));
}

/** The authorizer refuses a token by an error, as its access log shows it. */
function isFailed({ ok, trigger }: Invocation): boolean {
  return ok === false && trigger.kind !== 'authorizer';
}

function durationMs({ startMs, endMs = startMs }: Invocation): number {
  return endMs - startMs;
}

function refusalsIn(lines: NodeActivity['lines']): Record<string, number> {
  const refusals: Record<string, number> = {};
  for (const { message, code = '', times: count = 1 } of lines) {
    if (message === 'refused') refusals[code] = (refusals[code] ?? 0) + count;
  }
  return refusals;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
