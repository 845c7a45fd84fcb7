/**
 * Holds the clauses against their citations. Prints each clause that no test title cites, and each citation, in source, tests,
 * and docs, of a clause that is defined nowhere. Exits 1 if there is any that `LATER` doesn't name.
 */
import { globSync, readFileSync } from 'node:fs';

/** Clauses of features that are not built yet. One that gets its test must leave this list. */
const LATER: readonly string[] = ['IM-REFUSE-8'];

const CLAUSE = /\bIM-[A-Z]+(?:-\d+)?\b/g;
/** A clause is defined where it begins an item or a row, and a heading like IM-SEND where it stands in parentheses. */
const DEFINED = /^(?:- |\| )(IM-[A-Z]+-\d+)\b|\((IM-[A-Z]+)\)/gm;

/** Each with a test that cites it. */
const promised = definedIn('docs/protocol.md', 'docs/guarantees.md');
/** Why it is built so: nothing to be tested by itself. */
const decided = definedIn('docs/architecture.md');

const tests = globSync('{test,client/test,web/test}/**/*.test.ts');
const everything = globSync(
  [
    '{bench,bin,client,docs,examples,lambdas,lib,local,protocol,scripts,test,web}/**/*.{ts,tsx,mjs,md,proto}',
    '*.md',
  ],
  { exclude: (name) => name.includes('node_modules') || name.endsWith('/dist') },
);

const cited = new Set(tests.flatMap((file) => clausesInTitles(textOf(file))));
const uncited = [...promised].filter((clause) => !isCited(clause) && !LATER.includes(clause));
const unknown = everything.flatMap((file) =>
  clausesIn(textOf(file))
    .filter((clause) => !promised.has(clause) && !decided.has(clause) && !isHeading(clause))
    .map((clause) => `${file}: ${clause}`),
);
const done = LATER.filter(isCited);

for (const clause of uncited) console.error(`uncited: ${clause}`);
for (const place of new Set(unknown)) console.error(`cited, but defined nowhere: ${place}`);
for (const clause of done) console.error(`cited now, so it is not for later: ${clause}`);
console.log(
  `${promised.size} clauses, ${promised.size - uncited.length - LATER.length} cited, ${LATER.length} for later`,
);
process.exitCode = uncited.length + unknown.length + done.length > 0 ? 1 : 0;

function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}

function definedIn(...files: readonly string[]): Set<string> {
  const matches = files.flatMap((file) => [...textOf(file).matchAll(DEFINED)]);
  return new Set(matches.flatMap(([, clause, heading]) => clause ?? heading ?? []));
}

function clausesIn(text: string): string[] {
  return [...text.matchAll(CLAUSE)].map(([clause]) => clause);
}

/** Vitest's titles, and those of `it.each` tables. */
function clausesInTitles(source: string): string[] {
  const titles = [...source.matchAll(/['"`][^'"`\n]*\bIM-[A-Z]+[^'"`\n]*['"`]/g)].map(([text]) => text);
  return titles.flatMap((title) => [...clausesIn(title), ...clausesInRange(title)]);
}

/** `IM-INV-1 to IM-INV-6` cites all six. */
function clausesInRange(title: string): string[] {
  const [, name, first, last] = /\b(IM-[A-Z]+)-(\d+) to \1-(\d+)\b/.exec(title) ?? [];
  if (name === undefined) return [];
  const length = Number(last) - Number(first) + 1;
  return Array.from({ length }, (_, index) => `${name}-${Number(first) + index}`);
}

/** A heading like IM-SEND is cited when one of its clauses is. */
function isCited(clause: string): boolean {
  return [...cited].some((one) => one === clause || one.startsWith(`${clause}-`));
}

/** `IM-FAULT` alone: the family of clauses that are defined. */
function isHeading(clause: string): boolean {
  return [...promised, ...decided].some((one) => one.startsWith(`${clause}-`));
}
