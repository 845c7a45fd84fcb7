/** `npm run build`: the published package in `dist/`, with ready bundles of the functions and of the web page. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bundleFolder, PLAIN_SET } from '../lib/bundling/function-bundles.ts';
import { HANDLER_BUNDLES } from '../lib/bundling/handler-bundles.ts';
import { keepTypesOf } from './build/public-types.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const { resolve: find } = createRequire(import.meta.url);

rmSync(DIST, { recursive: true, force: true });
run(join(dirname(find('typescript/package.json')), 'bin/tsc'), '-p', 'tsconfig.build.json');
keepTypesOf(DIST, ['lib/index.d.ts', 'local/index.d.ts']);
makeBundles();
run(
  join(dirname(find('vite/package.json')), 'bin/vite.js'),
  ...['build', 'web', '--outDir', join(DIST, 'web/dist'), '--emptyOutDir', '--logLevel', 'error'],
);
writeAppOfRuntime();
const command = join(DIST, 'cli/main.js');
if (existsSync(command)) chmodSync(command, 0o755);

function run(script: string, ...args: readonly string[]): void {
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync(process.execPath, [script, ...args], { cwd: ROOT, env, stdio: 'inherit' });
}

/** Most functions are the same in every set, and are there once. */
function makeBundles(): void {
  for (const bundles of HANDLER_BUNDLES) {
    for (const module of bundles.modules) {
      const folder = bundleFolder(DIST, bundles.set, module);
      mkdirSync(folder, { recursive: true });
      bundles.write(module, folder);
      const plain = bundleFolder(DIST, PLAIN_SET, module);
      if (folder !== plain && areEqual(folder, plain)) rmSync(folder, { recursive: true });
    }
  }
}

function areEqual(one: string, other: string): boolean {
  const second = join(other, 'index.mjs');
  return existsSync(second) && readFileSync(second).equals(readFileSync(join(one, 'index.mjs')));
}

/** The app that the local runtime synthesizes by default. */
function writeAppOfRuntime(): void {
  const cdk: object = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
  writeFileSync(
    join(DIST, 'cdk.json'),
    `${JSON.stringify({ ...cdk, app: 'node bin/packaged.js' }, null, 2)}\n`,
  );
}
