import { describe, expect, it } from 'vitest';
import { changeSettings, reportMessage } from '../src/index.ts';
import { message, oldMessage, SERVER_TIME } from './support/builders.ts';
import { type Harness, harness } from './support/harness.ts';
import { settle } from './support/manual-clock.ts';

const BOB = { userId: 'bob', name: 'Bob', avatar: 'https://example.com/bob.png', version: 1 };

/** Answers with the profiles of those who have one. */
function withProfiles({ server }: Harness, ...profiles: { userId: string }[]): void {
  server.httpAnswers.set('/profiles', ({ searchParams }) => {
    const asked = searchParams.get('userIds')?.split(',');
    return { status: 200, body: { profiles: profiles.filter(({ userId }) => asked?.includes(userId)) } };
  });
}

function askedFor({ server }: Harness): string[][] {
  return server.calls
    .filter(([, path]) => path.startsWith('/profiles'))
    .map(([, path]) => new URLSearchParams(path.split('?')[1]).get('userIds')?.split(',') ?? []);
}

async function read<T>({ clock }: Harness, work: Promise<T>): Promise<T> {
  clock.advance(0);
  return work;
}

describe('profiles (IM-PROFILE-1)', () => {
  it('reads those asked for at the same time in one request, and knows who has none', async () => {
    const test = await harness();
    withProfiles(test, BOB);
    const { profiles } = test.im;
    expect(profiles.known('bob')).toBeUndefined();
    const heard: unknown[] = [];
    test.im.on('profiles', (userIds) => heard.push(userIds));
    const both = Promise.all([profiles.get('bob'), profiles.get('carol'), profiles.get('bob')]);
    expect(await read(test, both)).toEqual([BOB, null, BOB]);
    expect(profiles.known('bob')).toEqual(BOB);
    expect(profiles.known('carol')).toBeNull();
    expect(askedFor(test)).toEqual([['bob', 'carol']]);
    expect(heard).toEqual([['bob', 'carol']]);
  });

  it('reads a hundred in a request at most', async () => {
    const test = await harness();
    withProfiles(test);
    const users = Array.from({ length: 101 }, (_, index) => `user-${index}`);
    await read(test, Promise.all(users.map((userId) => test.im.profiles.get(userId))));
    expect(
      askedFor(test)
        .map(({ length }) => length)
        .sort(),
    ).toEqual([1, 100]);
  });

  it('keeps what it has for ten minutes, also that there is none, and shows it while it reads it again', async () => {
    const test = await harness();
    withProfiles(test, BOB);
    const { profiles } = test.im;
    await read(test, Promise.all([profiles.get('bob'), profiles.get('carol')]));
    test.clock.advance(599_999);
    await Promise.all([profiles.get('bob'), profiles.get('carol')]);
    expect(askedFor(test)).toHaveLength(1);
    test.clock.advance(1);
    const robert = { ...BOB, name: 'Robert', version: 2 };
    withProfiles(test, robert);
    const again = profiles.get('bob');
    expect(profiles.known('bob')).toEqual(BOB);
    expect(await read(test, again)).toEqual(robert);
    expect(profiles.known('bob')).toEqual(robert);
  });

  it('asks for no user that can have none, since the server would refuse the others with it', async () => {
    const test = await harness();
    withProfiles(test, BOB);
    const { profiles } = test.im;
    const all = Promise.all(['im:desk', 'bob', 'system', ''].map((userId) => profiles.get(userId)));
    expect(await read(test, all)).toEqual([null, BOB, null, null]);
    expect(askedFor(test)).toEqual([['bob']]);
  });

  it('rejects when they could not be read, keeps what it had, and makes another attempt when asked again', async () => {
    const test = await harness();
    withProfiles(test, BOB);
    await read(test, test.im.profiles.get('bob'));
    test.clock.advance(600_000);
    const body = { code: 'unavailable', message: 'try again', retryable: true };
    test.server.httpAnswers.set('/profiles', { status: 503, body });
    await expect(read(test, test.im.profiles.get('bob'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(test.im.profiles.known('bob')).toEqual(BOB);
    withProfiles(test, BOB);
    expect(await read(test, test.im.profiles.get('bob'))).toEqual(BOB);
  });

  it('forgets those asked for the longest time ago above two thousand', async () => {
    const test = await harness();
    withProfiles(test, BOB);
    const { profiles } = test.im;
    await read(test, profiles.get('bob'));
    const others = Array.from({ length: 1_999 }, (_, index) => profiles.get(`user-${index}`));
    void profiles.get('bob');
    await read(test, Promise.all([...others, profiles.get('one-more')]));
    expect(profiles.known('bob')).toEqual(BOB);
    expect(profiles.known('user-0')).toBeUndefined();
    expect(profiles.known('user-1')).toBeNull();
  });
});

describe('the own profile (IM-PROFILE-1)', () => {
  it('is set as a whole, and is known at once', async () => {
    const test = await harness();
    const { im, server } = test;
    server.httpAnswers.set('/profile', (_, sent) => ({
      status: 200,
      body: { userId: 'alice', version: 1, ...(sent as object) },
    }));
    const set = await im.profile.set({ name: 'Alice' });
    expect(set).toEqual({ userId: 'alice', name: 'Alice', version: 1 });
    expect(im.profiles.known('alice')).toEqual(set);
    expect(await im.profile.get()).toEqual(set);
    expect(server.calls.map(([method, path]) => [method, path])).toEqual([
      ['PUT', '/profile'],
      ['GET', '/session?deviceId=device'],
    ]);
  });

  it('is refused with the fields that are wrong', async () => {
    const { im, server } = await harness();
    const issues = [
      { path: 'name', message: 'is too long' },
      { path: 'avatar', message: 'is no URL' },
    ];
    const body = { code: 'invalid_request', message: 'wrong', retryable: false, issues };
    server.httpAnswers.set('/profile', { status: 400, body });
    await expect(im.profile.set({ name: 'x'.repeat(65) })).rejects.toMatchObject({
      issues,
      message: 'name is too long; avatar is no URL',
    });
  });
});

describe.each(['contacts', 'blocks'] as const)('the list of %s (IM-CONTACT-1, IM-BLOCK-1)', (name) => {
  const ada = { userId: 'ada' };
  const bob = { userId: 'bob' };

  it('is read page by page, once for calls at the same time', async () => {
    const { im, server } = await harness();
    server.httpAnswers.set(`/${name}`, ({ searchParams }) => ({
      status: 200,
      body: searchParams.has('cursor') ? { [name]: [bob], cursor: null } : { [name]: [ada], cursor: 'c' },
    }));
    const heard: unknown[] = [];
    im.on(name, (all) => heard.push(all));
    expect(im[name].all).toBeUndefined();
    const [all, same] = await Promise.all([im[name].load(), im[name].load()]);
    expect(all).toEqual([ada, bob]);
    expect(same).toBe(all);
    expect(im[name].all).toBe(all);
    expect(heard).toEqual([all]);
    expect(server.requests).toEqual([`/${name}`, `/${name}?cursor=c`]);
  });

  it('has a change of this client at once, and loses it with a removal', async () => {
    const { im, server } = await harness();
    server.httpAnswers.set(`/${name}/`, { status: 204 });
    server.httpAnswers.set(`/${name}`, { status: 200, body: { [name]: [ada], cursor: null } });
    await im[name].load();
    await im[name].add('bob');
    expect(im[name].all).toEqual([ada, bob]);
    await im[name].remove('ada');
    expect(im[name].all).toEqual([bob]);
    expect(server.calls.slice(1)).toEqual([
      ['PUT', `/${name}/bob`, {}],
      ['DELETE', `/${name}/ada`, undefined],
    ]);
  });

  it('is read again when it changed while it was read', async () => {
    const { im, server } = await harness();
    server.httpAnswers.set(`/${name}/`, { status: 204 });
    let stored = [ada];
    server.httpAnswers.set(`/${name}`, async () => {
      const body = { [name]: stored, cursor: null };
      if (stored.length === 1) await im[name].add('bob');
      stored = [ada, bob];
      return { status: 200, body };
    });
    expect(await im[name].load()).toEqual([ada, bob]);
  });
});

describe('the settings of a conversation (IM-SETTINGS-1, IM-SETTINGS-2)', () => {
  const id = 'dm:alice:bob';

  async function withSettings(settings: object) {
    const test = await harness();
    test.server.history.push(oldMessage(1));
    test.server.settings = settings;
    return { ...test, connection: await test.connected(), bob: test.im.direct('bob') };
  }

  it('are in the list and in the conversation, the same object until they change', async () => {
    const { im, bob, server } = await withSettings({ muted: true });
    const { settings } = bob;
    expect(settings).toEqual({ muted: true });
    expect(im.conversations()?.[0]?.settings).toBe(settings);
    expect(im.direct('carol').settings).toEqual({});
    server.httpAnswers.set(`/conversations/${id}`, (_, sent) => ({
      status: 200,
      body: { settings: { muted: true, ...(sent as object) } },
    }));
    await changeSettings(bob, { pinned: true });
    expect(bob.settings).toEqual({ muted: true, pinned: true });
    expect(server.calls.at(-1)).toEqual([
      'PATCH',
      `/conversations/${encodeURIComponent(id)}`,
      { pinned: true },
    ]);
    await settle();
    expect(im.conversations()?.[0]?.settings).toBe(bob.settings);
  });

  it.each([
    ['comes back with a new message', { archived: true }, undefined],
    ['comes back if it is no longer muted', { archived: true, muted: SERVER_TIME }, undefined],
    ['stays archived if it is muted', { archived: true, muted: true }, true],
    ['stays archived if it is muted for now', { archived: true, muted: SERVER_TIME + 1 }, true],
  ])('an archived conversation %s', async (_, settings, archived) => {
    const { connection, bob, heardCount } = await withSettings(settings);
    expect(bob.settings.archived).toBe(true);
    connection.push(message(2));
    await heardCount(1);
    expect(bob.settings.archived).toBe(archived);
  });
});

describe('a report (IM-REPORT-1)', () => {
  it('names the conversation, the message, and the reason', async () => {
    const { im, server } = await harness();
    server.httpAnswers.set('/reports', { status: 202 });
    await reportMessage(im.direct('bob'), 7, 'Spam');
    expect(server.calls.at(-1)).toEqual([
      'POST',
      '/reports',
      { conversationId: 'dm:alice:bob', seq: 7, reason: 'Spam' },
    ]);
  });
});
