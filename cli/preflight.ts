import type { ParseArgsOptionsConfig } from 'node:util';
import type { Command } from './command.ts';
import { parseCommand } from './options.ts';
import type { Finding, Line } from './preflight/check.ts';
import { contextOf, textIn } from './preflight/context.ts';
import { runChecks } from './preflight/run.ts';
import { commandLine } from './wording.ts';

const OPTIONS = {
  stack: { type: 'string' },
  context: { type: 'string', short: 'c', multiple: true, default: [] },
  json: { type: 'boolean', default: false },
} satisfies ParseArgsOptionsConfig;

/** Of the repository's own app, without a `stackName`. */
const STACK = 'ServerlessIm';

/** Looks at the account before a deployment. */
export const preflight: Command = {
  help: () => `Says what would make a deployment fail, or disappoint: ${commandLine('preflight', '[options]')}
Reads only. The exit status is 1 if the deployment would fail.

  --stack NAME   the stack to be deployed (default: what stackName says, or ${STACK})
  -c KEY=VALUE   option of the stack, as with cdk deploy; may be repeated. Those in ./cdk.json count, too
  --json         one line of JSON for each check

It uses the configuration of the AWS SDK: AWS_PROFILE, AWS_REGION.`,
  async run(args) {
    const { values } = parseCommand(args, OPTIONS);
    const print = values.json
      ? (line: Line) => console.log(JSON.stringify(line))
      : (line: Line) => console.log(textOf(line));
    const context = contextOf(values.context);
    const stack = values.stack ?? textIn(context, 'stackName') ?? STACK;
    const lines = await runChecks({ stack, context });
    for (const line of lines) print(line);
    if (lines.some(({ finding }) => finding === 'fails')) process.exitCode = 1;
  },
};

const MARKS: Readonly<Record<Finding, string>> = { ok: 'ok', mind: 'mind', fails: 'FAILS', unknown: '?' };

function textOf({ name, finding, text }: Line): string {
  return `${MARKS[finding].padEnd(6)}${name.padEnd(14)}${text}`;
}
