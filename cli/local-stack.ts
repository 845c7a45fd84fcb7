import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The HTTP API of the stack that runs with the usual data folder, or else where `npm start` would have it. */
export function usualHttpUrl(): string {
  return runningStack('.local')?.httpUrl ?? `http://127.0.0.1:${DEFAULT_PORT}`;
}

/** @throws {OperatorError} none runs */
export function localStack(directory: string): LocalStack {
  const running = runningStack(directory);
  if (running !== undefined) return running;
  throw new OperatorError(
    `No stack runs with the data folder ${directory}: start one by ${commandLine('start')}, or name a deployment (--help has the options).`,
  );
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
