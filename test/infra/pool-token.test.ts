import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { REPOSITORY } from './run-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'pool-token-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** In place of the AWS CLI: notes its arguments, one call a line, and answers by the user's name. */
const AWS = `#!/bin/sh
echo "$*" >>"${folder}/calls"
case "$*" in
  *create-user*known*) echo 'An error occurred (UsernameExistsException)' >&2; exit 254 ;;
  *create-group*) echo 'An error occurred (GroupExistsException)' >&2; exit 254 ;;
  *create-user*refused*) echo 'An error occurred (AccessDeniedException)' >&2; exit 254 ;;
  *initiate-auth*) echo the-token ;;
  *) echo '{"User": {}}' ;;
esac
`;
writeFileSync(join(folder, 'aws'), AWS, { mode: 0o755 });

function run(
  ...args: string[]
): Promise<{ exitCode: number; stdout: string; stderr: string; calls: string[] }> {
  writeFileSync(join(folder, 'calls'), '');
  return new Promise((resolve) => {
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    execFile('sh', ['scripts/pool-token.sh', ...args], { cwd: REPOSITORY, env }, (error, stdout, stderr) => {
      const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean);
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr, calls });
    });
  });
}

describe('scripts/pool-token.sh', () => {
  it('creates the user with a password that the pool accepts, and prints the token only', async () => {
    const { exitCode, stdout, calls } = await run('pool', 'client', 'verify-1');
    expect([exitCode, stdout]).toEqual([0, 'the-token\n']);
    const password = /--password (\S+)/.exec(calls[1] ?? '')?.[1] ?? '';
    // lib/identity.ts: 12 characters of four kinds.
    expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{12,}$/);
    expect(calls.map((call) => call.split(' ')[1])).toEqual([
      'admin-create-user',
      'admin-set-user-password',
      'admin-initiate-auth',
    ]);
    expect(calls[2]).toContain(`USERNAME=verify-1,PASSWORD=${password}`);
    // The client that the stack makes allows this flow, and no other with a password (lib/identity.ts).
    expect(calls[2]).toContain('--auth-flow ADMIN_USER_PASSWORD_AUTH');
  });

  it('accepts that user and group exist, and puts the user into each group', async () => {
    const { exitCode, stdout, calls } = await run('pool', 'client', 'known', 'agent', 'supervisor');
    expect([exitCode, stdout]).toEqual([0, 'the-token\n']);
    const joined = calls.filter((call) => call.includes('admin-add-user-to-group'));
    expect(joined.map((call) => call.split('--group-name ')[1])).toEqual(['agent', 'supervisor']);
  });

  it('stops at any other error and shows it', async () => {
    const { exitCode, stdout, stderr, calls } = await run('pool', 'client', 'refused');
    expect([exitCode, stdout, calls.length]).toEqual([1, '', 1]);
    expect(stderr).toContain('AccessDeniedException');
  });

  it('prints how to use it', async () => {
    const { exitCode, stderr } = await run('pool');
    expect([exitCode, stderr]).toEqual([
      2,
      'Usage: sh scripts/pool-token.sh POOL_ID CLIENT_ID USER [GROUP...]\n',
    ]);
  });
});
