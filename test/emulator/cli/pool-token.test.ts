import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

type Call = readonly [action: string, body: Readonly<Record<string, unknown>>];

/** In place of Cognito: notes the calls, and answers by the user's name. */
describe('token --pool', () => {
  let calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const body = (await json(request)) as Call[1];
    calls.push([action, body]);
    const isKnown = body['Username'] === 'known' || action === 'CreateGroup';
    const refuse = (type: string) =>
      response.writeHead(400).end(JSON.stringify({ __type: type, message: 'no' }));
    if (body['Username'] === 'refused') return refuse('NotAuthorizedException');
    if (action === 'AdminCreateUser' && isKnown) return refuse('UsernameExistsException');
    if (action === 'CreateGroup') return refuse('GroupExistsException');
    response.end(JSON.stringify({ AuthenticationResult: { AccessToken: 'the-token' } }));
  });
  beforeAll(async () => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void server.close());
  beforeEach(() => {
    calls = [];
  });

  const token = (...args: readonly string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const { port } = server.address() as AddressInfo;
      const env = {
        ...{ PATH: process.env['PATH'], AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a' },
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `http://127.0.0.1:${port}`,
      };
      execFile(process.execPath, ['cli/main.ts', 'token', ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it('creates the user with a password that the pool accepts, and prints the token only', async () => {
    expect(await token('verify-1', '--pool', 'P', '--client', 'C')).toEqual({
      code: 0,
      stdout: 'the-token\n',
      stderr: '',
    });
    expect(calls.map(([action]) => action)).toEqual([
      'AdminCreateUser',
      'AdminSetUserPassword',
      'AdminInitiateAuth',
    ]);
    const { Password } = calls[1]?.[1] ?? {};
    // lib/identity.ts: 12 characters of four kinds.
    expect(Password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{12,}$/);
    // The client that the stack makes allows this flow, and no other with a password.
    expect(calls[2]?.[1]).toMatchObject({
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'verify-1', PASSWORD: Password },
    });
  });

  it('accepts that user and group exist, and puts the user into each group', async () => {
    const { stdout } = await token('known', '--roles', 'agent,supervisor', '--pool', 'P', '--client', 'C');
    expect(stdout).toBe('the-token\n');
    const joined = calls.filter(([action]) => action === 'AdminAddUserToGroup');
    expect(joined.map(([, { GroupName }]) => GroupName)).toEqual(['agent', 'supervisor']);
  });

  it('says any other refusal in one line', async () => {
    const { code, stdout, stderr } = await token('refused', '--pool', 'P', '--client', 'C');
    expect([code, stdout, calls.length]).toEqual([1, '', 1]);
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
