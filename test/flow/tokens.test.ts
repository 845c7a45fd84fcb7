import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenOptions } from '../../local/dev-issuer.ts';
import { openSocket, RefusedError, type SocketOptions } from './setup/socket.ts';
import { newUser, type Stack, sharedStack } from './setup/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
});
afterAll(() => stack?.stop());

const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;

/** What both ends answer to a bearer header, or to several. */
async function answersTo(authorization: string | string[]) {
  const headers = { authorization } as Record<string, string>;
  return Promise.all([
    statusOfUpgrade({ protocols: [], headers }),
    statusOfRequest(headers, 'GET', '/session'),
    statusOfRequest(headers, 'POST', '/poll'),
  ]);
}

const statusOfUpgrade = (options: Partial<SocketOptions>) =>
  openSocket(stack.wsUrl, options).then(
    () => 101,
    (error: unknown) => (error instanceof RefusedError ? error.status : Promise.reject(error)),
  );

/** `fetch` would join repeated headers itself. */
const statusOfRequest = (headers: Record<string, string>, method: string, path: string) =>
  new Promise((resolve, reject) => {
    request(stack.httpUrl + path, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      response.on('end', () => {
        const { code } = JSON.parse(body);
        // The poll lacks a body: refused after its token was accepted.
        const isAccepted = response.statusCode === 200 || code === 'bad_frame';
        resolve(isAccepted ? 'accepted' : [response.statusCode, code]);
      });
    })
      .on('error', reject)
      .end();
  });

const ACCEPTED = [101, 'accepted', 'accepted'];
const REFUSED = [401, [401, 'unauthorized'], [401, 'unauthorized']];

describe('a token gets the same answer from the socket, the HTTP API, and the poll, when it', () => {
  const cases: readonly [string, TokenOptions, unknown][] = [
    ['is in order', {}, ACCEPTED],
    ['is for one of several audiences', { claims: { aud: ['other', 'serverless-im-dev'] } }, ACCEPTED],
    [
      "has Cognito's client_id in place of aud",
      { claims: { aud: undefined, client_id: 'serverless-im-dev' } },
      ACCEPTED,
    ],
    ['is an access token of Cognito', { claims: { token_use: 'access' } }, ACCEPTED],
    ['is an id token of Cognito', { claims: { token_use: 'id' } }, REFUSED],
    ['was issued two seconds ahead, by a clock that is', { claims: { iat: seconds(2) } }, ACCEPTED],
    ['was issued in the future', { claims: { iat: seconds(600) } }, REFUSED],
    ['is not yet valid', { claims: { nbf: seconds(600) } }, REFUSED],
    ['has expired', { expiresInSeconds: -1 }, REFUSED],
    ['never expires', { claims: { exp: undefined } }, REFUSED],
    ['is for another audience', { claims: { aud: 'shop' } }, REFUSED],
    ['is of another issuer', { claims: { iss: 'https://evil.example' } }, REFUSED],
    ['has a number as its user', { claims: { sub: 7 } }, REFUSED],
    ['has a list as its user', { claims: { sub: ['alice'] } }, REFUSED],
    ['has a user id with a colon', { claims: { sub: 'a:b' } }, REFUSED],
    ['is of system, which is no user', { claims: { sub: 'system' } }, REFUSED],
    ['names an extension that must be understood', { header: { crit: ['x'], x: 1 } }, REFUSED],
    ['names no key', { header: { kid: undefined } }, REFUSED],
    ['names an unknown key', { header: { kid: 'other' } }, REFUSED],
  ];
  it.each(cases)('%s (IM-CONN-2, IM-REFUSE-1)', async (_, options, answers) => {
    expect(await answersTo(`Bearer ${await stack.token(newUser('alice'), options)}`)).toEqual(answers);
  });

  it('comes twice, with another scheme, or not at all (IM-CONN-1, IM-REFUSE-13)', async () => {
    const token = await stack.token(newUser('alice'));
    expect(await answersTo([`Bearer ${token}`, `Bearer ${token}`])).toEqual(REFUSED);
    expect(await answersTo(['Bearer other', `Bearer ${token}`])).toEqual(REFUSED);
    expect(await answersTo(`Basic ${token}`)).toEqual(REFUSED);
    expect(await answersTo(token)).toEqual(REFUSED);
    expect(await answersTo([])).toEqual(REFUSED);
  });
});

describe('a role', () => {
  it('with a space is one role that nobody has, over the socket and over HTTP (IM-ROLE)', async () => {
    const ann = newUser('ann');
    const roles = ['agent supervisor'];
    const headers = { authorization: `Bearer ${await stack.token(ann, { roles })}` };
    const response = await fetch(`${stack.httpUrl}/desk/queues`, { headers });
    expect([response.status, (await response.json()).code]).toEqual([403, 'forbidden']);
    const socket = await stack.open(ann, { token: await stack.token(ann, { roles }) });
    expect(await socket.request({ action: 'desk.away' })).toMatchObject({ code: 'forbidden' });
  });
});
