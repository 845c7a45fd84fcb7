import { describe, expect, it } from 'vitest';
import { readPrices } from '../../../bench/cost/prices.ts';
import { barChart } from '../../../bench/report/bar-chart.ts';
import { growthTable, latencyPlot } from '../../../bench/report/growth.ts';
import { decades, lineChart } from '../../../bench/report/line-chart.ts';
import { fillIn } from '../../../bench/report/markers.ts';
import { countsTable } from '../../../bench/report/operations.ts';
import { table } from '../../../bench/report/table.ts';
import { aTally } from './builders.ts';

describe('a page with places for tables', () => {
  const page = 'before\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nafter\n';

  it('gets the new table, and keeps what people wrote', () => {
    expect(fillIn(page, 'x', '| new |\n')).toBe(
      'before\n<!-- bench:x -->\n| new |\n<!-- /bench:x -->\nafter\n',
    );
  });

  it('is the same after the same was filled in again', () => {
    const once = fillIn(page, 'x', 'new');
    expect(fillIn(once, 'x', 'new')).toBe(once);
  });

  it('without that place is an error, not a report that got lost', () => {
    expect(() => fillIn(page, 'y', 'new')).toThrow('no place for y');
  });
});

it('a table sets columns of numbers to the right', () => {
  expect(table(['name', 'n'], [['a|b', 1]])).toBe('| name | n |\n|---|--:|\n| a\\|b | 1 |');
});

it('the table of counts tells the calls in a row and those before the push', () => {
  const operations = [{ scenario: 's', operation: 'message', tally: aTally() }];
  expect(countsTable({ operations, memory: {}, bundleBytes: {} })).toContain(
    '| message | 3 | 3 | 1 | 1 | 0 | 4, 3 |',
  );
});

describe('a chart', () => {
  it('has an axis of powers of ten around all values', () => {
    expect(decades([12, 340])).toEqual([10, 100, 1_000]);
    expect(decades([10])).toEqual([10, 100]);
  });

  it('draws what is constant flat, and what is proportional not', () => {
    const points = [10, 100, 1_000].map((x) => ({ x, y: 5 }));
    const svg = lineChart({
      title: 'a < b',
      xLabel: 'x',
      yLabel: 'y',
      series: [
        { name: 'flat', colour: 'red', points },
        { name: 'steep', colour: 'blue', points: points.map(({ x }) => ({ x, y: x })) },
      ],
    });
    const [flat = [], steep = []] = [...svg.matchAll(/polyline.*points="([^"]+)"/g)].map(([, pairs = '']) =>
      pairs.split(' ').map((pair) => pair.split(',')[1]),
    );
    expect(new Set(flat).size).toBe(1);
    expect(new Set(steep).size).toBe(3);
    expect(svg).toContain('a &lt; b');
  });

  it('of bars gives the largest the whole width', () => {
    const svg = barChart(
      't',
      [
        { name: 'a', parts: { x: 1, y: 1 } },
        { name: 'b', parts: { x: 1 } },
      ],
      String,
    );
    const widths = [...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="20"/g)].map(
      ([, w]) => w,
    );
    expect(widths).toEqual(['175', '175', '175', '0']);
  });
});

it('growth is told by numbers and drawn by two lines', () => {
  const point = (system: 'ours' | 'baseline', users: number) => ({
    system,
    users,
    ms: { count: 5, p50: 40, p95: 60, p99: 90 },
    tally: { readUnits: 3, writeUnits: 3, posts: 1, socketMessages: 3 },
    cpuMs: 7,
  });
  const points = [point('ours', 10), point('baseline', 10), point('ours', 100), point('baseline', 100)];
  expect(growthTable(points, readPrices())).toContain(
    '| 10 | ours | 40 | 60 | 90 | 5 | 3 | 3 | 1 | 7 | 5.25 |',
  );
  expect(latencyPlot(points).match(/polyline/g)).toHaveLength(2);
});
