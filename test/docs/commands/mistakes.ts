import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parseBenchArguments } from '../../../bench/arguments.ts';
import { SCENARIOS } from '../../../bench/scenarios/index.ts';
import { optionKeys } from '../../../lib/context-keys.ts';
import { mistakeInAws } from './aws.ts';
import { calledAs, folderOf, isName, scriptsOf } from './called-as.ts';
import type { Cli } from './cli.ts';
import { REPOSITORY } from './pages.ts';
import type { Invocation } from './shell.ts';

type Mistake = string | undefined | Promise<string | undefined>;
type Arguments = readonly string[];
type Check = Cli['mistakeIn'];

/** @returns why a command could not work, as far as can be told without running it */
export async function mistakeIn(one: Invocation, cli: Check): Promise<string | undefined> {
  const { code, program, args } = one;
  const given = args
    .filter((arg, index) => arg !== '…' || args[index - 1]?.startsWith('--'))
    .map((arg) => (arg === 'N' ? '2' : arg));
  // The name of a command of ours may stand without what it takes.
  const ofOurs: Check = (all) => cli(isName(one) ? [...all, '--help'] : all);
  const key = /^(cdk|serverless-im) /.test(calledAs(one)) ? unknownKey(given) : undefined;
  return missingPath(given) ?? key ?? (await mistakeOf(program, given, folderOf(code.page), ofOurs));
}

function mistakeOf(program: string, args: Arguments, folder: string, cli: Check): Mistake {
  switch (program) {
    case 'npm':
      return mistakeInNpm(args, folder, cli);
    case 'npx':
      return mistakeInNpx(args, folder, cli);
    case 'node':
      return mistakeInNode(args, folder, cli);
    case 'serverless-im':
      return cli(args);
    case 'cdk':
      return mistakeInCdk(args);
    case 'aws':
      return args.length < 2 ? undefined : mistakeInAws(args);
    default:
      return undefined;
  }
}

const PATH =
  /^(?:[\w-]+=)?((?:bench|bin|cli|client|docs|examples|lambdas|lib|local|protocol|scripts|test|web)\/[\w./*-]+)$/;

/** Paths of the repository, with what they name on the left: `beforeSend=examples/…`. Those that a command writes begin with none of its folders. */
function missingPath(args: Arguments): string | undefined {
  const missing = args.flatMap((arg) => {
    const [, path] = PATH.exec(arg) ?? [];
    return path === undefined || globSync(path, { cwd: REPOSITORY }).length > 0 ? [] : [path];
  });
  return missing.length === 0 ? undefined : `there is no ${missing.join(', ')}`;
}

/** Of npm's own, those that the documents use. */
const NPM = ['ci', 'init', 'install', 'pack', 'pkg', 'publish'];

function mistakeInNpm(args: Arguments, folder: string, cli: Check): Mistake {
  const { own, rest } = splitAt('--', args);
  const [command = '', ...words] = own.filter((arg) => arg !== '-s');
  if (NPM.includes(command)) return undefined;
  const workspace = valueAfter('-w', words);
  const name = command === 'run' ? words[0] : command;
  const script = scriptsOf(workspace ?? folder)[name ?? ''];
  if (script === undefined) return `package.json of ${workspace ?? folder} has no script ${name}`;
  return mistakeInScript(script, rest, folder, cli);
}

function mistakeInScript(script: string, rest: Arguments, folder: string, cli: Check): Mistake {
  const [program = '', ...args] = script.split(' ').map((word) => word.replaceAll('"', ''));
  if (args.includes('&&') || args.includes('||')) return rest.length > 0 ? 'it takes no options' : undefined;
  if (program === 'stryker') return unknownOf(rest, ['-m', '--force']);
  if (program === 'vitest') return mistakeInVitest([...args, ...rest]);
  return mistakeOf(program, [...args, ...rest], folder, cli);
}

/** Of others, each with its options in the documents. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  '@openapitools/openapi-generator-cli': ['-i', '-g', '-o'],
  dynoxide: [],
  'openapi-typescript': ['-o'],
  vite: ['--port'],
  wscat: ['-c', '-H'],
};

function mistakeInNpx([tool = '', ...args]: Arguments, folder: string, cli: Check): Mistake {
  if (tool === 'vitest') return mistakeInVitest(args);
  if (tool === 'cdk' || tool === 'serverless-im') return mistakeOf(tool, args, folder, cli);
  const options = TOOLS[tool];
  return options === undefined ? `npx knows no ${tool}` : unknownOf(args, options);
}

function mistakeInNode(args: Arguments, folder: string, cli: Check): Mistake {
  const [file = '', ...rest] = args[0] === '--conditions' ? args.slice(2) : args;
  if (file === 'cli/main.ts') return cli(rest);
  if (file === 'bench/main.ts') return mistakeInBench(rest);
  const source = readFileSync(join(REPOSITORY, folder, file), 'utf8');
  const wrong = optionsIn(rest).filter((option) => {
    const name = option.replace(/^-+/, '');
    return !source.includes(`'${option}'`) && !new RegExp(`\\b${name}'?: \\{ type:`).test(source);
  });
  return wrong.length === 0 ? undefined : `${file} has no ${wrong.join(', ')}`;
}

function mistakeInBench(args: Arguments): string | undefined {
  return thrownBy(() =>
    parseBenchArguments(
      args,
      SCENARIOS.map(({ name }) => name),
    ),
  );
}

const CDK = ['bootstrap', 'deploy', 'destroy', 'diff', 'list', 'synth'];

function mistakeInCdk([command = '', ...args]: Arguments): string | undefined {
  if (!CDK.includes(command)) return `cdk has no ${command}`;
  return unknownOf(args, ['-c', '--app', '--quiet', '--require-approval', '--force']);
}

let keys: readonly string[] | undefined;

/** The options of the stack, as `-c KEY=VALUE`. */
function unknownKey(args: Arguments): string | undefined {
  keys ??= optionKeys(new App());
  const given = args.filter((_, index) => args[index - 1] === '-c').map((arg) => arg.split('=')[0] ?? '');
  const wrong = given.filter((key) => key !== 'KEY' && !keys?.includes(key));
  return wrong.length === 0 ? undefined : `no option ${wrong.join(', ')}`;
}

function mistakeInVitest(args: Arguments): string | undefined {
  const [run, ...rest] = args;
  const config = readFileSync(join(REPOSITORY, 'vitest.config.ts'), 'utf8');
  const project = valueAfter('--project', rest)?.replace('!', '');
  const title = valueAfter('-t', rest);
  if (run !== 'run') return 'vitest without run goes on';
  if (project !== undefined && !config.includes(`name: '${project}'`))
    return `there is no project ${project}`;
  if (title !== undefined && !hasTest(title, project ?? '*')) return `no title has ${title}`;
  return unknownOf(rest, ['--project', '-t', '--tags-filter', '--maxWorkers']);
}

function hasTest(title: string, project: string): boolean {
  const files = globSync(`test/${project}/**/*.test.ts`, { cwd: REPOSITORY });
  return files.some((file) => new RegExp(title).test(readFileSync(join(REPOSITORY, file), 'utf8')));
}

function unknownOf(args: Arguments, known: readonly string[]): string | undefined {
  const wrong = optionsIn(args).filter((option) => !known.includes(option));
  return wrong.length === 0 ? undefined : `unknown: ${wrong.join(', ')}`;
}

function optionsIn(args: Arguments): string[] {
  return args.filter((arg) => /^--?[a-z]/i.test(arg));
}

function valueAfter(option: string, args: Arguments): string | undefined {
  return args.includes(option) ? args[args.indexOf(option) + 1] : undefined;
}

function splitAt(mark: string, args: Arguments): { readonly own: Arguments; readonly rest: Arguments } {
  const at = args.indexOf(mark);
  return at < 0 ? { own: args, rest: [] } : { own: args.slice(0, at), rest: args.slice(at + 1) };
}

function thrownBy(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return String(error);
  }
}
