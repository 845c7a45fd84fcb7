import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { calledAs, isName } from './commands/called-as.ts';
import { type Cli, loadCli } from './commands/cli.ts';
import { mistakeIn } from './commands/mistakes.ts';
import { PAGES, REPOSITORY } from './commands/pages.ts';
import { REASONS, RUNS } from './commands/runs.ts';
import { type Invocation, typeCommands } from './commands/shell.ts';

const typed = PAGES.map((page) => ({ page, ...typeCommands(page) })).filter(
  ({ invocations }) => invocations.length > 0,
);
const called = typed
  .flatMap(({ invocations }) => invocations)
  .map((one) => ({ ...one, command: calledAs(one) }));

let cli: Cli;
beforeAll(async () => {
  cli = await loadCli();
});

function isExplained({ code }: Invocation, command: string): boolean {
  return REASONS.some(({ says, of }) => says.test(code.around) && of.test(command));
}

describe.each(typed)('the commands of $page', ({ invocations, complaints }) => {
  it('are understood by the shell', () => {
    expect(complaints).toBe('');
  });

  it('have only scripts, commands, options, and files that exist', async () => {
    const mistakes = invocations.map(async (one) => {
      const mistake = await mistakeIn(one, cli.mistakeIn);
      return mistake === undefined ? [] : [`${one.program} ${one.args.join(' ')}: ${mistake}`];
    });
    expect((await Promise.all(mistakes)).flat()).toEqual([]);
  });

  it('are run by a test, or the page says why not', () => {
    const unknown = invocations.filter((one) => {
      const command = calledAs(one);
      return (
        !isName(one) && !RUNS.some(({ commands }) => commands.test(command)) && !isExplained(one, command)
      );
    });
    expect([...new Set(unknown.map(calledAs))]).toEqual([]);
  });
});

it('each script that a page names is run by a test, or a page says why not', () => {
  const names = called.filter((one) => isName(one) && !/^(aws|cdk|git) /.test(one.command));
  const unknown = names.filter(({ command }) => {
    const isRun = RUNS.some(({ commands }) => commands.test(command));
    const others = called.filter((one) => one.command === command || one.command.startsWith(`${command} `));
    return !isRun && !others.some((one) => isExplained(one, command));
  });
  expect([...new Set(unknown.map(({ command, code }) => `${code.page}: ${command}`))]).toEqual([]);
});

it.each(RUNS)('$by runs what the documents have: $commands', ({ commands, by, as }) => {
  expect(readFileSync(join(REPOSITORY, by), 'utf8')).toContain(as);
  expect(called.some(({ command }) => commands.test(command))).toBe(true);
});

it('the help of each command has only options that it takes', async () => {
  const calls = cli.helped();
  expect(calls.length).toBeGreaterThan(50);
  const mistakes = await Promise.all(calls.map((call) => cli.mistakeIn(call)));
  expect(mistakes.filter((mistake) => mistake?.includes('There is no option'))).toEqual([]);
});
