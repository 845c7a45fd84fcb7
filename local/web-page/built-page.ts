import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, OperatorError } from '../operator-error.ts';

/** Sources of the page, relative to the project's folder. */
const SOURCES = [
  'web/index.html',
  'web/vite.config.ts',
  'web/public',
  'web/src',
  'client/src',
  'protocol',
  'package-lock.json',
];

/**
 * The folder of the built page. In the repository, rebuilds it if a source is newer, which takes a second.
 * @throws {OperatorError} with the end of the builder's output if it fails
 */
export async function builtPage(projectDirectory: string, signal?: AbortSignal): Promise<string> {
  const directory = join(projectDirectory, 'web/dist');
  const isPackage = !existsSync(join(projectDirectory, 'web/vite.config.ts'));
  if (isPackage || isFresh(projectDirectory, join(directory, 'index.html'))) return directory;
  // Build next to it, then rename: another runtime may be reading or building the same page.
  const made = `${directory}.${randomUUID()}`;
  try {
    await build(join(projectDirectory, 'web'), made, signal);
    rmSync(directory, { recursive: true, force: true });
    renameSync(made, directory);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    signal?.throwIfAborted();
    throw new OperatorError(`Cannot build the web page: ${messageOf(error)}`, { cause: error });
  }
  return directory;
}

/** Builds in a separate process, which frees the bundler's threads and memory when it ends. */
async function build(
  webDirectory: string,
  outDirectory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js');
  const args = [vite, 'build', webDirectory, '--outDir', outDirectory, '--emptyOutDir', '--logLevel', 'warn'];
  // A test runner's NODE_ENV would select React's development build.
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, args, { cwd: webDirectory, env, ...(signal && { signal }) });
}

function isFresh(projectDirectory: string, built: string): boolean {
  if (!existsSync(built)) return false;
  const builtAtMs = statSync(built).mtimeMs;
  return SOURCES.every((source) => newestMs(join(projectDirectory, source)) <= builtAtMs);
}

function newestMs(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0;
  // The folder's own time changes when a file is removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
