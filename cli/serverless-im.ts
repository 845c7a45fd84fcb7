import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { Command, CommandGroup } from './command.ts';
import { COMMANDS } from './commands.ts';
import { reportFailure } from './failure.ts';
import { UsageError } from './usage-error.ts';
import { didYouMean } from './wording.ts';

const HELP = [
  'serverless-im: instant messaging on AWS, and on this machine.',
  '',
  'Usage: npx serverless-im COMMAND [options]',
  '',
  ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`),
  '',
  'COMMAND --help has the options of a command. --version prints the version.',
].join('\n');

/** The command line. Exit statuses: 0, 1 for a failure, 2 for a wrong call. */
export async function main(args: readonly string[]): Promise<void> {
  let called = '';
  const fail = (error: unknown) => reportFailure(error, called);
  // Also of a promise that nobody waits for.
  process.on('uncaughtException', (error) => process.exit(fail(error)));
  endWithReader();
  try {
    await dispatch(args, (command) => {
      called = command;
    });
  } catch (error) {
    process.exitCode = fail(error);
  }
}

async function dispatch(
  [name = '--help', ...args]: readonly string[],
  enter: (command: string) => void,
): Promise<void> {
  if (name === '--version' || name === '-v') return console.log(version());
  if (isHelp(name) || name === 'help') {
    const [of] = args.filter((arg) => !arg.startsWith('-'));
    return of === undefined ? console.log(HELP) : dispatch([of, '--help'], enter);
  }
  const entry = entryOf(COMMANDS, name);
  enter(name);
  const command = await entry.load();
  if ('commands' in command) await dispatchGroup(name, command, args, enter);
  else await call(command, args);
}

async function dispatchGroup(
  path: string,
  { help, commands }: CommandGroup,
  args: readonly string[],
  enter: (command: string) => void,
): Promise<void> {
  const { name, rest } = commandIn(args, commands);
  if (isHelp(name)) return console.log(help());
  const command = entryOf(commands, name);
  enter(`${path} ${name}`);
  await call(command, rest);
}

/** The name of a command, which may stand behind options of its own, and its arguments. @throws {UsageError} there is none */
function commandIn(args: readonly string[], commands: CommandGroup['commands']) {
  const [first = '--help', ...rest] = args;
  if (!first.startsWith('-') || isHelp(first)) return { name: first, rest };
  // A word that is no command is the value of an option, or a slip of the finger.
  const names = Object.keys(commands);
  const name =
    args.find((arg) => names.includes(arg)) ??
    args.find((arg) => isHelp(arg) || (!arg.startsWith('-') && didYouMean(arg, names) !== ''));
  if (name === undefined) throw new UsageError(`${first} is an option; name a command, too.`);
  return { name, rest: args.toSpliced(args.indexOf(name), 1) };
}

async function call({ help, run }: Command, args: readonly string[]): Promise<void> {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (options.some(isHelp)) console.log(help(options.filter((arg) => !isHelp(arg))));
  else await run(args);
}

/** @throws {UsageError} there is none */
function entryOf<Entry>(entries: Readonly<Record<string, Entry>>, name: string): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return entry;
  const kind = name.startsWith('-') ? 'option' : 'command';
  throw new UsageError(`There is no ${kind} ${name}${didYouMean(name, Object.keys(entries)) || '.'}`);
}

function isHelp(arg: string): boolean {
  return arg === '--help' || arg === '-h';
}

function version(): string {
  const manifest = findPackageJSON(import.meta.url) ?? '';
  return String(JSON.parse(readFileSync(manifest, 'utf8')).version);
}

/** `… | head` has read enough. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
}
