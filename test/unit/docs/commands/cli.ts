import { vi } from 'vitest';
import { parseCostArguments } from '../../../../bench/cost/workload.ts';
import { parseWorstUser } from '../../../../bench/cost/worst-user.ts';
import { parseArguments as parseChat } from '../../../../cli/chat/arguments.ts';
import type { Command, CommandGroup } from '../../../../cli/command.ts';
import { parseStartOptions } from '../../../../cli/start/options.ts';

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

type Options = typeof import('../../../../cli/options.ts');
type Entries = typeof import('../../../../cli/commands.ts');

const PARSER = '../../../../cli/options.ts';

/**
 * The commands of `cli/`, each of which ends once it has read its arguments by its own table of options.
 * @returns what is wrong with a call
 */
export async function cliParser(): Promise<(args: readonly string[]) => Promise<string | undefined>> {
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
  const { COMMANDS } = (await import('../../../../cli/commands.ts')) as Entries;
  return async ([name = '', ...args]) => {
    const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (entry === undefined) return `there is no command ${name}`;
    return mistakeIn(name, await entry.load(), args);
  };
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
