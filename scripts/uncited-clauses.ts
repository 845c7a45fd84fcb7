/**
 * Holds the contract against the tests: prints each clause of docs/protocol.md that no test title cites, and each
 * citation of a clause that doesn't exist. Exits 1 if there is any that `LATER` doesn't name.
 */
import { globSync, readFileSync } from 'node:fs';

/** Clauses of features that are not built yet. One that gets its test must leave this list. */
const LATER: readonly string[] = [];

const CLAUSE = /\bIM-[A-Z]+(?:-\d+)?\b/g;

const contract = clausesIn(readFileSync('docs/protocol.md', 'utf8'));
const tests = globSync(['test/**/*.test.ts', 'client/test/**/*.test.ts']);
const cited = new Set(tests.flatMap((file) => [...clausesInTitles(readFileSync(file, 'utf8'))]));

const uncited = [...contract].filter((clause) => !isCited(clause) && !LATER.includes(clause));
const unknown = [...cited].filter((clause) => !contract.has(clause));
const done = LATER.filter(isCited);

for (const clause of uncited) console.error(`uncited: ${clause}`);
for (const clause of unknown) console.error(`cited, but not in docs/protocol.md: ${clause}`);
for (const clause of done) console.error(`cited now, so it is not for later: ${clause}`);
console.log(
  `${contract.size} clauses, ${contract.size - uncited.length - LATER.length} cited, ${LATER.length} for later`,
);
process.exitCode = uncited.length + unknown.length + done.length > 0 ? 1 : 0;

function clausesIn(text: string): Set<string> {
  return new Set([...text.matchAll(CLAUSE)].map(([clause]) => clause));
}

/** Vitest's titles, and those of `it.each` tables. */
function clausesInTitles(source: string): Set<string> {
  return clausesIn(
    [...source.matchAll(/['"`][^'"`\n]*\bIM-[A-Z]+[^'"`\n]*['"`]/g)].map(([text]) => text).join('\n'),
  );
}

/** A heading like IM-SEND is cited when one of its clauses is. */
function isCited(clause: string): boolean {
  return [...cited].some((one) => one === clause || one.startsWith(`${clause}-`));
}
