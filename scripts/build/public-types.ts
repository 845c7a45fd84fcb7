import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Relative imports of a declaration: the compiler leaves their endings as they are in the source. */
const IMPORTS = /(?<=(?:from|import\(|import) ?['"])(?<path>\.[^'"]+)\.ts(?=['"])/g;

/** Removes the declarations to which the public entries don't refer, and makes the others import `.js`. */
export function keepTypesOf(folder: string, entries: readonly string[]): void {
  const kept = new Set<string>();
  const keep = (file: string): void => {
    if (kept.has(file)) return;
    kept.add(file);
    const text = readFileSync(join(folder, file), 'utf8');
    writeFileSync(join(folder, file), text.replaceAll(IMPORTS, '$<path>.js'));
    for (const { groups } of text.matchAll(IMPORTS)) keep(join(dirname(file), `${groups?.['path']}.d.ts`));
  };
  for (const entry of entries) keep(entry);
  for (const file of globSync('**/*.d.ts', { cwd: folder })) if (!kept.has(file)) rmSync(join(folder, file));
}
