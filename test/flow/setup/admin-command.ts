import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LocalRuntime } from '../../../local/runtime.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

/** Runs `npm run admin` against the stack, as on a machine without a terminal. Resolves to what it prints, or to its error. */
export function adminCommand({
  outputs,
  endpoints,
  httpUrl,
}: Pick<LocalRuntime, 'outputs' | 'endpoints' | 'httpUrl'>) {
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-admin-'));
  const facts = { ready: true, pid: process.pid, outputs, endpoints, httpUrl };
  writeFileSync(join(folder, 'runtime.json'), JSON.stringify(facts));
  return (...args: readonly string[]): Promise<string> =>
    run(process.execPath, [SCRIPT, 'admin', ...args, '--data', folder]).then(
      ({ stdout }) => stdout.trim(),
      ({ stderr }: { stderr: string }) => stderr.trim(),
    );
}
