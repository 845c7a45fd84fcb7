import type { PriceFile } from '../cost/prices.ts';
import { billOf, totalOf } from '../cost/usage.ts';
import type { MemoryTime } from '../memory/memory.ts';
import { short, table } from './table.ts';

export function memoryTable(times: readonly MemoryTime[], prices: PriceFile): string {
  return table(
    [
      'operation',
      'MB',
      'init, ms: whole core',
      'its share',
      'first run, ms',
      'warm p50, ms',
      'p95',
      'Lambda, dollars a million warm',
      'MB used',
    ],
    times.map((time) => [
      time.operation,
      time.megabytes,
      Math.round(time.wholeCoreInitMs),
      Math.round(time.initMs),
      Math.round(time.firstMs),
      short(time.p50Ms),
      short(time.p95Ms),
      short(runDollars(time, prices) * 1e6),
      Math.round(time.usedMegabytes),
    ]),
  );
}

function runDollars({ megabytes, p50Ms }: MemoryTime, prices: PriceFile): number {
  const usage = { lambdaRequest: 1, lambdaGbSecond: ((megabytes / 1024) * p50Ms) / 1000 };
  return totalOf(billOf(usage, prices));
}
