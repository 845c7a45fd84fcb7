import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../local/operator-error.ts';
import type { Command } from './command.ts';
import { parseCommand } from './options.ts';
import { UsageError } from './usage-error.ts';
import { commandLine } from './wording.ts';

const CONTRACT = [
  'connect',
  'frames',
  'messages',
  'offline',
  'groups',
  'people',
  'blocks',
  'plain',
  'poll',
  'protobuf',
  'desk',
].map((name) => `test/flow/${name}.test.ts`);
/** One case uses four. */
const MIN_QUEUES = 4;

const OPTIONS = {
  ws: { type: 'string' },
  http: { type: 'string' },
  'token-command': { type: 'string' },
} as const;

/** Runs the contract tests against any deployment. */
export const verify: Command = {
  help: () => `Runs the contract tests against a deployment, in the repository: ${commandLine('verify', '--ws URL --http URL')}
    --token-command 'CMD {user} {roles}'

  --ws URL     its output WebSocketUrl
  --http URL   its output HttpUrl
  --token-command CMD   prints a token for the user id that replaces {user}, with the roles that replace {roles}: none, agent, or
               supervisor. It runs once for each of some hundred users. Without {roles} the desk's cases are left out.`,
  async run(args) {
    const { ws, http, 'token-command': command } = parseCommand(args, OPTIONS).values;
    if (ws === undefined || http === undefined || command === undefined)
      throw new UsageError('It takes --ws, --http, and --token-command.');
    if (!command.includes('{user}'))
      throw new UsageError('--token-command must hold {user}, where the user id goes.');
    requireRepository();
    process.exitCode = await runContract({ ws, httpUrl: http.replace(/\/$/, ''), command });
  },
};

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));

/**
 * The package has no cases: they are tests of vitest, which with its bundler is larger than all that the package needs to run.
 * @throws {OperatorError} this is no repository
 */
function requireRepository(): void {
  if (!existsSync(join(REPOSITORY, 'test/flow')))
    throw new OperatorError(
      'verify needs the repository, where the contract tests are: clone it, then npm ci, and npm run verify -- with the same options.',
    );
}

interface Deployment {
  readonly ws: string;
  readonly httpUrl: string;
  readonly command: string;
}

/** @returns the exit status of the tests */
async function runContract(deployment: Deployment): Promise<number> {
  const { ws, httpUrl, command } = deployment;
  const user = `verify-${Date.now().toString(36)}`;
  const { userId } = await get<{ userId?: string }>(httpUrl, '/session', tokenOf(command, user, ''));
  if (userId !== user)
    throw new OperatorError(
      `The token's user id is "${userId}", not "${user}": deploy with -c userIdClaim=… or change the command.`,
    );
  const queues = await deskQueues(deployment, user);
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const args = [vitest, 'run', '--project', 'flow', '--no-file-parallelism', ...CONTRACT];
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    cwd: REPOSITORY,
    env: {
      ...process.env,
      VERIFY_WS: ws,
      VERIFY_HTTP: httpUrl,
      VERIFY_TOKEN_COMMAND: command,
      VERIFY_QUEUES: queues.join(','),
    },
  });
  return status ?? 1;
}

function tokenOf(command: string, user: string, roles: string): string {
  const line = command.replaceAll('{user}', user).replaceAll('{roles}', roles);
  const run = spawnSync(line, { encoding: 'utf8', shell: true });
  if (run.status !== 0) throw new OperatorError(`The token command failed: ${run.stderr.trim()}`);
  return run.stdout.trim();
}

async function get<Body>(httpUrl: string, path: string, token: string): Promise<Body> {
  const response = await fetch(httpUrl + path, {
    headers: { authorization: `Bearer ${token}` },
  }).catch((error: unknown) => {
    throw new OperatorError(`${httpUrl} can't be reached: ${String(error)}`, { cause: error });
  });
  const body: Body & { readonly message?: string } = await response.json();
  if (!response.ok)
    throw new OperatorError(
      `GET ${path} answers ${response.status}: ${body.message ?? JSON.stringify(body)}`,
    );
  return body;
}

/** The support queues of the deployment, if its desk can be verified. */
async function deskQueues({ httpUrl, command }: Deployment, user: string): Promise<readonly string[]> {
  if (!command.includes('{roles}')) {
    console.log('Without {roles} in the token command the cases of the desk are skipped.');
    return [];
  }
  const token = tokenOf(command, `${user}-supervisor`, 'supervisor');
  const { queues } = await get<{ queues: readonly { queue: string }[] }>(httpUrl, '/desk/queues', token);
  if (queues.length < MIN_QUEUES)
    throw new OperatorError(`The desk's cases need ${MIN_QUEUES} support queues: -c deskQueues=a,b,c,d`);
  return queues.map(({ queue }) => queue);
}
