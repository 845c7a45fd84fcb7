import { plainDecimal, priceOf } from './prices.ts';

/** The logs that a query reads: groups of one class, since a query's source names one. Access logs have another than the functions'. */
export type QueriedLogs = 'webSocketAccess' | 'access' | 'answering' | 'functions';

/** A query of CloudWatch Logs Insights, shown as a table, or over time. */
export interface DashboardQuery {
  readonly title: string;
  readonly logs: QueriedLogs;
  readonly view: 'table' | 'line';
  readonly lines: readonly string[];
}

/**
 * What no metric has for free, from lines that are written anyway. The fields are those of lib/access-log.ts and of the log lines in
 * docs/operations.md.
 */
export const QUERIES = {
  /**
   * API Gateway has no gauge of connections. It closes one that is silent for ten minutes, so nearly each that is open has a line within
   * that time; a refused upgrade has one, too. docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
   */
  sessions: {
    title:
      'Connected sessions: sent something within ten minutes, and did not close (the last point still grows)',
    logs: 'webSocketAccess',
    view: 'line',
    lines: [
      'filter eventType != "CONNECT" or status = 200',
      'stats count_distinct(connectionId) as seen, sum(strcontains(eventType, "DISCONNECT")) as closed, seen - closed as connected by bin(10m)',
    ],
  },
  latency: {
    title: 'Latency by route, in milliseconds in the function',
    logs: 'access',
    view: 'table',
    lines: [
      'filter integrationLatency > 0 and routeKey != "POST /poll"',
      'stats count(*) as calls, pct(integrationLatency, 50) as p50, pct(integrationLatency, 95) as p95, max(integrationLatency) as longest by routeKey',
      'sort calls desc',
      'limit 50',
    ],
  },
  refusals: {
    title: 'Refusals by code: frames and HTTP requests that a function refused',
    logs: 'answering',
    view: 'table',
    lines: ['filter message = "refused"', 'stats sum(times) as refusals by code', 'sort refusals desc'],
  },
  gatewayErrors: {
    title: 'Refusals and errors by route and HTTP status (a refused frame has 200)',
    logs: 'access',
    view: 'table',
    lines: [
      'filter status >= 400',
      'stats count(*) as requests by routeKey, status, errorType',
      'sort requests desc',
      'limit 50',
    ],
  },
  budgets: {
    title: 'Budget refusals: users whose budget was used up',
    logs: 'answering',
    view: 'line',
    lines: ['filter message = "user over budget"', 'stats count_distinct(userHash) as users by bin(5m)'],
  },
  faults: {
    title: 'Faults in the logs of the functions',
    logs: 'functions',
    view: 'table',
    lines: [
      'filter service = "serverless-im" and level = "ERROR"',
      'stats count(*) as lines by message, error.name, error.cause.name',
      'sort lines desc',
      'limit 20',
    ],
  },
  /** Counted when a connection ends, two hours after it began at the latest. */
  connectionMinutes: {
    title: 'Dollars an hour for connection minutes, of connections that ended in that hour',
    logs: 'webSocketAccess',
    view: 'line',
    lines: [
      'filter eventType = "DISCONNECT"',
      `stats sum((requestTimeEpoch - connectedAt) / 60000) * ${plainDecimal(priceOf('connectionMinute'))} as dollars by bin(1h)`,
    ],
  },
} as const satisfies Readonly<Record<string, DashboardQuery>>;
