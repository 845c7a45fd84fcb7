/** `npm run build`: the published package in `dist/`, with ready bundles of the functions and of the web page. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bundleFolder, PLAIN_SET } from '../lib/bundling/function-bundles.ts';
import { HANDLER_BUNDLES } from '../lib/bundling/handler-bundles.ts';
import { ENTRIES, TYPED_ENTRIES } from './build/entries.ts';
import { notices } from './build/notices.ts';
import { keepTypesOf } from './build/public-types.ts';
import { keepReachable } from './build/reachable.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const { resolve: find } = createRequire(import.meta.url);

// What this makes is the same whoever makes it.
process.umask(0o022);
rmSync(DIST, { recursive: true, force: true });
say('types');
run(join(dirname(find('typescript/package.json')), 'bin/tsc'), '-p', 'tsconfig.build.json');
keepTypesOf(DIST, TYPED_ENTRIES);
await keepReachable(DIST, ENTRIES);
say('bundles of the functions');
makeBundles();
say('the web page');
run(
  join(dirname(find('vite/package.json')), 'bin/vite.js'),
  ...['build', 'web', '--outDir', join(DIST, 'web/dist'), '--emptyOutDir', '--logLevel', 'error'],
);
say('the reference of the API');
writeAppOfRuntime();
run(join(ROOT, 'scripts/api-docs.ts'), join(DIST, 'api-docs'));
writeFileSync(join(DIST, 'THIRD-PARTY-NOTICES.txt'), `${notices(ROOT, sourcesOfBundles())}\n`);
chmodSync(join(DIST, 'cli/main.js'), 0o755);

/** It takes a minute; on stderr, since programs read what `npm pack` prints. */
function say(step: string): void {
  console.error(`… ${step}`);
}

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

function sourcesOfBundles(): readonly string[] {
  const maps = globSync('bundles/**/index.mjs.map', { cwd: DIST });
  return maps.flatMap((path) => {
    const map: { readonly sources: readonly string[] } = JSON.parse(readFileSync(join(DIST, path), 'utf8'));
    return map.sources;
  });
}

/** The app that the local runtime synthesizes by default. */
function writeAppOfRuntime(): void {
  const cdk: object = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
  writeFileSync(
    join(DIST, 'cdk.json'),
    `${JSON.stringify({ ...cdk, app: 'node bin/packaged.js' }, null, 2)}\n`,
  );
}
