import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { costText } from '../../bench/cost/cost.ts';

const PAGE = readFileSync(new URL('../../docs/comparison.md', import.meta.url), 'utf8');

it.each(['1,000', '100,000', '1,000,000'])(
  'docs/comparison.md has the price of %s users that `cost` prints',
  (users) => {
    const text = costText(['--users', users.replaceAll(',', '')]);
    const ours = (row: string) => new RegExp(`^${row} +(\\S+)`, 'm').exec(text)?.[1];
    expect(PAGE).toContain(
      `| ${users} | ${ours('all')} | ${ours('a user')} | ${ours('a million messages')} |`,
    );
  },
);
