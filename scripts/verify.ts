/**
 * Runs the contract tests against any deployment:
 *
 *     npm run verify -- --ws URL --http URL --token-command 'CMD {user} {roles}'
 *
 * The command prints a token for the user id that replaces `{user}`, with the roles that replace `{roles}`: none, `agent`,
 * or `supervisor`. It runs once for each of some hundred users. Without `{roles}` the desk's cases are left out.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

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

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

const USAGE = "Usage: npm run verify -- --ws URL --http URL --token-command 'CMD {user} {roles}'";

function parseOptions() {
  const options = {
    ws: { type: 'string' },
    http: { type: 'string' },
    'token-command': { type: 'string' },
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

const { ws, http, 'token-command': command, help } = parseOptions();
if (help) {
  console.log(USAGE);
  process.exit(0);
}
if (ws === undefined || http === undefined || command === undefined) {
  fail(USAGE);
}
if (!command.includes('{user}')) fail('--token-command must hold {user}, where the user id goes.');

const httpUrl = http.replace(/\/$/, '');

function tokenOf(user: string, roles: string): string {
  const line = (command ?? '').replaceAll('{user}', user).replaceAll('{roles}', roles);
  const run = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
  if (run.status !== 0) fail(`The token command failed: ${run.stderr.trim()}`);
  return run.stdout.trim();
}

async function get<Body>(path: string, token: string): Promise<Body> {
  const response = await fetch(httpUrl + path, {
    headers: { authorization: `Bearer ${token}` },
  }).catch((error: unknown) => fail(`${http} can't be reached: ${String(error)}`));
  const body: Body & { readonly message?: string } = await response.json();
  if (!response.ok) fail(`GET ${path} answers ${response.status}: ${body.message ?? JSON.stringify(body)}`);
  return body;
}

const user = `verify-${Date.now().toString(36)}`;
const { userId } = await get<{ userId?: string }>('/session', tokenOf(user, ''));
if (userId !== user) {
  fail(
    `The token's user id is "${userId}", not "${user}": deploy with -c userIdClaim=… or change the command.`,
  );
}

/** The support queues of the deployment, if its desk can be verified. */
async function deskQueues(): Promise<readonly string[]> {
  if (!command?.includes('{roles}')) {
    console.log('Without {roles} in the token command the cases of the desk are skipped.');
    return [];
  }
  const token = tokenOf(`${user}-supervisor`, 'supervisor');
  const { queues } = await get<{ queues: readonly { queue: string }[] }>('/desk/queues', token);
  if (queues.length < MIN_QUEUES)
    fail(`The desk's cases need ${MIN_QUEUES} support queues: -c deskQueues=a,b,c,d`);
  return queues.map(({ queue }) => queue);
}

const { status } = spawnSync('vitest', ['run', '--project', 'flow', '--no-file-parallelism', ...CONTRACT], {
  stdio: 'inherit',
  env: {
    ...process.env,
    VERIFY_WS: ws,
    VERIFY_HTTP: httpUrl,
    VERIFY_TOKEN_COMMAND: command,
    VERIFY_QUEUES: (await deskQueues()).join(','),
  },
});
process.exitCode = status ?? 1;
