import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { REPOSITORY, runNode } from '../infra/run-node.ts';

const tool = (path: string, ...args: readonly string[]) =>
  runNode(REPOSITORY, [join(REPOSITORY, 'node_modules', path), ...args]);

/** Megabytes of the tarball, and of what it unpacks to: what they were in November 2026, and a tenth more. */
const PACKAGES = [
  {
    name: 'root',
    installed: 'serverless-im',
    profile: ['--profile', 'esm-only'],
    budget: { packed: 8.4, unpacked: 31 },
    folders: ['dist', 'docs', 'protocol'],
  },
  {
    name: 'client',
    installed: '@serverless-im/client',
    profile: [],
    budget: { packed: 0.25, unpacked: 1.1 },
    folders: ['admin', 'desk', 'dist', 'docs', 'polling', 'react'],
  },
] as const;

describe.each(PACKAGES)('the tarball of $installed', ({ name, installed, profile, budget, folders }) => {
  const tarball = inject('packages')[name];
  const folder = join(inject('packages').project, 'node_modules', installed);
  const files = execFileSync('tar', ['-tf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''));

  it('is what publint asks for', async () => {
    const run = await tool('publint/src/cli.js', tarball, '--strict');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('All good!') });
  });

  it('has types that resolve as its code does', async () => {
    expect(await tool('@arethetypeswrong/cli/dist/index.js', tarball, ...profile)).toMatchObject({
      exitCode: 0,
    });
  });

  it('holds what users need, and no sources, tests, or other packages', () => {
    const inFolders = files.filter((path) => path.includes('/'));
    expect([...new Set(inFolders.map((path) => path.split('/')[0]))].sort()).toEqual(folders);
    expect(files.filter((path) => !path.includes('/')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ]);
    expect(files.filter((path) => /(?<!\.d)\.[cm]?tsx?$|\.test\.|(^|\/)node_modules\//.test(path))).toEqual(
      [],
    );
  });

  it('is as small as its budget', () => {
    const sizes = files.map((path) => statSync(join(folder, path)).size);
    const unpacked = sizes.reduce((sum, size) => sum + size, 0);
    expect(statSync(tarball).size).toBeLessThan(budget.packed * 1e6);
    expect(unpacked).toBeLessThan(budget.unpacked * 1e6);
  });
});

describe('both packages', () => {
  const manifestOf = (folder: string): { readonly version: string } =>
    JSON.parse(readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8'));

  it('have the same version and the same licence', () => {
    expect(manifestOf('client').version).toBe(manifestOf('').version);
    expect(readFileSync(join(REPOSITORY, 'client/LICENSE'), 'utf8')).toBe(
      readFileSync(join(REPOSITORY, 'LICENSE'), 'utf8'),
    );
  });
});

describe('the bundles in the package', () => {
  const dist = join(inject('packages').project, 'node_modules/serverless-im/dist');
  const maps = globSync('bundles/**/index.mjs.map', { cwd: dist });

  it('name their sources from the package’s root, so that they are the same from every folder', () => {
    const sources = maps.flatMap((path) => {
      const map: { readonly sources: readonly string[] } = JSON.parse(readFileSync(join(dist, path), 'utf8'));
      return map.sources;
    });
    const roots = sources.map((source) => source.split('/')[0] ?? '');
    expect([...new Set(roots)].sort()).toEqual(['lambdas', 'lib', 'node_modules', 'protocol']);
  });

  it('come with the licences of the code of others in them', () => {
    const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const name of ['@aws-sdk/client-dynamodb', 'aws-jwt-verify', 'react-dom', 'zod'])
      expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(notices).not.toContain(', unknown');
  });
});
