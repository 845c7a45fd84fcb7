import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { REPOSITORY, runNode } from '../infra/run-node.ts';

const tool = (path: string, ...args: readonly string[]) =>
  runNode(REPOSITORY, [join(REPOSITORY, 'node_modules', path), ...args]);

describe.each([
  ['root', ['--profile', 'esm-only']],
  ['client', []],
] as const)('the tarball of %s', (name, profile) => {
  it('is what publint asks for', async () => {
    const run = await tool('publint/src/cli.js', inject('packages')[name], '--strict');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('All good!') });
  });

  it('has types that resolve as its code does', async () => {
    const cli = '@arethetypeswrong/cli/dist/index.js';
    expect(await tool(cli, inject('packages')[name], ...profile)).toMatchObject({ exitCode: 0 });
  });
});
