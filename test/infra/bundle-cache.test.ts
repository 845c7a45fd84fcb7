import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { buildOnce } from '../../lib/bundling/bundle-cache.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bundle-cache-'));
  for (const folder of ['node_modules', 'lambdas', 'protocol', 'lib/bundling', 'elsewhere'])
    mkdirSync(join(root, folder), { recursive: true });
  write('node_modules/.package-lock.json', '{}');
  write('lambdas/one.ts', "import { LIMIT } from '../protocol/limits.ts'; console.log(LIMIT);");
  write('protocol/limits.ts', 'export const LIMIT = 1;');
  write('elsewhere/limits.ts', 'export const LIMIT = 3;');
});
const write = (file: string, text: string) => writeFileSync(join(root, file), text);
const build = (more: { readonly minify?: boolean } = {}) =>
  buildOnce(root, 'plain', ['lambdas'], {
    absWorkingDir: root,
    entryPoints: [join(root, 'lambdas/one.ts')],
    bundle: true,
    logLevel: 'silent',
    ...more,
  });
const bundleIn = (folder: string) => readFileSync(join(folder, 'one.js'), 'utf8');

describe('bundles of the repository', () => {
  it('are built once of the same sources', () => {
    const folder = build();
    const { ctimeMs } = statSync(join(folder, 'one.js'));
    expect(build()).toBe(folder);
    expect(statSync(join(folder, 'one.js')).ctimeMs).toBe(ctimeMs);
  });

  it.each([
    ['a source', () => write('lambdas/one.ts', 'console.log(2);')],
    ['a source that it imports', () => write('protocol/limits.ts', 'export const LIMIT = 2;')],
  ])('are built again when %s changes', (_, change) => {
    const before = build();
    change();
    const after = build();
    expect(after).not.toBe(before);
    expect(bundleIn(before)).toContain('1');
    expect(bundleIn(after)).toContain('2');
  });

  it('are built again with other packages, and with other options', () => {
    const folders = [build(), build({ minify: true })];
    write('node_modules/.package-lock.json', '{"packages":{}}');
    expect(new Set([...folders, build()]).size).toBe(3);
  });

  it('are built each time where npm has not installed the packages', () => {
    rmSync(join(root, 'node_modules/.package-lock.json'));
    expect(build()).not.toBe(build());
  });

  it('have no source whose change would not be seen', () => {
    write('lambdas/one.ts', "import { LIMIT } from '../elsewhere/limits.ts'; console.log(LIMIT);");
    expect(() => build()).toThrow(
      'elsewhere/limits.ts is in a bundle, but not in lambdas, protocol, lib/bundling',
    );
  });

  it('are not kept if the build fails', () => {
    write('lambdas/one.ts', 'const;');
    expect(() => build()).toThrow('Build failed');
    expect(() => build()).toThrow('Build failed');
  });
});
