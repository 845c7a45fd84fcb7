import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, type Tokens } from 'marked';
import { expect, it } from 'vitest';
import { PAGES, REPOSITORY } from './commands/pages.ts';

/** A bar ends a cell in code, too, unless a backslash is before it: what comes after the last cell of a row is not shown. */
function brokenRows(page: string): string[] {
  const tokens = marked.lexer(readFileSync(join(REPOSITORY, page), 'utf8'));
  const tables = tokens.filter((token): token is Tokens.Table => token.type === 'table');
  return tables.flatMap(({ raw, header }) =>
    raw
      .trim()
      .split('\n')
      .filter((row) => row.split(/(?<!\\)\|/).length !== header.length + 2),
  );
}

it.each(PAGES)('each row of the tables of %s has as many cells as their heads', (page) => {
  expect(brokenRows(page)).toEqual([]);
});
