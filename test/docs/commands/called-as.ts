import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from './pages.ts';
import type { Invocation } from './shell.ts';

type Arguments = readonly string[];

/** The folder in which a page's reader works: that of an example with a package of its own, or the repository. */
export function folderOf(page: string): string {
  const folder = dirname(page);
  return existsSync(join(REPOSITORY, folder, 'package.json')) && folder.startsWith('examples/')
    ? folder
    : '.';
}

export function scriptsOf(folder: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8')).scripts ?? {};
}

/** One name for each way to call it: `npm start`, `npx serverless-im start`, and `node cli/main.ts start` are `serverless-im start`. */
export function calledAs({ code, program, args }: Invocation): string {
  return textOf(program, args, folderOf(code.page));
}

function textOf(program: string, args: Arguments, folder: string): string {
  const [first = '', ...rest] = args.filter((arg) => arg !== '-s' && arg !== '--');
  if (program === 'npx' && ['cdk', 'serverless-im'].includes(first)) return joined(first, rest);
  if (program === 'node' && first === 'cli/main.ts') return joined('serverless-im', rest);
  if (program !== 'npm') return joined(program, args);
  const [name = first, ...options] = first === 'run' ? rest : args.filter((arg) => arg !== '--');
  const script = /^(?:node cli\/main\.ts|serverless-im) (.*)$/.exec(scriptsOf(folder)[name] ?? '');
  return script === null
    ? joined('npm', [first, ...rest])
    : joined('serverless-im', [...(script[1] ?? '').split(' '), ...options]);
}

function joined(program: string, args: Arguments): string {
  return [program, ...args.map((arg) => (/[\s"']/.test(arg) ? JSON.stringify(arg) : arg))].join(' ');
}

/** In a sentence, without anything that it is called with: it only says what is meant. */
export function isName({ code, program, args }: Invocation): boolean {
  if (code.language !== undefined) return false;
  if (args.includes('KEY=VALUE')) return true;
  const words = args.filter((arg) => !['-s', '--', 'run', '…'].includes(arg));
  const isPlain = words.every((word) => /^[a-z][\w:@/-]*$/.test(word));
  return isPlain && words.length <= (words[0] === 'admin' || program === 'aws' || program === 'npx' ? 2 : 1);
}
