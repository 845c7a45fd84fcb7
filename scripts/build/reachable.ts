import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What a folder's modules import, by the module's path from it. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The modules that can be reached from these, and the packages that each imports. */
export async function reachableFrom(folder: string, entries: readonly string[]): Promise<Imports> {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [...entries],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    outdir: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const packagesIn = ({ imports }: (typeof metafile.inputs)[string]) =>
    imports.filter(({ external, path }) => external && !path.startsWith('node:')).map(({ path }) => path);
  return new Map(Object.entries(metafile.inputs).map(([path, input]) => [path, packagesIn(input)]));
}

/** Removes the modules that the compiler made only for their types. */
export async function keepReachable(folder: string, entries: readonly string[]): Promise<void> {
  const kept = await reachableFrom(folder, entries);
  for (const path of globSync('**/*.js', { cwd: folder })) if (!kept.has(path)) rmSync(join(folder, path));
}
