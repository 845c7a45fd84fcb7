import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { missingTables, withTables } from '../../../scripts/frame-table-text.ts';

const page = readFileSync('docs/protocol.md', 'utf8');

it('the tables of docs/protocol.md are those of the schemas, frames, and limits (`npm run frames`)', () => {
  expect(page).toBe(withTables(page));
});

it('docs/protocol.md has the fields of every action and of every frame of the server', () => {
  expect(missingTables(page)).toEqual([]);
});
