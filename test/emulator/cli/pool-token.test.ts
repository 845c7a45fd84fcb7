/** @module-tag long */
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakePool, fakePool } from './fake-pool.ts';

describe('token --pool', () => {
  let pool: FakePool;
  beforeAll(async () => {
    pool = await fakePool({ refusal: refusalOf });
  });
  afterAll(() => pool?.close());
  beforeEach(() => pool.reset());

  const token = (...args: readonly string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = pool.environment;
      execFile(process.execPath, ['cli/main.ts', 'token', ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it('creates the user with a password that the pool accepts, and prints the token only', async () => {
    expect(await token('verify-1', '--pool', 'P', '--client', 'C')).toEqual({
      code: 0,
      stdout: 'the-token\n',
      // A busy machine takes more than a second, and says so.
      stderr: expect.stringMatching(/^(… the user pool\n)?$/),
    });
    expect(pool.calls.map(([action]) => action)).toEqual([
      'AdminCreateUser',
      'AdminSetUserPassword',
      'AdminInitiateAuth',
    ]);
    const { Password } = pool.calls[1]?.[1] ?? {};
    // lib/identity.ts: 12 characters of four kinds.
    expect(Password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{12,}$/);
    // The client that the stack makes allows this flow, and no other with a password.
    expect(pool.calls[2]?.[1]).toMatchObject({
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'verify-1', PASSWORD: Password },
    });
  });

  it('accepts that user and group exist, and puts the user into each group', async () => {
    const { stdout } = await token('known', '--roles', 'agent,supervisor', '--pool', 'P', '--client', 'C');
    expect(stdout).toBe('the-token\n');
    const joined = pool.calls.filter(([action]) => action === 'AdminAddUserToGroup');
    expect(joined.map(([, { GroupName }]) => GroupName)).toEqual(['agent', 'supervisor']);
  });

  it('says any other refusal in one line', async () => {
    const { code, stdout, stderr } = await token('refused', '--pool', 'P', '--client', 'C');
    expect([code, stdout, pool.calls.length]).toEqual([1, '', 1]);
    expect(stderr).toBe('serverless-im: No token of the user pool P: no\n');
  });

  it('needs both names of the pool', async () => {
    expect(await token('alice', '--pool', 'P')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'serverless-im: A user pool needs --pool and --client. Help: npm run token -- --help\n',
    });
  });
});

function refusalOf(action: string, userId: unknown): string | undefined {
  if (userId === 'refused') return 'NotAuthorizedException';
  if (action === 'AdminCreateUser' && userId === 'known') return 'UsernameExistsException';
  return action === 'CreateGroup' ? 'GroupExistsException' : undefined;
}
