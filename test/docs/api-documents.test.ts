import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { apiDocuments } from '../../scripts/api/documents.ts';

it.each(Object.entries(apiDocuments()))('%s is what its sources say (`npm run api`)', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});
