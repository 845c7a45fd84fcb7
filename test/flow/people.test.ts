import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE_HTTP_ROUTES } from '../../protocol/people.ts';
import { groupsOf, say } from './setup/groups.ts';
import type { Json } from './setup/json.ts';
import { sending } from './setup/sends.ts';
import { type Chat, newUser, startChat } from './setup/stack.ts';

let stack: Chat;
beforeAll(async () => {
  stack = await startChat();
});
afterAll(() => stack?.stop());

const { call, send, newGroup } = groupsOf(() => stack);

const ok = (body: unknown) => ({ status: 200, body });
const refused = (status: number, code: string) => ({ status, body: expect.objectContaining({ code }) });
const profilesOf = async (reader: string, ...userIds: string[]) =>
  (await stack.http(reader, `/profiles?userIds=${userIds.map(encodeURIComponent).join(',')}`)).body.profiles;
const contactsOf = async (user: string) => (await stack.http(user, '/contacts')).body.contacts;
const change = (user: string, id: string, settings: object) =>
  call(user, 'PATCH', `/conversations/${encodeURIComponent(id)}`, settings);
const listed = async (user: string, id: string): Promise<Json | undefined> => {
  const { body } = await stack.http(user, '/conversations');
  return body.conversations.find((one: Json) => one.conversationId === id);
};

/** Two users, the second with a session, and their conversation of one message, which the second sent. */
async function pair() {
  const [a, b] = [newUser('alice'), newUser('bob')];
  const bob = await stack.join(b);
  const { conversationId } = await bob.request(sending(a, 'hi'));
  return { a, b, bob, id: conversationId as string };
}

describe('a request about people', () => {
  it.each([...PEOPLE_HTTP_ROUTES])('%s without a token is refused with 401 (IM-REFUSE-13)', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    const url = stack.httpUrl + path.replace('{userId}', 'bob').replace('{conversationId}', 'dm%3Aa%3Ab');
    const response = await fetch(url, { method, ...(method !== 'GET' && { body: '{}' }) });
    expect([response.status, (await response.json()).code]).toEqual([401, 'unauthorized']);
  });
});

describe('a profile', () => {
  it('is read by everyone after its user has saved it, and by its user at once (IM-PROFILE-1, IM-PROFILE-2)', async () => {
    const [a, b, c] = [newUser('alice'), newUser('bob'), newUser('carol')];
    const alice = {
      name: 'Zoé 👋',
      avatar: 'https://pictures.example/a.webp',
      custom: { team: ['é', null] },
    };
    const saved = { userId: a, ...alice, version: 1 };
    expect(await call(a, 'PUT', '/profile', { ...alice, name: ' Zoe\u0301 👋', unknown: 1 })).toEqual(
      ok(saved),
    );
    await call(b, 'PUT', '/profile', { name: 'Bob' });
    expect(await profilesOf(a, a)).toEqual([saved]);
    await expect.poll(() => profilesOf(c, b, c, a)).toEqual([{ userId: b, name: 'Bob', version: 1 }, saved]);
    expect(await call(a, 'PUT', '/profile', { name: 'Zoe' })).toEqual(
      ok({ userId: a, name: 'Zoe', version: 2 }),
    );
  });

  it('is refused, and not stored, if a field is wrong (IM-PROFILE-1)', async () => {
    const a = newUser('alice');
    const bad = [
      { name: 'a\u202eb' },
      { name: 'a'.repeat(65) },
      { avatar: 'http://pictures.example/' },
      { avatar: 'https://u:p@pictures.example/' },
      { custom: [] },
      { custom: { a: 'a'.repeat(1_024) } },
    ];
    for (const body of bad)
      expect(await call(a, 'PUT', '/profile', body)).toEqual(refused(400, 'invalid_request'));
    expect(await call(a, 'PUT', '/profile')).toEqual(refused(400, 'bad_frame'));
    expect(await profilesOf(a, a)).toEqual([]);
    const many = Array.from({ length: 101 }, (_, index) => `u${index}`).join(',');
    for (const query of ['', '?userIds=', '?userIds=a:b', `?userIds=${many}`])
      expect(await stack.http(a, `/profiles${query}`)).toEqual(refused(400, 'invalid_request'));
  });
});

describe('a contact', () => {
  it("is in its user's own list only, with any user id, until it is removed (IM-CONTACT-1)", async () => {
    const [a, c] = [newUser('alice'), newUser('carol')];
    const bob = { userId: 'b|o+b@x', alias: 'Bobby', favorite: true };
    const path = `/contacts/${encodeURIComponent(bob.userId)}`;
    expect(await call(a, 'PUT', path, { alias: ' Bobby ', favorite: true })).toEqual(ok(bob));
    expect(await call(a, 'PUT', `/contacts/${c}`, { favorite: false })).toEqual(ok({ userId: c }));
    expect(await contactsOf(a)).toEqual([bob, { userId: c }]);
    expect(await contactsOf(c)).toEqual([]);
    for (const _ of [1, 2]) expect((await send(a, 'DELETE', path)).status).toBe(204);
    expect(await contactsOf(a)).toEqual([{ userId: c }]);
    expect((await send(c, 'DELETE', `/contacts/${c}`)).status).toBe(204);
    expect(await contactsOf(a)).toEqual([{ userId: c }]);
  });

  it('is neither oneself nor a malformed id, and has a proper alias (IM-CONTACT-1)', async () => {
    const a = newUser('alice');
    const bad = refused(400, 'invalid_request');
    expect(await call(a, 'PUT', `/contacts/${a}`, {})).toEqual(bad);
    expect(await call(a, 'PUT', '/contacts/a%3Ab', {})).toEqual(bad);
    expect(await call(a, 'PUT', '/contacts/system', {})).toEqual(bad);
    expect((await send(a, 'DELETE', '/contacts/a%3Ab')).status).toBe(400);
    for (const body of [{ alias: '' }, { alias: 'a\nb' }, { favorite: 1 }])
      expect(await call(a, 'PUT', '/contacts/bob', body)).toEqual(bad);
    expect(await contactsOf(a)).toEqual([]);
  });
});

describe('the settings of a conversation', () => {
  it("are in the member's own list, and change each by itself (IM-SETTINGS-1)", async () => {
    const { a, b, id } = await pair();
    expect(await listed(a, id)).not.toHaveProperty('settings');
    expect(await change(a, id, { muted: true, notify: 'mentions' })).toEqual(
      ok({ conversationId: id, settings: { muted: true, notify: 'mentions' } }),
    );
    const until = Date.now() + 3_600_000;
    await change(a, id, { muted: until, pinned: true });
    const settings = { muted: until, pinned: true, notify: 'mentions' };
    expect(await listed(a, id)).toMatchObject({ settings, unread: 1 });
    expect(await listed(b, id)).not.toHaveProperty('settings');
    await change(a, id, { muted: false, pinned: false, notify: 'all' });
    expect(await listed(a, id)).not.toHaveProperty('settings');
    for (const body of [{}, { muted: 'yes' }, { notify: 'some' }])
      expect(await change(a, id, body)).toEqual(refused(400, 'invalid_request'));
  });

  it("show an archived conversation again after a message, the user's own too, unless it is muted (IM-SETTINGS-2)", async () => {
    const { a, bob, id } = await pair();
    const alice = await stack.join(a);
    for (const sender of [bob, alice]) {
      await change(a, id, { archived: true });
      const { seq } = await say(sender, id, `from ${sender === bob}`);
      expect(await listed(a, id)).not.toHaveProperty('settings');
      await change(a, id, { archived: true });
      await sender.request({ action: 'recall', conversationId: id, seq });
      expect(await listed(a, id)).toMatchObject({ settings: { archived: true } });
    }
    await change(a, id, { muted: true });
    await say(bob, id, 'quiet');
    expect(await listed(a, id)).toMatchObject({ settings: { archived: true, muted: true } });
    await change(a, id, { muted: false });
    expect(await listed(a, id)).toMatchObject({ settings: { archived: true } });
    await say(bob, id, 'loud');
    expect(await listed(a, id)).not.toHaveProperty('settings');
  });

  it("of others' conversations, and of those that one left, are not found; they start anew (IM-SETTINGS-1, IM-SEND-7)", async () => {
    const { id } = await pair();
    const [o, m, eve] = [newUser('owner'), newUser('member'), newUser('eve')];
    const group = await newGroup(o, [m]);
    const missing = refused(404, 'not_found');
    for (const foreign of [id, group, 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV', `dm:${eve}:nobody`])
      expect(await change(eve, foreign, { pinned: true })).toEqual(missing);
    expect(await change(eve, 'nothing', { pinned: true })).toEqual(refused(400, 'invalid_request'));
    expect((await stack.http(eve, '/conversations')).body.conversations).toEqual([]);
    expect((await change(m, group, { muted: true })).status).toBe(200);
    expect((await send(m, 'DELETE', `/groups/${group}/members/${m}`)).status).toBe(204);
    expect(await change(m, group, { pinned: true })).toEqual(missing);
    await call(o, 'POST', `/groups/${group}/members`, { members: [m] });
    expect(await listed(m, group)).not.toHaveProperty('settings');
  });
});
