import type { Cause } from './monthly.ts';
import { addUsage, times } from './usage.ts';

const MONTH_SECONDS = 30 * 24 * 3600;

export interface Quota {
  readonly name: string;
  readonly limit: number;
  readonly unit: string;
  readonly source: string;
}

/** Default quotas per account and region; all of them can be raised, up to a point. */
export const QUOTAS = {
  gatewayRequests: {
    name: 'API Gateway requests, @connections included',
    limit: 10_000,
    unit: '/s',
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
  },
  ownFrames: {
    name: 'frames and connects: the stack\u2019s own throttle',
    limit: 2_000,
    unit: '/s',
    source: 'lib/options.ts, webSocketThrottle',
  },
  ownHttp: {
    name: 'HTTP requests: the stack\u2019s own throttle',
    limit: 500,
    unit: '/s',
    source: 'lib/options.ts, httpThrottle',
  },
  newConnections: {
    name: 'new WebSocket connections',
    limit: 500,
    unit: '/s',
    source:
      'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html',
  },
  concurrency: {
    name: 'Lambda runs at once',
    limit: 1_000,
    unit: '',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  },
  writes: {
    name: 'DynamoDB write units, all tables (each has this)',
    limit: 40_000,
    unit: '/s',
    source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
  reads: {
    name: 'DynamoDB read units, all tables (each has this)',
    limit: 40_000,
    unit: '/s',
    source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html',
  },
} as const satisfies Record<string, Quota>;

export interface QuotaUse {
  readonly quota: Quota;
  /** Usage in the busiest second. */
  readonly peak: number;
  /** Share of the quota; 1 means that it is reached. */
  readonly share: number;
}

export interface QuotaInput {
  readonly causes: readonly Cause[];
  readonly connectsPerMonth: number;
  readonly peak: number;
  /** Mean memory of an invocation in GB, to convert GB-seconds to concurrent invocations. */
  readonly runGb: number;
}

/** Sorted by share, the largest first. */
export function quotaUses({ causes, connectsPerMonth, peak, runGb }: QuotaInput): readonly QuotaUse[] {
  const month = addUsage(...causes.map(({ perMonth, each }) => times(each, perMonth)));
  const perSecond = (amount = 0) => (amount * peak) / MONTH_SECONDS;
  const requests = causes.reduce((sum, one) => sum + one.perMonth * one.requests, 0);
  const posts = causes.reduce((sum, one) => sum + one.perMonth * postsIn(one), 0);
  const http = month.httpRequest ?? 0;
  const uses: readonly (readonly [Quota, number])[] = [
    [QUOTAS.gatewayRequests, perSecond(requests)],
    [QUOTAS.ownFrames, perSecond(requests - posts - http)],
    [QUOTAS.ownHttp, perSecond(http)],
    [QUOTAS.newConnections, perSecond(connectsPerMonth)],
    [QUOTAS.concurrency, perSecond(month.lambdaGbSecond) / runGb],
    [QUOTAS.writes, perSecond(month.dynamodbWriteUnit)],
    [QUOTAS.reads, perSecond(month.dynamodbReadUnit)],
  ];
  return uses
    .map(([quota, amount]) => ({ quota, peak: amount, share: amount / quota.limit }))
    .toSorted((a, b) => b.share - a.share);
}

/** Derives the posts from the billed messages: each frame has a reply, and a connect or disconnect has no messages. */
function postsIn({ each: { socketMessage = 0, httpRequest = 0 }, requests }: Cause): number {
  if (socketMessage === 0) return 0;
  const framesAndPosts = requests - httpRequest;
  return Math.max(0, Math.min(framesAndPosts, 2 * framesAndPosts - socketMessage));
}
