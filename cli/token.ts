import type { ParseArgsOptionsConfig } from 'node:util';
import { OperatorError } from '../local/operator-error.ts';
import type { Command } from './command.ts';
import { localHttpUrl, usualDataHelp } from './local-stack.ts';
import { parseCommand } from './options.ts';
import { during } from './progress.ts';
import { UsageError } from './usage-error.ts';
import { commandLine } from './wording.ts';

const OPTIONS = {
  roles: { type: 'string', multiple: true, default: [] },
  data: { type: 'string' },
  pool: { type: 'string' },
  client: { type: 'string' },
} satisfies ParseArgsOptionsConfig;

/** Prints a token of a user, and nothing else. */
export const token: Command = {
  help: () => `Prints a token of a user: ${commandLine('token', 'USER [options]')}

  --roles R    agent or supervisor, for the desk; may be repeated, or a list with commas
  --data DIR   ${usualDataHelp()}:
               its issuer gives anybody a token

  --pool ID    of a deployment that made its own user pool: its output UserPoolId
  --client ID  its output UserPoolClientId

In a pool it creates the user if there is none, and sets a new password each time: for tests. It uses the configuration of the AWS SDK.`,
  async run(args) {
    const { values, positionals } = parseCommand(args, OPTIONS, ['USER']);
    const { data, pool, client } = values;
    const [userId = ''] = positionals;
    const roles = values.roles.flatMap((list) => list.split(/[, ]/)).filter((role) => role !== '');
    if ((pool === undefined) !== (client === undefined))
      throw new UsageError('A user pool needs --pool and --client.');
    if (pool === undefined || client === undefined)
      return console.log(await devToken(await localHttpUrl(data), userId, roles));
    // Imported late: the local stack needs no AWS.
    const { PoolUsers } = await import('./pool-users.ts');
    const users = new PoolUsers({ pool, client });
    console.log(await during('the user pool', false, () => users.token(userId, roles)));
    users.close();
  },
};

/** @throws {OperatorError} the local stack does not answer, or refuses */
export async function devToken(httpUrl: string, userId: string, roles: readonly string[]): Promise<string> {
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
