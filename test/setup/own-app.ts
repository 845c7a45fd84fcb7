import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_DIRECTORY } from '../../local/infrastructure.ts';

/** Copies an app of this repository to a folder, as a user would: `examples/cdk-app`. Its packages are still missing. */
export function copyApp(path: string, folder: string): void {
  cpSync(join(PROJECT_DIRECTORY, path), folder, { recursive: true });
}

/** Installs this repository and its packages by links, in place of `npm install`. Start the app with `FROM_SOURCE`. */
export function linkPackages(folder: string): void {
  // The CDK bundles functions from the folder with this file on.
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  const link = (name: string, target: string) => {
    const path = join(folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  };
  link('serverless-im', PROJECT_DIRECTORY);
  for (const name of ['aws-cdk-lib', 'constructs', 'esbuild', '@aws-sdk'])
    link(name, join(PROJECT_DIRECTORY, 'node_modules', name));
}

/** Lets `import 'serverless-im'` find the sources. */
export const FROM_SOURCE = { NODE_OPTIONS: '--conditions=serverless-im-source' };

export interface StartedApp {
  /** What `--json` prints. */
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly tokenUrl: string;
  readonly webUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly otherApis: readonly { readonly name: string; readonly url: string }[];
  /** Lines of stderr until it was ready. */
  readonly warnings: readonly string[];
  token(userId: string, roles?: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the command line with `start --app --json` in a folder, and waits until it is ready.
 * @param command of the command line: `npx serverless-im`, or `node cli/main.ts`
 * @throws {Error} with its output if it ends before
 */
export async function startApp(
  folder: string,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedApp> {
  const child = spawn(program, [...args, 'start', '--app', '--json', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const warnings: string[] = [];
  createInterface(child.stderr).on('line', (line) => warnings.push(line));
  const ready = await Promise.race([firstLine(child), once(child, 'exit').then(() => undefined)]);
  if (ready === undefined) throw new Error(warnings.join('\n'));
  const facts = JSON.parse(ready);
  return {
    ...facts,
    warnings: [...warnings],
    token: async (userId, roles) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ userId, roles });
      const answer = await fetch(facts.tokenUrl, { method: 'POST', headers, body });
      return ((await answer.json()) as { token: string }).token;
    },
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string | undefined> {
  if (stdout === null) return undefined;
  for await (const line of createInterface(stdout)) return line;
  return undefined;
}
