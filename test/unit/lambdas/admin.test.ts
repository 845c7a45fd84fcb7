import { describe, expect, it } from 'vitest';
import type { AdminCallEvent } from '../../../lambdas/domain/model/event.ts';
import { UnavailableError } from '../../../lambdas/shared/errors.ts';
import { aSession, createWorld } from '../../adapters/memory/world.ts';
import { CALLER, line, startAdmin as start } from './admin-api.ts';

const BAN = 'PUT /admin/users/{userId}/ban';
const UNBAN = 'DELETE /admin/users/{userId}/ban';
const LOOK = 'GET /admin/users/{userId}';
const RECALL = 'DELETE /admin/conversations/{conversationId}/messages/{seq}';
const LOG_OUT = 'POST /admin/users/{userId}/log-out';
const ERASE_ONE = 'POST /admin/conversations/{conversationId}/messages/{seq}/erase';
const error = expect.objectContaining({ name: 'UnavailableError' });
const text = (words: string) => ({ type: 'text', text: words });

describe('the audit (IM-ADMIN-2)', () => {
  it('has one line for each call: caller, action, target, and outcome, and no content', async () => {
    const { call, lines } = start();
    const sent = { from: 'alice', to: 'bob', clientMsgId: 'c1', content: text('CANARY') };
    await call('POST /admin/messages', {}, sent);
    await call(BAN, { userId: 'bob' }, { reason: 'CANARY', until: 5 });
    await call(UNBAN, { userId: 'bob' });
    await call(LOOK, { userId: 'bob' });
    await call('PUT /admin/users/{userId}/profile', { userId: 'bob' }, { name: 'CANARY' });
    expect(lines).toEqual([
      line('POST /admin/messages', 'done', { from: 'alice', to: 'bob', clientMsgId: 'c1' }),
      line(BAN, 'done', { userId: 'bob', until: 5 }),
      line(UNBAN, 'done', { userId: 'bob' }),
      line(LOOK, 'done', { userId: 'bob' }),
      line('PUT /admin/users/{userId}/profile', 'done', { userId: 'bob' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('CANARY');
  });

  it('names the group and the members of a call about groups, and not its name', async () => {
    const { call, lines } = start();
    const { body } = await call('POST /admin/groups', {}, { name: 'CANARY', members: ['bob', 'carol'] });
    const { conversationId } = body;
    const group = '/admin/groups/{conversationId}';
    await call(`PATCH ${group}`, { conversationId }, { name: 'CANARY2', admins: ['carol'] });
    await call(`DELETE ${group}/members/{userId}`, { conversationId, userId: 'carol' });
    await call(`POST ${group}/members`, { conversationId }, { members: ['dan'] });
    expect(lines).toEqual([
      line('POST /admin/groups', 'done', { conversationId, members: ['bob', 'carol'], admins: ['bob'] }),
      line(`PATCH ${group}`, 'done', { conversationId, admins: ['carol'] }),
      line(`DELETE ${group}/members/{userId}`, 'done', { conversationId, userId: 'carol' }),
      line(`POST ${group}/members`, 'done', { conversationId, members: ['dan'] }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('CANARY');
  });

  it('has a line for a call that was refused or failed, too, with its code', async () => {
    const { call, lines } = start({
      accounts: { ...createWorld().accounts, account: () => Promise.reject(new UnavailableError()) },
    });
    expect(await call(BAN, { userId: 'system' }, { reason: 'CANARY' })).toMatchObject({ status: 400 });
    expect(await call(LOOK, { userId: 'bob' })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await call('POST /admin/messages')).toMatchObject({ status: 400, body: { code: 'bad_frame' } });
    expect(await call('GET /admin/new')).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(lines).toEqual([
      line(BAN, 'invalid_request'),
      line(LOOK, 'unavailable', { userId: 'bob' }),
      { message: 'request failed', routeKey: LOOK, error },
      line('POST /admin/messages', 'bad_frame'),
      line('GET /admin/new', 'internal'),
      { message: 'request failed', routeKey: 'GET /admin/new', error: expect.anything() },
    ]);
  });

  it('refuses a request without an IAM principal, even if a route were open (IM-ADMIN-1)', async () => {
    const { call, routes, lines } = start();
    for (const authorizer of [undefined, {}, { jwt: { claims: { sub: 'eve' } } }])
      expect(await call(BAN, { userId: 'bob' }, {}, { authorizer })).toMatchObject({ status: 403 });
    expect((await routes.presencesOf(['bob'])).get('bob')?.ban).toBeUndefined();
    expect(lines).toHaveLength(3);
  });
});

describe('the events of calls (IM-ADMIN-2)', () => {
  it('are one for each call, also for one that was refused, and have no content', async () => {
    const told: AdminCallEvent[] = [];
    const { call, clock } = start({}, { put: async (event) => void told.push(event) });
    await call(BAN, { userId: 'bob' }, { reason: 'CANARY' });
    await call(BAN, { userId: 'system' }, { reason: 'CANARY' });
    await call(RECALL, { conversationId: 'dm:alice:bob', seq: '7' });
    await call(LOOK, { userId: 'bob' }, undefined, { authorizer: {} });
    const common = { requestId: 'r1', caller: CALLER, at: clock() };
    expect(told).toEqual([
      { ...common, action: BAN, target: { userId: 'bob' }, outcome: 'done' },
      { ...common, action: BAN, outcome: 'invalid_request' },
      { ...common, action: RECALL, target: { conversationId: 'dm:alice:bob', seq: 7 }, outcome: 'not_found' },
      { ...common, caller: undefined, action: LOOK, outcome: 'forbidden' },
    ]);
    expect(JSON.stringify(told)).not.toContain('CANARY');
  });

  it('change no answer if they can not be written, which is logged', async () => {
    const { call, lines } = start({}, { put: () => Promise.reject(new UnavailableError()) });
    expect(await call(BAN, { userId: 'bob' })).toMatchObject({ status: 204 });
    expect(await call(BAN, { userId: 'system' })).toMatchObject({ status: 400 });
    const failed = { message: 'admin event failed', action: BAN, requestId: 'r1', error };
    expect(lines).toEqual([
      line(BAN, 'done', { userId: 'bob' }),
      failed,
      line(BAN, 'invalid_request'),
      failed,
    ]);
  });
});

describe('a ban (IM-ADMIN-3)', () => {
  it('counts from when the gateway got it, and says if a later one is there', async () => {
    const { call, clock } = start();
    const now = clock();
    expect(await call(BAN, { userId: 'bob' }, { reason: 'spam' })).toEqual({ status: 204, body: undefined });
    expect(await call(UNBAN, { userId: 'bob' }, undefined, { timeEpoch: now - 1 })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    expect(await call(BAN, { userId: 'bob' }, {}, { timeEpoch: now - 1 })).toMatchObject({ status: 409 });
    expect((await call(LOOK, { userId: 'bob' })).body.ban).toEqual({ at: now, reason: 'spam' });
    expect(await call(UNBAN, { userId: 'bob' })).toMatchObject({ status: 204 });
    expect((await call(LOOK, { userId: 'bob' })).body).not.toHaveProperty('ban');
  });
});

describe('a look at a user (IM-ADMIN-3)', () => {
  it('shows sessions, the end of the last one, the ban, the budget, the profile, and how many devices are notified', async () => {
    const { call, clock, routes, accounts, pushDeviceWriter } = start();
    await pushDeviceWriter.register('bob', 'phone', { provider: 'fcm', token: 't' }, 20);
    const now = clock();
    const session = { userId: 'bob', mode: 'managed', connectedAtMs: now, expiresAtMs: now + 9 } as const;
    for (const deviceId of ['phone', 'tablet'])
      await routes.connect({ ...session, deviceId, connectionId: deviceId, leaseUntilMs: now });
    await routes.disconnect({ userId: 'bob', deviceId: 'tablet', connectionId: 'tablet' }, now - 1);
    await accounts.addDebt('bob', 60_000, { nowMs: now });
    await call('PUT /admin/users/{userId}/profile', { userId: 'bob' }, { name: 'Bob' });
    await call(BAN, { userId: 'bob' }, { until: now });
    expect((await call(LOOK, { userId: 'bob' })).body).toEqual({
      userId: 'bob',
      sessions: [{ deviceId: 'phone', mode: 'managed', connectedAt: now, expiresAt: now + 9 }],
      lastSeenAt: expect.any(Number),
      ban: { at: now, until: now },
      budget: { left: 2_400, perMinute: 600, burst: 3_000 },
      profile: { userId: 'bob', name: 'Bob', version: 1 },
      pushDevices: 1,
    });
  });

  it('has an answer for a user of whom nothing is known', async () => {
    const { call } = start({ budgetLimits: {}, pushDevices: undefined });
    expect((await call(LOOK, { userId: 'nobody' })).body).toEqual({ userId: 'nobody', sessions: [] });
  });
});

describe('a recall by the operator (IM-ADMIN-3)', () => {
  it('needs no membership and no age, and says that the system did it', async () => {
    const { call, advance } = start();
    const sent = { from: 'alice', to: 'bob', clientMsgId: 'c1', content: text('CANARY') };
    expect((await call('POST /admin/messages', {}, sent)).body).toMatchObject({ seq: 1, duplicate: false });
    advance(86_400_000);
    const path = { conversationId: 'dm:alice:bob', seq: '1' };
    const { status, body } = await call(RECALL, path);
    expect(status).toBe(200);
    expect(body).toMatchObject({ seq: 1, from: 'alice', content: { type: 'recalled', by: 'system' } });
    expect((await call(RECALL, path)).body).toEqual(body);
  });

  it('finds no message of an id with its users in the wrong order, nor one that is not there', async () => {
    const { call } = start();
    await call('POST /admin/messages', {}, { from: 'a', to: 'b', clientMsgId: 'c', content: text('x') });
    for (const [conversationId, seq] of [
      ['dm:b:a', '1'],
      ['dm:a:b', '2'],
      ['g:01ARZ3NDEKTSV4RRFFQ69G5FAV', '1'],
    ] as const)
      expect(await call(RECALL, { conversationId, seq })).toMatchObject({
        status: 404,
        body: { message: `There is no such ${conversationId === 'dm:b:a' ? 'conversation' : 'message'}.` },
      });
    for (const [conversationId, seq] of [
      ['dm:a:a', '1'],
      ['nonsense', '1'],
      ['dm:a:b', '0'],
      ['dm:a:b', '1e3'],
    ] as const)
      expect(await call(RECALL, { conversationId, seq })).toMatchObject({ status: 400 });
  });
});

describe('a log-out and an erasure of one message (IM-ADMIN-3)', () => {
  it('end the session of one device, and leave ids of the message', async () => {
    const { call, lines, routes, messages } = start();
    for (const deviceId of ['phone', 'tablet']) await routes.connect(aSession({ deviceId }));
    const target = { userId: 'bob', deviceId: 'phone' };
    expect(await call(LOG_OUT, { userId: 'bob' }, { deviceId: 'phone' })).toMatchObject({ status: 204 });
    const left = (await routes.sessionsOf(['bob'])).get('bob') ?? [];
    expect(left.map(({ deviceId }) => deviceId)).toEqual(['tablet']);
    await call('POST /admin/messages', {}, { from: 'a', to: 'b', clientMsgId: 'c', content: text('x') });
    const place = { conversationId: 'dm:a:b', seq: '1' };
    expect(await call(ERASE_ONE, place)).toMatchObject({
      status: 200,
      body: { from: 'a', content: { type: 'erased' } },
    });
    const page = await messages.page('dm:a:b', { limit: 1, after: 0, head: 1 });
    expect(JSON.stringify(page)).not.toContain('"x"');
    expect(
      lines.filter((one) => JSON.stringify(one).includes('admin call')).map((one) => Object(one).target),
    ).toEqual([target, { from: 'a', to: 'b', clientMsgId: 'c' }, { conversationId: 'dm:a:b', seq: 1 }]);
  });
});

describe('a message of the operator (IM-ADMIN-3)', () => {
  it.each(['g:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'cs:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'dm:alice:bob'])(
    'is by a member where the system is none: %s',
    async (conversationId) => {
      const { call } = start();
      const message = { from: 'system', conversationId, clientMsgId: 'c1', content: text('x') };
      expect(await call('POST /admin/messages', {}, message)).toMatchObject({
        status: 400,
        body: {
          code: 'invalid_request',
          issues: [{ path: 'from', message: expect.stringContaining('name one of its members') }],
        },
      });
      const own = { ...message, conversationId: 'dm:bob:system' };
      expect(await call('POST /admin/messages', {}, own)).toMatchObject({ status: 200 });
    },
  );

  it('may be of the system, and not of a banned user', async () => {
    const { call } = start();
    const message = { to: 'bob', clientMsgId: 'c1', content: text('x') };
    expect(await call('POST /admin/messages', {}, { ...message, from: 'system' })).toMatchObject({
      status: 200,
    });
    await call(BAN, { userId: 'alice' });
    expect(await call('POST /admin/messages', {}, { ...message, from: 'alice' })).toMatchObject({
      status: 403,
    });
  });
});
