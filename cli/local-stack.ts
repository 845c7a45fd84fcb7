import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIVITY_PATH } from '../local/activity/activity-route.ts';
import { recordOf } from '../local/json.ts';
import { OperatorError } from '../local/operator-error.ts';
import { DEFAULT_PORT } from './start/options.ts';
import { commandLine } from './wording.ts';

/** What `npm start` writes of the running stack. */
export interface LocalStack {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly endpoints: Readonly<Record<string, unknown>>;
  /** The gateway's, without a trailing slash. */
  readonly httpUrl: string;
}

/** For clients of the local stack. */
export const LOCAL_CREDENTIALS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

/** `npm start` without options. */
const USUAL = { data: '.local', httpUrl: `http://127.0.0.1:${DEFAULT_PORT}` };

/** The help of `--data`, for commands that find the stack by `localHttpUrl`. */
export const usualDataHelp = () =>
  `data folder of ${commandLine('start')} (default ${USUAL.data}, or whatever stack has port ${DEFAULT_PORT})`;

/** The HTTP API of the stack that runs with the usual data folder, or else where `npm start` would have it. */
export function usualHttpUrl(): string {
  return runningStack(USUAL.data)?.httpUrl ?? USUAL.httpUrl;
}

/**
 * The HTTP API of the stack that runs with this data folder; without one, of that with the usual folder, or else at the usual port.
 * @throws {OperatorError} none runs
 */
export async function localHttpUrl(data: string | undefined): Promise<string> {
  const running = data === undefined ? runningStack(USUAL.data) : localStack(data);
  if (running !== undefined) return running.httpUrl;
  if (await isStack(USUAL.httpUrl)) return USUAL.httpUrl;
  throw new OperatorError(noStack(`with the data folder ${USUAL.data}, or at ${USUAL.httpUrl}`));
}

async function isStack(httpUrl: string): Promise<boolean> {
  return fetch(httpUrl + ACTIVITY_PATH, { signal: AbortSignal.timeout(10_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** @throws {OperatorError} none runs */
export function localStack(data = USUAL.data): LocalStack {
  const running = runningStack(data);
  if (running !== undefined) return running;
  throw new OperatorError(noStack(`with the data folder ${data}`));
}

function noStack(where: string): string {
  return `No stack runs ${where}: start one by ${commandLine('start')}, name its folder by --data, or name a deployment (--help has the options).`;
}

function runningStack(directory: string): LocalStack | undefined {
  try {
    const facts = recordOf(JSON.parse(readFileSync(join(directory, 'runtime.json'), 'utf8')));
    if (facts['ready'] !== true || !isAlive(Number(facts['pid']))) return undefined;
    return {
      outputs: recordOf(facts['outputs']),
      endpoints: recordOf(facts['endpoints']),
      httpUrl: String(facts['httpUrl']),
    };
  } catch {
    // It is not there, or is being written, or a runtime was killed and left it.
    return undefined;
  }
}

/** @throws {Error} it is not */
function isAlive(pid: number): boolean {
  return process.kill(pid, 0);
}
