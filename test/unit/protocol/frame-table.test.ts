import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { frameTable } from '../../../scripts/frame-table-text.ts';

it("the table of actions in docs/protocol.md matches the server's dispatch (`npm run frames`)", () => {
  expect(readFileSync('docs/protocol.md', 'utf8')).toContain(frameTable());
});
