/** Writes the table of actions in docs/protocol.md, section 4, from the action table: `npm run frames`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { frameTable, withFrameTable } from './frame-table-text.ts';

const PAGE = 'docs/protocol.md';

writeFileSync(PAGE, withFrameTable(readFileSync(PAGE, 'utf8'), frameTable()));
