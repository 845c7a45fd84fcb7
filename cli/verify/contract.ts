import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../../local/operator-error.ts';
import type { Deployment } from './deployment.ts';
import { request } from './person.ts';
import { serveTokens } from './token-server.ts';

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

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Cases of the contract by their end. */
export interface ContractCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Whether the contract's cases are here. The package has none: they are tests of vitest, which is larger than all that it needs to run. */
export function hasContract(): boolean {
  return existsSync(join(REPOSITORY, 'test/flow'));
}

/**
 * Runs the cases of the whole contract; vitest prints them.
 * @param signal ends them
 * @throws {OperatorError} the deployment can't be verified so
 */
export async function runContract(deployment: Deployment, signal: AbortSignal): Promise<ContractCounts> {
  const { httpUrl, tokens } = deployment;
  const user = `verify-${Date.now().toString(36)}`;
  const { body } = await request(httpUrl, await tokens.token(user, []), 'GET', '/session');
  if (body['userId'] !== user)
    throw new OperatorError(
      `The token's user id is "${body['userId']}", not "${user}": deploy with -c userIdClaim=… or change the command, or leave the contract out by --quick.`,
    );
  const queues = await deskQueues(deployment, user);
  const server = await serveTokens(tokens.token);
  const folder = mkdtempSync(join(tmpdir(), 'im-verify-'));
  try {
    const report = join(folder, 'report.json');
    const environment = {
      VERIFY_WS: deployment.wsUrl ?? String(body['wsUrl']),
      VERIFY_HTTP: httpUrl,
      VERIFY_TOKENS: server.url,
      VERIFY_QUEUES: queues.join(','),
    };
    await runVitest(report, environment, signal);
    return countsIn(report);
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runVitest(report: string, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const args = ['run', '--project', 'flow', '--no-file-parallelism', '--reporter=default', '--reporter=json'];
  const child = spawn(process.execPath, [vitest, ...args, `--outputFile=${report}`, ...CONTRACT], {
    stdio: 'inherit',
    cwd: REPOSITORY,
    env: { ...process.env, ...environment },
    signal,
  });
  await once(child, 'close');
}

/** @throws {OperatorError} vitest ended before it wrote one */
function countsIn(report: string): ContractCounts {
  if (!existsSync(report)) throw new OperatorError('The cases of the contract did not run to their end.');
  const counts: Readonly<Record<string, number>> = JSON.parse(readFileSync(report, 'utf8'));
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numFailedTestSuites = 0 } = counts;
  // A file whose set-up fails has no failed test.
  const failed = Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0);
  return { passed: numPassedTests, failed, skipped: numPendingTests };
}

/** The support queues of the deployment, if its desk can be verified. */
async function deskQueues({ httpUrl, tokens }: Deployment, user: string): Promise<readonly string[]> {
  if (!tokens.hasRoles) return withoutDesk('the token command has no {roles}');
  const token = await tokens.token(`${user}-supervisor`, ['supervisor']);
  const { body } = await request(httpUrl, token, 'GET', '/desk/queues');
  const { queues = [] } = body as { readonly queues?: readonly { readonly queue: string }[] };
  if (queues.length < MIN_QUEUES)
    return withoutDesk(`they need ${MIN_QUEUES} support queues: -c deskQueues=a,b,c,d`);
  return queues.map(({ queue }) => queue);
}

function withoutDesk(reason: string): readonly string[] {
  console.log(`The cases of the desk are left out: ${reason}.`);
  return [];
}
