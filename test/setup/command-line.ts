import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';

const MAIN = new URL('../../cli/main.ts', import.meta.url);

export interface CommandResult {
  /** Exit status. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `serverless-im` to its end, as a machine without a terminal does. In a thread, since a process takes a second of CPU and most tests
 * are about what the stack does; those in `emulator/cli/` start processes.
 */
export async function commandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const worker = new Worker(MAIN, {
    argv: [...args],
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'serverless-im-compiled'), ...environment },
    stdin: true,
    stdout: true,
    stderr: true,
  });
  worker.stdin?.end();
  const [stdout, stderr, [code]] = await Promise.all([
    text(worker.stdout),
    text(worker.stderr),
    once(worker, 'exit') as Promise<[number]>,
  ]);
  return { code, stdout, stderr };
}
