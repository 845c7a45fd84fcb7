import { describe, expect, it } from 'vitest';
import { readPrices } from '../../../bench/cost/prices.ts';
import { growthTable } from '../../../bench/report/growth.ts';
import { fillIn } from '../../../bench/report/markers.ts';
import { memoryTable } from '../../../bench/report/memory.ts';
import { countsTable } from '../../../bench/report/operations.ts';
import { table } from '../../../bench/report/table.ts';
import { aTally } from './builders.ts';

describe('a page with markers', () => {
  const page = 'before\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nafter\n';

  it('gets the new table and keeps the text around it', () => {
    expect(fillIn(page, 'x', '| new |\n')).toBe(
      'before\n<!-- bench:x -->\n| new |\n<!-- /bench:x -->\nafter\n',
    );
  });

  it('is unchanged when the same text is filled in again', () => {
    const once = fillIn(page, 'x', 'new');
    expect(fillIn(once, 'x', 'new')).toBe(once);
  });

  it('throws if it has no marker of that name', () => {
    expect(() => fillIn(page, 'y', 'new')).toThrow('no place for y');
  });
});

it('a table aligns columns of numbers to the right', () => {
  expect(table(['name', 'n'], [['a|b', 1]])).toBe('| name | n |\n|---|--:|\n| a\\|b | 1 |');
});

it('the table of counts shows the calls in a row and those before the push', () => {
  const operations = [{ scenario: 's', operation: 'message', tally: aTally() }];
  expect(countsTable({ operations, memory: {}, bundleBytes: {} })).toContain(
    '| message | 3 | 3 | 1 | 1 | 0 | 4, 3 |',
  );
});

it('the table of growth has a row for each crowd and design', () => {
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
});

it('the table of memory prices the warm median by the size', () => {
  const time = {
    operation: 'heartbeat',
    megabytes: 1_024,
    wholeCoreInitMs: 40,
    initMs: 70,
    firstMs: 60,
    p50Ms: 12,
    p95Ms: 20,
    usedMegabytes: 75,
  };
  expect(memoryTable([time], readPrices())).toContain(
    '| heartbeat | 1024 | 40 | 70 | 60 | 12 | 20 | 0.36 | 75 |',
  );
});
