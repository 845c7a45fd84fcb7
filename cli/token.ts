import type { ParseArgsOptionsConfig } from 'node:util';
import { OperatorError } from '../local/operator-error.ts';
import { localStack } from './admin/stack.ts';
import type { Command } from './command.ts';
import { parseCommand } from './options.ts';
import { commandLine } from './wording.ts';

const OPTIONS = {
  roles: { type: 'string', multiple: true, default: [] },
  data: { type: 'string', default: '.local' },
} satisfies ParseArgsOptionsConfig;

/** Prints a token of a user. */
export const token: Command = {
  help: () => `Prints a token of the stack on this machine: ${commandLine('token', 'USER [options]')}

  --roles R   agent or supervisor, for the desk; may be repeated, or a list with commas
  --data DIR  data folder of ${commandLine('start')} (default .local)`,
  async run(args) {
    const { values, positionals } = parseCommand(args, OPTIONS, ['USER']);
    const [userId = ''] = positionals;
    const roles = values.roles.flatMap((list) => list.split(',')).filter((role) => role !== '');
    console.log(await devToken(localStack(values.data).httpUrl, userId, roles));
  },
};

async function devToken(httpUrl: string, userId: string, roles: readonly string[]): Promise<string> {
  const answer = await fetch(`${httpUrl}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId, roles }),
  }).catch((error: unknown) => {
    throw new OperatorError(`The stack at ${httpUrl} does not answer.`, { cause: error });
  });
  const body = (await answer.json()) as { readonly token?: string; readonly message?: string };
  if (body.token === undefined)
    throw new OperatorError(`No token for ${userId}: ${body.message ?? answer.status}`);
  return body.token;
}
