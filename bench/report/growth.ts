import type { PriceFile } from '../cost/prices.ts';
import { billOf, totalOf } from '../cost/usage.ts';
import type { GrowthPoint } from '../latency/growth.ts';
import { type LineChart, lineChart, type Series } from './line-chart.ts';
import { short, table } from './table.ts';

const COLOURS = { ours: '#1f6feb', baseline: '#d4730f' };

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

export function latencyPlot(points: readonly GrowthPoint[]): string {
  return plot(points, ({ ms }) => ({ y: ms.p50, high: ms.p99 }), {
    title: 'From frame sent to push received (line p50, band to p99)',
    yLabel: 'milliseconds',
  });
}

export function requestsPlot(points: readonly GrowthPoint[], prices: PriceFile): string {
  return plot(points, ({ tally }) => ({ y: requestDollars(tally, prices) * 1e6 }), {
    title: 'A million messages: DynamoDB units and WebSocket messages',
    yLabel: 'dollars',
  });
}

function plot(
  points: readonly GrowthPoint[],
  yOf: (point: GrowthPoint) => { y: number; high?: number },
  labels: Pick<LineChart, 'title' | 'yLabel'>,
): string {
  const seriesOf = (system: GrowthPoint['system']): Series => ({
    name: system,
    colour: COLOURS[system],
    points: points
      .filter((point) => point.system === system)
      .map((point) => ({ x: point.users, ...yOf(point) })),
  });
  return lineChart({
    ...labels,
    xLabel: 'users connected',
    series: [seriesOf('ours'), seriesOf('baseline')],
  });
}

function requestDollars(tally: GrowthPoint['tally'], prices: PriceFile): number {
  const usage = {
    dynamodbReadUnit: tally.readUnits,
    dynamodbWriteUnit: tally.writeUnits,
    socketMessage: tally.socketMessages,
  };
  return totalOf(billOf(usage, prices));
}
