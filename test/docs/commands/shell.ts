import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Code, codeOf } from './pages.ts';

/** Programs of the documents. None runs: each is a script that notes its arguments. */
const NOTED = 'npm npx node cdk serverless-im aws curl jq git protoc brew'.split(' ');
/** Pass on what they read, as far as the commands after them need it. */
const FILTERS = 'xargs head sort grep cut sha256sum tee'.split(' ');
/** Print something. */
const SOURCES = 'date openssl basename'.split(' ');
const IDLE = ['cd', 'sleep', 'zcat'];
/** What a noted program prints: it passes as a name, a number, and a line. */
export const PRINTED = '1';

/** A page that defines functions for the shell, and those that use them. */
const LIBRARY = 'docs/operations.md';
const USERS = ['docs/migration.md', 'docs/verify-on-aws.md'];

/** Begin like a function, but are lines of a log, and the name of an option. */
const NO_COMMANDS = ['admin call', 'admin event failed', 'token --pool'];

/** A command as the shell would run it, without quotes, variables, and functions. */
export interface Invocation {
  /** Where the page has it. */
  readonly code: Code;
  readonly program: string;
  readonly args: readonly string[];
}

export interface Typed {
  readonly invocations: readonly Invocation[];
  /** What the shell complains of. */
  readonly complaints: string;
}

/** Types every command of a page, or of this code in it, into one shell, in their order. */
export function typeCommands(page: string, own: readonly Code[] = codeOf(page)): Typed {
  const definitions = definitionsIn([...(USERS.includes(page) ? codeOf(LIBRARY) : []), ...own]);
  const known = [...NOTED, ...definitions.flatMap(functionsIn)];
  const commands = own.flatMap((code) => {
    const text = commandsIn(code, known);
    return text === undefined ? [] : [{ code, text }];
  });
  if (commands.length === 0) return { invocations: [], complaints: '' };
  const { notes, complaints } = type(
    definitions,
    commands.map(({ text }) => text),
  );
  const invocations = notes.flatMap(({ index, program, args }) => {
    const code = commands[index]?.code;
    return code === undefined ? [] : [{ code, program, args }];
  });
  return { invocations, complaints };
}

/** The blocks that define functions. One that defines them in another way is for other places than the rest of the page. */
function definitionsIn(codes: readonly Code[]): string[] {
  const known = new Set<string>();
  return codes.flatMap(({ language, text }) => {
    const names = language === 'sh' ? functionsIn(text) : [];
    const isFirst = names.length > 0 && !names.some((name) => known.has(name));
    for (const name of names) known.add(name);
    return isFirst ? [text] : [];
  });
}

function functionsIn(script: string): string[] {
  return [...script.matchAll(/^(\w+)\(\) \{/gm)].map(([, name = '']) => name);
}

/** What one types, if the code is commands. */
function commandsIn({ language, text }: Code, known: readonly string[]): string | undefined {
  if (language === 'sh') return text;
  if (NO_COMMANDS.includes(text)) return undefined;
  if (language !== undefined && /^\$ /m.test(text)) return transcript(text);
  const [, word = ''] = /^(?:\w+=(?:\$\([^)]*\)|\S*) )*([\w-]+) /.exec(text) ?? [];
  return (language ?? '') === '' && known.includes(word) ? text : undefined;
}

/** The lines that begin with a prompt; two terminals may stand side by side. */
function transcript(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('$ '));
  return lines.flatMap((line) => line.slice(2).split(/\s{3,}\$ /)).join('\n');
}

interface Note {
  readonly index: number;
  readonly program: string;
  readonly args: readonly string[];
}

const END = '\u001e';

function type(
  definitions: readonly string[],
  scripts: readonly string[],
): { readonly notes: readonly Note[]; readonly complaints: string } {
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-commands-'));
  const notes = join(folder, 'notes');
  const bin = join(folder, 'bin');
  const cwd = join(folder, 'cwd');
  for (const path of [bin, cwd]) mkdirSync(path);
  writeFileSync(notes, '');
  const note = `printf '%s\\0' "$INDEX" "$NAME" "$@" '${END}' >> '${notes}'; echo ${PRINTED}`;
  const functions = [
    ...NOTED.map((name) => `${name}() { local NAME=${name}; ${note}; }`),
    ...FILTERS.map((name) => `${name}() { while IFS= read -r LINE; do echo "$LINE"; done; }`),
    ...SOURCES.map((name) => `${name}() { echo ${PRINTED}; }`),
    ...IDLE.map((name) => `${name}() { :; }`),
  ];
  // For `command aws`. As functions the programs cost no process.
  writeFileSync(join(bin, 'aws'), `#!/bin/sh\nNAME=aws; ${note}\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'definitions.sh'), [...functions, ...definitions].join('\n'));
  scripts.forEach((script, index) => {
    writeFileSync(join(folder, `${index}.sh`), `${script}\n`);
  });
  // What defines a function once more is in a shell of its own.
  const each = scripts.map((script, index) =>
    functionsIn(script).length > 0
      ? `export INDEX=${index}; (. ../${index}.sh)`
      : `export INDEX=${index}; . ../${index}.sh`,
  );
  const all = ['INDEX=; . ../definitions.sh', ...each].join('\n');
  const { stderr } = spawnSync('/bin/bash', ['--norc', '-c', all], {
    cwd,
    env: { PATH: `${bin}` },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { notes: notesIn(readFileSync(notes, 'utf8')), complaints: stderr };
}

function notesIn(text: string): Note[] {
  const notes = text.split(`${END}\0`).slice(0, -1);
  return notes.map((note) => {
    const [index = '', program = '', ...args] = note.split('\0').slice(0, -1);
    // What the definitions run has no index.
    return { index: index === '' ? -1 : Number(index), program, args };
  });
}
