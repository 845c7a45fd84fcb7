import { vi } from 'vitest';
import { parseCostArguments } from '../../../bench/cost/workload.ts';
import { parseWorstUser } from '../../../bench/cost/worst-user.ts';
import { parseArguments as parseChat } from '../../../cli/chat/arguments.ts';
import type { Command, CommandGroup } from '../../../cli/command.ts';
import { parseStartOptions } from '../../../cli/start/options.ts';

/** Thrown where a command has read its arguments, and would begin. */
class Parsed extends Error {}

/** Those that read their arguments in a function that can be called alone, values and all. */
const PARSERS: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  start: parseStartOptions,
  chat: parseChat,
  cost: (args) =>
    args.includes('--worst-user')
      ? parseWorstUser(args.filter((arg) => arg !== '--worst-user'))
      : parseCostArguments(args),
};

type Options = typeof import('../../../cli/options.ts');
type Entries = typeof import('../../../cli/commands.ts');

const PARSER = '../../../cli/options.ts';

export interface Cli {
  /** @returns what is wrong with a call */
  readonly mistakeIn: (args: readonly string[]) => Promise<string | undefined>;
  /** Options that the help of a command has, as calls. */
  readonly helped: () => readonly (readonly string[])[];
}

/** The commands of `cli/`, each of which ends once it has read its arguments by its own table of options. */
export async function loadCli(): Promise<Cli> {
  vi.resetModules();
  vi.doMock(PARSER, async (original) => {
    const { parseCommand, parseOptions } = await original<Options>();
    const ending =
      (parse: (...all: never[]) => unknown) =>
      (...all: readonly unknown[]) => {
        parse(...(all as never[]));
        throw new Parsed();
      };
    return { parseCommand: ending(parseCommand), parseOptions: ending(parseOptions) };
  });
  const { COMMANDS } = (await import('../../../cli/commands.ts')) as Entries;
  const loading = Object.entries(COMMANDS).map(async ([name, { load }]) => [name, await load()] as const);
  const commands = new Map(await Promise.all(loading));
  // The files of a worker share their modules.
  vi.doUnmock(PARSER);
  vi.resetModules();
  return {
    async mistakeIn([name = '', ...args]) {
      const command = commands.get(name);
      return command === undefined ? `there is no command ${name}` : mistakeIn(name, command, args);
    },
    helped: () => [...commands].flatMap(([name, command]) => helpedBy([name], command)),
  };
}

function helpedBy(path: readonly string[], command: Command | CommandGroup): (readonly string[])[] {
  if ('commands' in command)
    return Object.entries(command.commands).flatMap(([name, inner]) => helpedBy([...path, name], inner));
  // The rest of the help of `admin` is common to its commands, some of which lack an option of it.
  const text = path.length > 1 ? (command.help([]).split('\n\n')[0] ?? '') : command.help([]);
  const options = new Set([...text.matchAll(/--[a-z][\w-]*/g)].map(([option]) => option));
  options.delete('--help');
  return [...options].map((option) => [...path, option]);
}

async function mistakeIn(
  name: string,
  command: Command | CommandGroup,
  args: readonly string[],
): Promise<string | undefined> {
  if ('commands' in command) {
    if (args[0] === '--help') return undefined;
    const [inner = '', ...rest] = args;
    const found = Object.hasOwn(command.commands, inner) ? command.commands[inner] : undefined;
    return found === undefined ? `${name} has no command ${inner}` : mistakeIn(inner, found, rest);
  }
  if (args.includes('--help')) return undefined;
  try {
    await (PARSERS[name] ?? command.run)(args);
    return name in PARSERS ? undefined : `${name} did not read its arguments`;
  } catch (error) {
    return error instanceof Parsed ? undefined : String(error);
  }
}
