import type { PriceFile } from '../cost/prices.ts';
import { billOf, totalOf } from '../cost/usage.ts';
import type { GrowthPoint } from '../latency/growth.ts';
import { short, table } from './table.ts';

export function growthTable(points: readonly GrowthPoint[], prices: PriceFile): string {
  return table(
    [
      'connected',
      'design',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'deliveries',
      'read units',
      'write units',
      'posts',
      'CPU ms',
      'dollars a million, but for Lambda',
    ],
    points.map(({ users, system, ms, tally, cpuMs }) => [
      users,
      system,
      short(ms.p50),
      short(ms.p95),
      short(ms.p99),
      ms.count,
      tally.readUnits,
      tally.writeUnits,
      tally.posts,
      short(cpuMs),
      short(requestDollars(tally, prices) * 1e6),
    ]),
  );
}

function requestDollars(tally: GrowthPoint['tally'], prices: PriceFile): number {
  const usage = {
    dynamodbReadUnit: tally.readUnits,
    dynamodbWriteUnit: tally.writeUnits,
    socketMessage: tally.socketMessages,
  };
  return totalOf(billOf(usage, prices));
}
