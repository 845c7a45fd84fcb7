/**
 * Compares the clauses with their citations. Prints the clauses that no title of a test of `npm test` cites (it leaves out the long
 * tests), those that are defined twice, and the citations of undefined clauses in source, tests, and docs. Exits 1 if any is not
 * listed in `LATER`.
 */
import { globSync, readFileSync } from 'node:fs';

/** Clauses of features that are not built yet. Remove one when it gets a test. */
const LATER: readonly string[] = [];

const CLAUSE = /\bIM-[A-Z]+(?:-\d+)?\b/g;
/** A clause is defined at the start of a list item or row, and a heading like IM-SEND in parentheses. */
const DEFINED = /^(?:- |\| )(IM-[A-Z]+-\d+)\b|\((IM-[A-Z]+)\)/gm;

/** Clauses that need a test. */
const promised = definedIn('docs/protocol.md', 'docs/guarantees.md');
/** Design decisions, which need no test. */
const decided = definedIn('docs/architecture.md');

const twice = definitionsIn('docs/protocol.md', 'docs/guarantees.md', 'docs/architecture.md').filter(
  (clause, index, all) => all.indexOf(clause) !== index,
);

const tests = globSync('{test,client/test,web/test}/**/*.test.ts');
const everything = globSync(
  [
    '{bench,bin,client,docs,examples,lambdas,lib,local,protocol,scripts,test,web}/**/*.{ts,tsx,mjs,md,proto}',
    '*.md',
  ],
  { exclude: (name) => name.includes('node_modules') || name.endsWith('/dist') },
);

const cited = new Set(
  tests
    .map(textOf)
    .filter((source) => !source.startsWith('/** @module-tag long */'))
    .flatMap(clausesInTitles),
);
const uncited = [...promised].filter((clause) => !isCited(clause) && !LATER.includes(clause));
const unknown = everything.flatMap((file) =>
  clausesIn(textOf(file))
    .filter((clause) => !promised.has(clause) && !decided.has(clause) && !isHeading(clause))
    .map((clause) => `${file}: ${clause}`),
);
const done = LATER.filter(isCited);

for (const clause of uncited) console.error(`uncited: ${clause}`);
for (const clause of twice) console.error(`defined twice: ${clause}`);
for (const place of new Set(unknown)) console.error(`cited, but defined nowhere: ${place}`);
for (const clause of done) console.error(`cited now, so it is not for later: ${clause}`);
console.log(
  `${promised.size} clauses, ${promised.size - uncited.length - LATER.length} cited, ${LATER.length} for later`,
);
process.exitCode = uncited.length + twice.length + unknown.length + done.length > 0 ? 1 : 0;

function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}

function definedIn(...files: readonly string[]): Set<string> {
  const matches = files.flatMap((file) => [...textOf(file).matchAll(DEFINED)]);
  return new Set(matches.flatMap(([, clause, heading]) => clause ?? heading ?? []));
}

/** Every definition of a numbered clause; a heading may be cited in parentheses anywhere. */
function definitionsIn(...files: readonly string[]): string[] {
  return files.flatMap((file) => [...textOf(file).matchAll(DEFINED)]).flatMap(([, clause]) => clause ?? []);
}

function clausesIn(text: string): string[] {
  return [...text.matchAll(CLAUSE)].map(([clause]) => clause);
}

/** Clauses in Vitest titles, including those in `it.each` tables. */
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

/** A heading like IM-SEND is cited if one of its clauses is. */
function isCited(clause: string): boolean {
  return [...cited].some((one) => one === clause || one.startsWith(`${clause}-`));
}

/** Whether it names a family of defined clauses, such as `IM-FAULT`. */
function isHeading(clause: string): boolean {
  return [...promised, ...decided].some((one) => one.startsWith(`${clause}-`));
}
