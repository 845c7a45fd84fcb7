import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const run = promisify(execFile);
const REPOSITORY = resolve(import.meta.dirname, '../../..');

declare module 'vitest' {
  interface ProvidedContext {
    readonly packages: Packages;
  }
}

export interface Packages {
  /** The tarballs that would be published. */
  readonly root: string;
  readonly client: string;
  /** The folder of a user's project, in which both are installed. */
  readonly project: string;
}

/** What a user's project has besides: of the repository's versions, which are in npm's cache. */
const BESIDES = ['aws-cdk-lib', 'constructs', 'react', '@types/react', '@types/node'];

export default async function installOnce(project: TestProject): Promise<void> {
  project.provide('packages', await install(mkdtempSync(join(tmpdir(), 'serverless-im-packages-'))));
}

/** Packs both packages as `npm publish` does, and installs them as a user does. */
async function install(folder: string): Promise<Packages> {
  const [root, client] = await Promise.all([pack(folder, 'root'), pack(folder, 'client', '-w', 'client')]);
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  await npm(project, 'install', '--prefer-offline', root, client, ...BESIDES.map(asInRepository));
  return { root, client, project };
}

async function pack(folder: string, name: string, ...args: readonly string[]): Promise<string> {
  const destination = join(folder, name);
  mkdirSync(destination);
  await npm(REPOSITORY, 'pack', '--pack-destination', destination, ...args);
  const [file = ''] = readdirSync(destination);
  return join(destination, file);
}

export async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  await run('npm', [...args, '--no-audit', '--no-fund'], { cwd, maxBuffer: 2 ** 26 });
}

/** The version of the repository, which is in npm's cache. */
export function asInRepository(name: string): string {
  const path = join(REPOSITORY, 'node_modules', name, 'package.json');
  const manifest: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return `${name}@${manifest.version}`;
}
