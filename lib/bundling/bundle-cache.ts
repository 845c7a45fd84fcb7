import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { BuildOptions, Metafile } from 'esbuild';
import { esbuild } from './esbuild.ts';

/** Sources of every bundle, beside those of its modules' own folder. */
const SHARED_FOLDERS = ['protocol', 'lib/bundling'];
/** What is as young may be in use by another process. */
const IN_USE_MS = 3_600_000;

/**
 * Builds bundles, unless they were built before of the same sources and packages: esbuild takes half of a synth's time, and a suite
 * synthesizes often. They lie below `node_modules/.cache`; `npm ci` deletes them. Where npm has not installed the packages,
 * each call builds.
 * @param name of the set
 * @param folders of the sources, from the root
 * @param options whose paths are absolute, without `outdir`
 * @returns the folder with the output
 * @throws if a bundle has a source of another folder: its change would not be seen
 */
export function buildOnce(
  root: string,
  name: string,
  folders: readonly string[],
  options: BuildOptions,
): string {
  const cache = join(root, 'node_modules', '.cache', 'serverless-im');
  const sources = [...new Set([...folders, ...SHARED_FOLDERS])];
  const folder = join(cache, `${name}-${fingerprint(root, sources, options)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  forgetOthers(cache, name);
  const built = mkdtempSync(join(cache, 'building-'));
  try {
    const { metafile } = esbuild().buildSync({ ...options, outdir: built, metafile: true });
    refuseOthers(metafile, sources);
    renameSync(built, folder);
  } catch (error) {
    rmSync(built, { recursive: true, force: true });
    // Another process was first.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function fingerprint(root: string, sources: readonly string[], options: BuildOptions): string {
  const hash = createHash('sha256').update(JSON.stringify([esbuild().version, options]));
  const patterns = sources.map((folder) => `${folder}/**/*.{ts,js,json}`);
  // npm's list of what is installed. Other package managers write none: then nothing tells that a package has changed.
  const installed = join(root, 'node_modules', '.package-lock.json');
  hash.update(existsSync(installed) ? readFileSync(installed) : randomUUID());
  for (const file of globSync(patterns, { cwd: root }).sort())
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Each change of a source leaves 30 MB. */
function forgetOthers(cache: string, name: string): void {
  for (const entry of globSync([`${name}-*`, 'building-*'], { cwd: cache })) {
    const old = join(cache, entry);
    if (Date.now() - statSync(old).mtimeMs > IN_USE_MS) rmSync(old, { recursive: true, force: true });
  }
}

function refuseOthers({ inputs }: Metafile, sources: readonly string[]): void {
  const isKnown = (file: string) =>
    file.includes('node_modules/') || sources.some((folder) => file.startsWith(`${folder}/`));
  const other = Object.keys(inputs).find((file) => !isKnown(file));
  if (other !== undefined) throw new Error(`${other} is in a bundle, but not in ${sources.join(', ')}`);
}
