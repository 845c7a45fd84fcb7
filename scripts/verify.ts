/**
 * Runs the contract tests against any deployment:
 *
 *     npm run verify -- --ws URL --http URL --token-command 'CMD {user}'
 *
 * The command prints a token for the user id that replaces `{user}`; it runs once for each of some hundred users.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const CONTRACT = ['connect', 'frames', 'messages', 'offline', 'groups'].map(
  (name) => `test/flow/${name}.test.ts`,
);

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

const { values } = parseArgs({
  options: { ws: { type: 'string' }, http: { type: 'string' }, 'token-command': { type: 'string' } },
});
const { ws, http, 'token-command': command } = values;
if (ws === undefined || http === undefined || command === undefined) {
  fail("Usage: npm run verify -- --ws URL --http URL --token-command 'CMD {user}'");
}
if (!command.includes('{user}')) fail('--token-command must hold {user}, where the user id goes.');

const user = `verify-${Date.now().toString(36)}`;
const run = spawnSync('sh', ['-c', command.replaceAll('{user}', user)], { encoding: 'utf8' });
if (run.status !== 0) fail(`The token command failed: ${run.stderr.trim()}`);
const response = await fetch(`${http.replace(/\/$/, '')}/session`, {
  headers: { authorization: `Bearer ${run.stdout.trim()}` },
}).catch((error: unknown) => fail(`${http} can't be reached: ${String(error)}`));
const session = (await response.json()) as { userId?: string; message?: string };
if (!response.ok)
  fail(`GET /session answers ${response.status}: ${session.message ?? JSON.stringify(session)}`);
if (session.userId !== user) {
  fail(
    `The token's user id is "${session.userId}", not "${user}": deploy with -c userIdClaim=… or change the command.`,
  );
}

const { status } = spawnSync('vitest', ['run', '--project', 'flow', '--no-file-parallelism', ...CONTRACT], {
  stdio: 'inherit',
  env: {
    ...process.env,
    VERIFY_WS: ws,
    VERIFY_HTTP: http.replace(/\/$/, ''),
    VERIFY_TOKEN_COMMAND: command,
  },
});
process.exitCode = status ?? 1;
