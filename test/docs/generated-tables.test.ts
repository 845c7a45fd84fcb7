import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { readJson } from '../../bench/files.ts';
import { type Budgets, budgetOf, nameOf } from '../../bench/measure/budget.ts';
import { reportPages } from '../../bench/report/report.ts';
import type { CountsFile, TimesFile } from '../../bench/results.ts';

const counts = readJson<CountsFile>('results/counts.json');
const pages = [...reportPages(counts, readJson<TimesFile>('results/times.json'))].map(([path, text]) => ({
  name: basename(path),
  path,
  text,
}));

it('the counts on the pages match the budgets (`npm run bench -- --check --accept`)', () => {
  const shown = counts.operations.map((one) => [nameOf(one), budgetOf(one.tally)]);
  expect(Object.fromEntries(shown)).toEqual(readJson<Budgets>('budgets.json').operations);
});

it.each(pages)('the tables of $name match bench/results (`npm run bench -- --report`)', (page) => {
  expect(readFileSync(page.path, 'utf8')).toBe(page.text);
});

it.each(pages)('$name has every figure', ({ text }) => {
  expect(text).not.toMatch(/\bNaN\b/);
});
