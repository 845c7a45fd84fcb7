import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../proof/mutants.ts';

const file = (path: string) => join(import.meta.dirname, '../..', path);

describe('each mutant of `npm run mutants`', () => {
  it.each(MUTANTS)('changes a text that is in $file: $from', ({ file: path, from, test }) => {
    expect(readFileSync(file(path), 'utf8')).toContain(from);
    expect(existsSync(file(test))).toBe(true);
  });
});
