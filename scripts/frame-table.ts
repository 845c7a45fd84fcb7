/** Writes the tables of docs/protocol.md from the schemas, frames, limits, and codes in `protocol/`: `npm run frames`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withTables } from './frame-table-text.ts';

const PAGE = 'docs/protocol.md';

writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8')));
