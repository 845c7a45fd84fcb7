import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { readJson } from '../../../bench/files.ts';
import { type Budgets, budgetOf, nameOf } from '../../../bench/measure/budget.ts';
import { reportPages } from '../../../bench/report/report.ts';
import type { CountsFile, TimesFile } from '../../../bench/results.ts';

const pages = reportPages(
  readJson<CountsFile>('results/counts.json'),
  readJson<TimesFile>('results/times.json'),
);

it.each([...pages])(
  'the tables of %s follow from bench/results (`npm run bench -- --report`)',
  (path, text) => {
    expect(readFileSync(path, 'utf8'), basename(path)).toBe(text);
  },
);

it('no generated table holds a figure that could not be computed', () => {
  for (const text of pages.values()) expect(text).not.toMatch(/\bNaN\b/);
});
