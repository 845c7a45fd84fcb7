import { describe, expect, it } from 'vitest';
import { pictureTable } from '../../../bench/cost/picture.ts';
import { readPrices } from '../../../bench/cost/prices.ts';
import { readJson } from '../../../bench/files.ts';
import { measuredOperations } from '../../../bench/report/operations.ts';
import type { CountsFile, TimesFile } from '../../../bench/results.ts';

const counts = readJson<CountsFile>('results/counts.json');
const operations = measuredOperations(counts, readJson<TimesFile>('results/times.json'));
const baseline = { cpuMsPerPost: 0, memoryMegabytes: 0, mostConnected: 0 };

/** The amounts of the table's rows, by what they begin with. */
const rows = new Map(
  pictureTable({ operations, memory: counts.memory, baseline }, readPrices())
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name = '', ...cells]) => [name.split(/[ ,]/)[0] ?? '', cells.slice(0, 2).map(Number)]),
);

describe('a million pictures that are sent and seen', () => {
  it('cost two requests to upload, and two and 315 KB for each reader', () => {
    const download = 1e6 * (2 * 0.0000004 + 0.000315 * 0.09);
    expect(rows.get('the')).toBeDefined();
    expect(rows.get('downloads')?.[0]).toBeCloseTo(download, 2);
    expect(rows.get('downloads')?.[1]).toBeCloseTo(10 * download, 2);
  });

  it('cost two copies more than a text', () => {
    const text = pictureTable({ operations, memory: counts.memory, baseline }, readPrices());
    expect(text).toContain('| the upload, two objects | 10.00 | 10.00 |');
    const [, message = ''] = /the message, with two copies, less a text \| ([\d.]+)/.exec(text) ?? [];
    expect(Number(message)).toBeGreaterThan(10);
    expect(Number(message)).toBeLessThan(11);
  });

  it('cost mostly what they take to reach their readers', () => {
    const [one = 0, ten = 0] = rows.get('all') ?? [];
    expect((rows.get('downloads')?.[1] ?? 0) / ten).toBeGreaterThan(0.8);
    expect(one).toBeLessThan(100);
  });
});
