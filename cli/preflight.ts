import type { ParseArgsOptionsConfig } from 'node:util';
import type { Command } from './command.ts';
import { parseCommand } from './options.ts';
import type { Finding, Line } from './preflight/check.ts';
import { contextOf } from './preflight/context.ts';
import { runChecks } from './preflight/run.ts';
import { commandLine } from './wording.ts';

const OPTIONS = {
  stack: { type: 'string', default: 'ServerlessIm' },
  context: { type: 'string', short: 'c', multiple: true, default: [] },
  json: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** Looks at the account before a deployment. */
export const preflight: Command = {
  help: () => `Says what would make a deployment fail, or disappoint: ${commandLine('preflight', '[options]')}
Reads only. The exit status is 1 if the deployment would fail.

  --stack NAME   the stack to be deployed (default ${OPTIONS.stack.default})
  -c KEY=VALUE   option of the stack, as with cdk deploy; may be repeated. Those in ./cdk.json count, too
  --json         one line of JSON for each check

It uses the configuration of the AWS SDK: AWS_PROFILE, AWS_REGION.`,
  async run(args) {
    const { values } = parseCommand(args, OPTIONS);
    const print = values.json
      ? (line: Line) => console.log(JSON.stringify(line))
      : (line: Line) => console.log(textOf(line));
    const lines = await runChecks({ stack: values.stack, context: contextOf(values.context) });
    for (const line of lines) print(line);
    if (lines.some(({ finding }) => finding === 'fails')) process.exitCode = 1;
  },
};

const MARKS: Readonly<Record<Finding, string>> = { ok: 'ok', mind: 'mind', fails: 'FAILS', unknown: '?' };

function textOf({ name, finding, text }: Line): string {
  return `${MARKS[finding].padEnd(6)}${name.padEnd(14)}${text}`;
}
