/** @module-tag long */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ADMIN_ROUTES } from '../../protocol/admin.ts';
import { ATTACHMENT_HTTP_ROUTES } from '../../protocol/attachments.ts';
import { DESK_HTTP_ROUTES, HTTP_ROUTES, POLL_ROUTE } from '../../protocol/http.ts';
import { PATIENCE_MS } from '../setup/patience.ts';
import { asAdmin } from './setup/admin.ts';
import { adminCommand } from './setup/admin-command.ts';
import { everythingIn } from './setup/everything.ts';
import type { Json } from './setup/json.ts';
import { historyOf, sending, textContent } from './setup/sends.ts';
import { newUser, type Stack, startStack } from './setup/stack.ts';
import { untilTask } from './setup/tasks.ts';

let stack: Stack;
const logs: { readonly fn: string; readonly line: string }[] = [];
beforeAll(async () => {
  stack = await startStack({
    onWarning: () => undefined,
    onLogLine: (fn, line) => void logs.push({ fn, line }),
  });
});
afterAll(() => stack?.stop());

const isClosing = ({ type }: Json) => type === 'session.closed';
const FORBIDDEN = { status: 403, body: { message: 'Forbidden' } };
/** A path of the route, with ids that exist or not. */
const pathOf = (routeKey: string) => {
  const [method = '', path = ''] = routeKey.split(' ');
  return { method, path: path.replace('{seq}', '1').replaceAll(/\{\w+\}/g, 'bob') };
};
const audit = () =>
  logs.flatMap(({ fn, line }) =>
    fn.includes('Admin') && line.includes('admin call') ? [JSON.parse(line)] : [],
  );

describe('the doors', () => {
  it.each(ADMIN_ROUTES)('are closed to users, whatever their role: %s (IM-ADMIN-1)', async (routeKey) => {
    const { method, path } = pathOf(routeKey);
    const before = audit().length;
    const token = await stack.token('mallory', { roles: ['service', 'admin', 'agent'] });
    for (const authorization of [undefined, `Bearer ${token}`, `AWS4-HMAC-SHA256 ${token}`]) {
      const response = await fetch(stack.httpUrl + path, {
        method,
        ...(authorization !== undefined && { headers: { authorization } }),
        ...(method !== 'GET' && { body: '{}' }),
      });
      expect({ status: response.status, body: await response.json() }).toEqual(FORBIDDEN);
    }
    expect(audit()).toHaveLength(before);
  });

  it.each([...HTTP_ROUTES, ...DESK_HTTP_ROUTES, ...ATTACHMENT_HTTP_ROUTES, POLL_ROUTE])(
    'of users take no signature of an operator: %s (IM-ADMIN-1)',
    async (routeKey) => {
      const { method, path } = pathOf(routeKey);
      const { status, body } = await asAdmin(stack, `${method} ${path}`, method === 'GET' ? undefined : {});
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthorized' });
    },
  );
});

describe('the operator', () => {
  it('sends as the system and as any user, once however often (IM-ADMIN-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    const notice = { from: 'system', to: b, clientMsgId: 'n1', content: textContent('n1') };
    const sent = await asAdmin(stack, 'POST /admin/messages', notice);
    expect(sent).toMatchObject({ status: 200, body: { seq: 1, duplicate: false } });
    expect(await asAdmin(stack, 'POST /admin/messages', notice)).toMatchObject({
      status: 200,
      body: { messageId: sent.body.messageId, duplicate: true },
    });
    expect(await bob.message('n1')).toMatchObject({ from: 'system' });
    await asAdmin(stack, 'POST /admin/messages', {
      from: a,
      to: b,
      clientMsgId: 'n2',
      content: textContent('n2'),
    });
    expect(await bob.message('n2')).toMatchObject({ from: a });
    expect(await alice.message('n2')).toMatchObject({ from: a });
    const bad = { from: 'system', to: b, clientMsgId: 'n3', content: { type: 'text' } };
    expect(await asAdmin(stack, 'POST /admin/messages', bad)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request' },
    });
  });

  it('logs a user out, one device or all (IM-ADMIN-3)', async () => {
    const b = newUser('bob');
    const phone = await stack.join(b, { deviceId: 'phone' });
    const tablet = await stack.join(b, { deviceId: 'tablet' });
    const route = `POST /admin/users/${b}/log-out`;
    expect(await asAdmin(stack, route, { deviceId: 'phone' })).toMatchObject({ status: 204 });
    expect(await phone.frame(isClosing)).toMatchObject({ code: 'logged_out' });
    expect(tablet.frames.some(isClosing)).toBe(false);
    expect(await asAdmin(stack, route)).toMatchObject({ status: 204 });
    expect(await tablet.frame(isClosing)).toMatchObject({ code: 'logged_out' });
  });

  it('bans, looks, and lifts the ban (IM-ADMIN-3)', async () => {
    const b = newUser('b@c|d');
    const socket = await stack.join(b, { deviceId: 'phone' });
    const user = `/admin/users/${encodeURIComponent(b)}`;
    await asAdmin(stack, `PUT ${user}/profile`, { name: 'Bob' });
    const look = async () => (await asAdmin(stack, `GET ${user}`)).body;
    expect(await look()).toMatchObject({
      userId: b,
      sessions: [{ deviceId: 'phone', mode: 'managed' }],
      profile: { name: 'Bob', version: 1 },
    });
    expect(await asAdmin(stack, `PUT ${user}/ban`, { reason: 'CANARY' })).toMatchObject({ status: 204 });
    expect(await socket.frame(isClosing)).toMatchObject({ code: 'banned' });
    expect(await stack.http(b, '/session')).toMatchObject({ status: 403 });
    expect(await look()).toMatchObject({ sessions: [], ban: { reason: 'CANARY' } });
    expect(await asAdmin(stack, `DELETE ${user}/ban`)).toMatchObject({ status: 204 });
    expect(await look()).not.toHaveProperty('ban');
    expect(await stack.http(b, '/session')).toMatchObject({ status: 200 });
  });

  it('recalls any message, for those who are online and for those who read later (IM-ADMIN-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    await alice.request(sending(b, 'CANARY'));
    await bob.message('CANARY');
    const conversation = encodeURIComponent(`dm:${a}:${b}`);
    const route = `DELETE /admin/conversations/${conversation}/messages/1`;
    const recalled = { type: 'recalled', by: 'system' };
    expect(await asAdmin(stack, route)).toMatchObject({ status: 200, body: { content: recalled } });
    for (const socket of [alice, bob])
      expect(await socket.frame(({ type }) => type === 'changed')).toMatchObject({
        change: { kind: 'recalled', by: 'system' },
        message: { content: recalled },
      });
    expect(await historyOf(stack, b, a)).toMatchObject([{ content: recalled }]);
    const missing = route.replace('messages/1', 'messages/2');
    expect(await asAdmin(stack, missing)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('erases any message, also one that was recalled, for good (IM-ADMIN-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice, bob] = [await stack.join(a), await stack.join(b)];
    await alice.request(sending(b, 'CANARY', 'c1'));
    await alice.request({ action: 'recall', to: b, seq: 1 });
    const isIt = ({ place }: { readonly place: string }) => place.includes(`${a}#c1`);
    expect((await everythingIn(stack)).filter(isIt)[0]?.text).not.toContain('"hash":"erased"');
    const route = `POST /admin/conversations/${encodeURIComponent(`dm:${a}:${b}`)}/messages/1/erase`;
    for (const _ of [1, 2])
      expect(await asAdmin(stack, route)).toMatchObject({
        status: 200,
        body: { content: { type: 'erased' }, rev: 2 },
      });
    expect(await bob.frame(({ change }) => change?.kind === 'erased')).toMatchObject({ message: { rev: 2 } });
    expect((await everythingIn(stack)).filter(isIt)[0]?.text).toContain('"hash":"erased"');
    const missing = route.replace('messages/1', 'messages/2');
    expect(await asAdmin(stack, missing)).toMatchObject({
      status: 404,
      body: { message: 'There is no such message.' },
    });
  });

  it('recalls a message in a group without being a member (IM-ADMIN-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const bob = await stack.join(b);
    const body = JSON.stringify({ name: 'Team', members: [b] });
    const { conversationId } = (await stack.http(a, '/groups', { method: 'POST', body })).body;
    const message = { from: a, conversationId, clientMsgId: 'g1', content: textContent('g1') };
    const { seq } = (await asAdmin(stack, 'POST /admin/messages', message)).body;
    await bob.message('g1');
    const route = (which: number) =>
      `DELETE /admin/conversations/${encodeURIComponent(conversationId)}/messages/${which}`;
    expect(await asAdmin(stack, route(seq))).toMatchObject({ status: 200 });
    const isRecalled = ({ type, change }: Json) => type === 'changed' && change.kind === 'recalled';
    expect(await bob.frame(isRecalled)).toMatchObject({ message: { seq } });
    expect(await asAdmin(stack, route(1))).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('leaves a line for each call, with the ARN and without content or credentials (IM-ADMIN-2)', async () => {
    const b = newUser('bob');
    await asAdmin(stack, `PUT /admin/users/${b}/ban`, { reason: 'CANARY' });
    await asAdmin(stack, `PUT /admin/users/${b}/profile`, { name: 1 });
    const ofBob = () => audit().filter(({ target }) => target?.userId === b);
    await vi.waitFor(() => expect(ofBob()).toHaveLength(1), PATIENCE_MS);
    expect(ofBob()[0]).toMatchObject({
      level: 'INFO',
      caller: expect.stringMatching(/^arn:aws:iam::\d{12}:user\/local$/),
      action: 'PUT /admin/users/{userId}/ban',
      outcome: 'done',
    });
    const refusal = { action: 'PUT /admin/users/{userId}/profile', outcome: 'invalid_request' };
    await vi.waitFor(() => expect(audit()).toContainEqual(expect.objectContaining(refusal)), PATIENCE_MS);
    const all = logs.map(({ line }) => line).join('\n');
    for (const secret of ['CANARY', 'AWS4-HMAC', 'Signature=']) expect(all).not.toContain(secret);
  });
});

describe('npm run admin', () => {
  let admin: ReturnType<typeof adminCommand>;
  beforeAll(() => {
    admin = adminCommand(stack);
  });

  it('sends, recalls, bans, looks, lifts the ban, and logs out, by createAdmin (IM-ADMIN-3)', async () => {
    const b = newUser('bob');
    const socket = await stack.join(b, { deviceId: 'phone' });
    const conversationId = `dm:${b}:system`;
    expect(await admin('send', b, 'hello', '--id', 'n1')).toBe(`Sent as system: seq 1 of ${conversationId}.`);
    expect(await socket.message('hello')).toMatchObject({ from: 'system' });
    expect(JSON.parse(await admin('send', b, 'hello', '--id', 'n1', '--json'))).toMatchObject({
      seq: 1,
      duplicate: true,
    });
    // In the order that the operator happens to type.
    expect(await admin('recall', `dm:system:${b}`, '1')).toBe(
      `Recalled seq 1 of ${conversationId}, which system wrote.`,
    );
    expect(await admin('recall', conversationId, '1', '--erase')).toBe(
      `Erased seq 1 of ${conversationId}, which system wrote.`,
    );
    expect(await admin('log-out', b, '--device', 'phone')).toBe(`${b} is logged out on phone.`);
    expect(await socket.frame(isClosing)).toMatchObject({ code: 'logged_out' });
    expect(await admin('ban', b, '--for', '24h', '--reason', 'spam')).toMatch(/ is banned until 20..-/);
    expect(await admin('look', b)).toMatch(/no session\n.*banned .*, "spam"/s);
    expect(await admin('unban', b)).toBe(`${b} may connect again.`);
    expect(await admin('unban', b)).toBe(`${b} was not banned.`);
    expect(JSON.parse(await admin('look', b, '--json'))).toMatchObject({ userId: b, sessions: [] });
    await admin('ban', b, '--reason', 'erased');
    expect(await admin('unban', b)).toMatch(/^serverless-im: bob.* was erased: .* --yes\.$/);
    expect(await admin('unban', b, '--yes')).toBe(`${b} may connect again.`);
  });

  it('starts the erasure of a user, which ends the sessions and goes on by itself until it is done (IM-ERASE-1)', async () => {
    const b = newUser('bob');
    const socket = await stack.join(b);
    const started = await asAdmin(stack, `DELETE /admin/users/${b}`);
    expect(started).toMatchObject({ status: 202, body: { taskId: expect.any(String) } });
    const { taskId } = started.body;
    expect(await socket.frame(isClosing)).toMatchObject({ code: 'banned' });
    expect(await untilTask(stack, taskId)).toMatchObject({ taskId, kind: 'erase', userId: b, counts: {} });
    expect(await asAdmin(stack, 'GET /admin/tasks/00000000000000000000000000')).toMatchObject({
      status: 404,
      body: { code: 'not_found', message: 'There is no such task.' },
    });
    expect(await asAdmin(stack, 'GET /admin/tasks/x')).toMatchObject({ status: 400 });
  });

  it('makes a group, shows it, and removes its only admin (IM-ADMIN-3)', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const made = JSON.parse(
      await admin('group', 'create', 'The crew', a, b, '--posting', 'admins', '--json'),
    );
    expect(made).toMatchObject({ name: 'The crew', admins: [a], memberCount: 2, posting: 'admins' });
    const id = made.conversationId;
    expect(await admin('group', 'remove', id, a)).toBe(`${a} is no member of ${id}.`);
    expect((await admin('group', 'show', id)).split('\n')).toEqual([
      `${id}, "The crew"`,
      '  pins by admins, posts by admins, closed history',
      '  1 member',
      `  ${b}, admin, since seq 1`,
    ]);
    expect(await admin('send', id, 'hello')).toBe(
      'serverless-im: invalid_request: from system is not in this conversation: name one of its members',
    );
    const { taskId } = JSON.parse(await admin('group', 'delete', id, '--yes', '--no-wait', '--json'));
    expect((await asAdmin(stack, `GET /admin/tasks/${taskId}`)).body).toMatchObject({ conversationId: id });
  });

  it("says an operator's mistake in one line", async () => {
    expect(await admin('recall', 'dm:a:b', '7')).toBe('serverless-im: not_found: There is no such message.');
    expect(await admin('ban', '')).toBe('serverless-im: It takes USER. Help: npm run admin -- ban --help');
    expect(await admin('group', 'show', '')).toBe(
      'serverless-im: group show takes GROUP. Help: npm run admin -- group --help',
    );
    expect(await admin('export', '--help')).toMatch(/^npm run admin -- export USER /);
    expect(await admin('ban', 'a b')).toBe('serverless-im: invalid_request: userId is not a user id');
    expect(await admin('ban', 'bob', '--for', 'ever')).toBe(
      'serverless-im: --for takes a time like 30m, 24h, or 7d, not "ever". Help: npm run admin -- ban --help',
    );
    expect(await admin('group', 'add', 'g:1')).toBe(
      'serverless-im: group add takes GROUP USER… Help: npm run admin -- group --help',
    );
    expect(await admin('group', 'show', 'Picnic')).toBe(
      'serverless-im: "Picnic" is no id of a group: it is like g:01KB…, as group create prints it; an export of a member names it, too. Help: npm run admin -- group --help',
    );
    expect(await admin('recall', 'alice', '7')).toBe(
      'serverless-im: "alice" is no id of a conversation: it is like dm:alice:bob, g:… of a group, or cs:… of a support chat. Help: npm run admin -- recall --help',
    );
    expect(await admin('group', 'delete', `g:${'0'.repeat(26)}`)).toBe(
      'serverless-im: group delete needs --yes: nothing brings the group back. Help: npm run admin -- group --help',
    );
  });

  it('shows what goes on: messages, sessions, routes, queues, refusals, and dollars', async () => {
    const [a, b] = [newUser('alice'), newUser('bob')];
    const [alice] = [await stack.join(a), await stack.join(b)];
    for (const id of ['m1', 'm2', 'm3']) await alice.request(sending(b, id));
    await alice.request(sending(b, 'm3'));
    await alice.request({ action: 'read', conversationId: 'dm:x:y', seq: 1 });
    await fetch(`${stack.httpUrl}/conversations`, { headers: { authorization: 'Bearer none' } });
    const summary = JSON.parse(await admin('top', '--once', '--json'));
    // A repeat stores nothing. Tests before this one have sent more.
    expect(summary.messagesPerMinute * (summary.seconds / 60)).toBeGreaterThanOrEqual(2.9);
    expect(summary.connectedSessions).toBe(stack.gateway.connections().length);
    const route = summary.routes.find((one: Json) => one.route === 'sendMessage');
    expect(route.calls).toBeGreaterThanOrEqual(4);
    expect(route.p95Ms).toBeGreaterThanOrEqual(route.p50Ms);
    expect(summary.queues.map((one: Json) => one.queue)).toContain('OfflineQueue');
    expect(summary.refusals).toMatchObject({
      not_found: expect.any(Number),
      unauthorized: expect.any(Number),
    });
    expect(summary.errors).toEqual({ failedRuns: 0, loggedFaults: 0 });
    for (const service of ['DynamoDB', 'Lambda', 'API Gateway'])
      expect([service, summary.dollarsPerHour[service]]).toEqual([
        service,
        expect.toSatisfy((sum) => sum > 0),
      ]);
    const text = await admin('top', '--once');
    expect(text).toMatch(/^messages a minute: \d.*\n\nroute .*\n(.*\n)*sendMessage +\d/);
    expect(text).toContain(`connected sessions: ${summary.connectedSessions}`);
    // No colours, and nothing that moves the cursor, where it isn't a terminal.
    expect(text).not.toContain('\u001B');
  });

  it('shows it to programs of this machine alone: no web page can ask what goes on', async () => {
    const url = `${stack.httpUrl}/_local/activity`;
    expect(await fetch(url)).toMatchObject({ status: 200 });
    expect(await fetch(url, { headers: { origin: 'http://127.0.0.1:8788' } })).toMatchObject({ status: 403 });
  });
});
