import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deployment } from './setup/deployment.ts';
import { openSocket, RefusedError, type SocketOptions } from './setup/socket.ts';
import { ALLOWED_ORIGIN, type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const statusOf = (options: Partial<SocketOptions>) =>
  openSocket(stack.wsUrl, options).then(
    () => 101,
    (error: unknown) => (error instanceof RefusedError ? error.status : Promise.reject(error)),
  );

describe('an upgrade', () => {
  it('accepts the token as a subprotocol and answers im.v1, never the token (IM-CONN-1)', async () => {
    const socket = await stack.open(newUser('alice'));
    expect(socket.raw.protocol).toBe('im.v1');
  });

  it('accepts a bearer header without a subprotocol, as native clients send it (IM-CONN-1)', async () => {
    const token = await stack.token(newUser('alice'));
    const socket = await openSocket(stack.wsUrl, {
      protocols: [],
      headers: { authorization: `Bearer ${token}` },
    });
    expect(socket.raw.protocol).toBe('');
    expect(await socket.request({ action: 'hello' })).toMatchObject({ type: 'welcome' });
  });

  it.each([
    ['no credential', () => ({ protocols: [] })],
    ['a token without im.v1', (token: string) => ({ protocols: [`im.token.${token}`] })],
    ['two credentials', (token: string) => ({ token, headers: { authorization: `Bearer ${token}` } })],
    ['a malformed token', () => ({ token: 'abc' })],
  ])('with %s is refused with 401 (IM-CONN-1, IM-CONN-2, IM-REFUSE-13)', async (_, options) => {
    expect(await statusOf(options(await stack.token(newUser('alice'))))).toBe(401);
  });

  it.skipIf(deployment)(
    'with an expired or forged token is refused with 401 and stores no route (IM-CONN-2, IM-REFUSE-1)',
    async () => {
      const bob = newUser('bob');
      expect(await statusOf({ token: await stack.token(bob, { expiresInSeconds: -1 }) })).toBe(401);
      const [header, payload] = (await stack.token(bob)).split('.');
      const signature = createHash('sha256').update('forged').digest('base64url');
      expect(await statusOf({ token: `${header}.${payload}.${signature}` })).toBe(401);
      const alice = await stack.join(newUser('alice'));
      await alice.request({
        action: 'sendMessage',
        clientMsgId: 'c',
        to: bob,
        content: { type: 'text', text: 'hi' },
      });
      await stack.inboxHolds(bob, 1);
    },
  );

  it.skipIf(deployment)(
    'from a foreign origin is refused with 403 before its token is checked (IM-CONN-2, IM-REFUSE-2)',
    async () => {
      const token = await stack.token(newUser('alice'));
      expect(await statusOf({ token, headers: { origin: 'https://evil.example' } })).toBe(403);
      expect(await statusOf({ protocols: [], headers: { origin: 'https://evil.example' } })).toBe(403);
      expect(await statusOf({ token, headers: { origin: ALLOWED_ORIGIN } })).toBe(101);
    },
  );

  it.each([
    ['deviceId', { query: { deviceId: 'a b' } }],
    ['deviceId of 65 characters', { query: { deviceId: 'd'.repeat(65) } }],
    ['empty deviceId', { query: { deviceId: '' } }],
    ['mode', { query: { mode: 'fancy' } }],
  ])(
    'with a malformed %s is refused with 400 once its token is valid, and with 401 before (IM-CONN-2)',
    async (_, options) => {
      expect(await statusOf({ ...options, token: await stack.token(newUser('alice')) })).toBe(400);
      expect(await statusOf({ ...options, token: 'abc' })).toBe(401);
    },
  );

  it('without a device id gets one from the server (section 1)', async () => {
    const alice = newUser('alice');
    const first = await (await stack.open(alice)).request({ action: 'hello' });
    const second = await (await stack.open(alice)).request({ action: 'hello' });
    expect(first.deviceId).toMatch(/^[0-9A-Z]{26}$/);
    expect(second.deviceId).not.toBe(first.deviceId);
  });

  it('on the same device replaces the old session, which is notified and closed (IM-CONN-4)', async () => {
    const alice = newUser('alice');
    const old = await stack.join(alice, { deviceId: 'phone' });
    const fresh = await stack.join(alice, { deviceId: 'phone' });
    const closed = await old.frame(({ type }) => type === 'session.closed');
    expect(closed).toEqual({ type: 'session.closed', code: 'replaced', reconnect: false });
    await old.closed;
    expect(await fresh.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
  });

  it("with `replaces` supersedes the user's own connection (IM-CONN-4)", async () => {
    const alice = newUser('alice');
    const old = await stack.open(alice, { deviceId: 'phone' });
    const { connectionId } = await old.request({ action: 'hello' });
    await stack.join(alice, { deviceId: 'phone', replaces: connectionId });
    const closed = await old.frame(({ type }) => type === 'session.closed');
    expect(closed).toEqual({ type: 'session.closed', code: 'superseded', reconnect: false });
    await old.closed;
  });

  it('leaves other devices connected, since each has its own session (IM-CONN-3)', async () => {
    const alice = newUser('alice');
    const phone = await stack.join(alice, { deviceId: 'phone' });
    const laptop = await stack.join(alice, { deviceId: 'laptop' });
    for (const socket of [phone, laptop]) {
      expect(await socket.request({ action: 'heartbeat' })).toMatchObject({ type: 'heartbeat' });
    }
  });

  it('is undone by a close, which removes that route only, so the next message goes to the inbox (IM-CONN-5)', async () => {
    const [alice, bob] = [newUser('alice'), newUser('bob')];
    const sender = await stack.join(alice);
    await (await stack.join(bob)).close();
    await sender.request({
      action: 'sendMessage',
      clientMsgId: 'c',
      to: bob,
      content: { type: 'text', text: 'hi' },
    });
    await stack.inboxHolds(bob, 1);
  });
});

describe('GET /session', () => {
  it("returns the caller's identity and the URL to connect to (IM-CONN-7)", async () => {
    const alice = newUser('alice');
    const { status, body } = await stack.http(alice, '/session?deviceId=phone');
    expect(status).toBe(200);
    expect(body).toEqual({
      userId: alice,
      wsUrl: stack.wsUrl,
      serverTime: expect.any(Number),
      heartbeatIntervalMs: 480_000,
    });
  });

  it.skipIf(deployment)(
    'gives a browser the reason for a failed upgrade, which the upgrade itself cannot (IM-CONN-7)',
    async () => {
      const badDevice = await stack.http(newUser('alice'), '/session?deviceId=a%20b');
      expect(badDevice).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', issues: [{ path: 'deviceId' }] },
      });
      const response = await fetch(`${stack.httpUrl}/session`, { headers: { authorization: 'Bearer abc' } });
      expect([response.status, (await response.json()).code]).toEqual([401, 'unauthorized']);
      const foreign = await stack.http(newUser('alice'), '/session', {
        headers: { origin: 'https://evil.example' },
      });
      expect(foreign).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    },
  );
});
