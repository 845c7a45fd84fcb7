import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type DeploymentOptions, deploymentOf } from '../../../cli/verify/deployment.ts';
import { serveTokens } from '../../../cli/verify/token-server.ts';
import { commandTokens, poolTokens } from '../../../cli/verify/tokens.ts';
import { temporaryFolder } from '../runtime/bundle.ts';
import { type Answers, fakeAccount, stack } from './fake-account.ts';
import { type FakePoolOptions, fakePool } from './fake-pool.ts';

const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'AKIA',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-central-1',
  AWS_MAX_ATTEMPTS: '1',
};
beforeEach(() => {
  vi.stubEnv('HOME', temporaryFolder());
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

const find = (options: Partial<DeploymentOptions>) => deploymentOf({ data: temporaryFolder(), ...options });

async function findIn(answers: Answers, options: Partial<DeploymentOptions> = {}) {
  vi.stubEnv('AWS_ENDPOINT_URL', await fakeAccount(answers));
  return find({ stack: 'ServerlessIm', ...options });
}

const URLS = { HttpUrl: 'https://h.example.com/', WebSocketUrl: 'wss://w.example.com/prod' };

describe('the deployment that verify looks at', () => {
  it('is a stack of the account, by its outputs', async () => {
    const outputs = { ...URLS, UserPoolId: 'P', UserPoolClientId: 'C' };
    expect(await findIn({ DescribeStacks: stack('CREATE_COMPLETE', outputs) })).toMatchObject({
      httpUrl: 'https://h.example.com',
      wsUrl: URLS.WebSocketUrl,
      tokens: { hasRoles: true },
    });
  });

  it('of an issuer of its own needs a command for tokens', async () => {
    const answers = { DescribeStacks: stack('CREATE_COMPLETE', URLS) };
    await expect(findIn(answers)).rejects.toThrow('needs --token-command');
    expect(await findIn(answers, { 'token-command': 'echo {user}' })).toMatchObject({
      tokens: { hasRoles: false },
    });
  });

  it.each<[string, Partial<DeploymentOptions>, RegExp]>([
    ['no stack of this name', { stack: 'ServerlessIm' }, /^There is no stack ServerlessIm in this account/],
    ['two deployments', { stack: 'S', http: 'https://a' }, /^--stack finds URLs/],
    ['half a pool', { http: 'https://a', pool: 'P' }, /^A user pool needs --pool and --client\.$/],
    ['a pool of no deployment', { pool: 'P', client: 'C' }, /^It takes --http, too\.$/],
    ['a command for one user', { 'token-command': 'echo a' }, /^--token-command must hold \{user\}/],
    ['no stack on this machine', {}, /^No stack runs with the data folder/],
  ])('is none for %s', async (_, options, message) => {
    vi.stubEnv('AWS_ENDPOINT_URL', await fakeAccount());
    await expect(find(options)).rejects.toThrow(message);
  });
});

describe('the tokens of a command', () => {
  it('are asked for once for each user with these roles', async () => {
    const { token, hasRoles } = commandTokens("node -p 'process.hrtime.bigint()+`.{user}.{roles}`'");
    const first = await token('alice', ['agent']);
    expect(first).toMatch(/^\d+\.alice\.agent$/);
    expect(await token('alice', ['agent'])).toBe(first);
    expect(await token('alice', [])).not.toBe(first);
    expect(hasRoles).toBe(true);
  });

  it.each([
    ['echo no key >&2; exit 3 # {user}', 'The token command failed: no key'],
    ['echo {user} and more', 'The token command must print a token, and nothing else.'],
    ['echo {user}…', 'The token command must print a token, and nothing else.'],
  ])('are refused in one line: %s', async (command, line) => {
    await expect(commandTokens(command).token('alice', [])).rejects.toThrow(line);
  });

  it('are not waited for in the end: a command may hang', async () => {
    const { token, end } = commandTokens('sleep 30 # {user}');
    const late = token('alice', []);
    onTestFinished(() => void late.catch(() => undefined));
    await end();
    await expect(token('bob', [])).rejects.toThrow('The verification is over.');
  });

  it('are given to the tests that know the URL, and to nobody else', async () => {
    const { url, close } = await serveTokens(async (userId, roles) => [userId, ...roles].join('.'));
    onTestFinished(close);
    const ask = (of: string) =>
      fetch(of, { method: 'POST', body: JSON.stringify({ userId: 'alice', roles: ['agent'] }) });
    expect(await (await ask(url)).text()).toBe('alice.agent');
    expect((await ask(new URL('/', url).href)).status).toBe(404);
  });
});

describe('the users that verify makes in a user pool', () => {
  async function tokensOf(options: FakePoolOptions) {
    const pool = await fakePool(options);
    onTestFinished(() => pool.close());
    for (const [name, value] of Object.entries(pool.environment)) vi.stubEnv(name, value);
    return { pool, tokens: poolTokens({ pool: 'P', client: 'C' }) };
  }

  it('are deleted in the end, also one that was being made, but none that was there before', async () => {
    const refusal: FakePoolOptions['refusal'] = (action, userId) =>
      action === 'AdminCreateUser' && userId === 'old' ? 'UsernameExistsException' : undefined;
    const { pool, tokens } = await tokensOf({ refusal });
    await tokens.token('old', []);
    await tokens.token('new', []);
    const unheard = tokens.token('last', []);
    await tokens.end();
    expect(pool.usersOf('AdminDeleteUser')).toEqual(['new', 'last']);
    await unheard;
    await expect(tokens.token('late', [])).rejects.toThrow('The verification is over.');
  });

  it('are named if they can’t be deleted', async () => {
    const refusal: FakePoolOptions['refusal'] = (action) =>
      action === 'AdminDeleteUser' ? 'TooManyRequestsException' : undefined;
    const { tokens } = await tokensOf({ refusal });
    await tokens.token('a', []);
    await expect(tokens.end()).rejects.toThrow('Delete these users of the pool P yourself: a (no)');
  });
});
