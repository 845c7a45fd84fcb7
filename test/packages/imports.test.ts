import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { ENTRIES } from '../../scripts/build/entries.ts';
import { reachableFrom } from '../../scripts/build/reachable.ts';
import { runNode } from '../infra/run-node.ts';

describe('the compiled package, installed', () => {
  const installed = join(inject('packages').project, 'node_modules/serverless-im');
  const manifest: {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly peerDependencies: Readonly<Record<string, string>>;
  } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));

  it('imports nothing that it does not name as a dependency', async () => {
    const imports = await reachableFrom(join(installed, 'dist'), ENTRIES);
    const named = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    const imported = new Set([...imports.values()].flat().map(packageOf));
    expect([...imported].filter((name) => !named.includes(name))).toEqual([]);
  });

  it('finds everything that its entries import', async () => {
    const imports = await reachableFrom(join(installed, 'dist'), ENTRIES);
    const names = [...new Set([...imports.values()].flat())];
    const program = `for (const name of ${JSON.stringify(names)}) await import(name);
      await import('./lib/index.js');
      await import('./local/index.js');`;
    const run = await runNode(join(installed, 'dist'), ['--input-type=module', '-e', program]);
    expect(run).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
