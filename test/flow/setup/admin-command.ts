import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalRuntime } from '../../../local/runtime.ts';
import { commandLine } from '../../setup/command-line.ts';

/** Runs `npm run admin` against the stack. Resolves to what it prints, or to its error. */
export function adminCommand({
  outputs,
  endpoints,
  httpUrl,
}: Pick<LocalRuntime, 'outputs' | 'endpoints' | 'httpUrl'>) {
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-admin-'));
  const facts = { ready: true, pid: process.pid, outputs, endpoints, httpUrl };
  writeFileSync(join(folder, 'runtime.json'), JSON.stringify(facts));
  return async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await commandLine(['admin', ...args, '--data', folder]);
    return (code === 0 ? stdout : stderr).trim();
  };
}
