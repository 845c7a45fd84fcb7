import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';

const npx = (...args: readonly string[]) =>
  promisify(execFile)('npx', ['serverless-im', ...args], { cwd: inject('packages').project });

describe('the command, installed', () => {
  it('is there for npx, and lists its commands', async () => {
    const { stdout } = await npx('--help');
    expect(stdout).toContain('Usage: npx serverless-im COMMAND');
  });

  it('knows the counts and prices from which costs follow', async () => {
    const { stdout } = await npx('cost', '--users', '1000');
    expect(stdout).toContain('dollars a month');
  });
});
