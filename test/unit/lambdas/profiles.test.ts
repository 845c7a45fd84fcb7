import { beforeEach, describe, expect, it, vi } from 'vitest';
import { listProfiles, putProfile } from '../../../lambdas/domain/people/profile.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';
import { profileSchema, profilesQuerySchema } from '../../../protocol/people.ts';
import { createWorld, type World } from '../../adapters/memory/world.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
const put = (body: object, userId = 'alice') => putProfile(world, userId, parseWith(profileSchema, body));
const isRefused = (body: object) => {
  try {
    parseWith(profileSchema, body);
    return false;
  } catch {
    return true;
  }
};

describe('a profile', () => {
  it('is replaced as a whole, and its version grows only if something changes (IM-PROFILE-1)', async () => {
    const first = { name: 'Alice', custom: { team: 'boats', size: 3 } };
    expect(await put(first)).toEqual({ userId: 'alice', ...first, version: 1 });
    expect(await put({ custom: { size: 3, team: 'boats' }, name: ' Alice ' })).toMatchObject({ version: 1 });
    expect(await put({ name: 'Alice' })).toEqual({ userId: 'alice', name: 'Alice', version: 2 });
    expect(await put({})).toEqual({ userId: 'alice', version: 3 });
  });

  it('has a name in NFC of 1 to 64 code points (IM-PROFILE-1)', async () => {
    expect(await put({ name: ' Zoe\u0301 ' })).toMatchObject({ name: 'Zo\u00e9' });
    expect(await put({ name: '👩‍🚀'.repeat(21) })).toMatchObject({ name: '👩‍🚀'.repeat(21) });
    expect(await put({ name: 'עדי \u200f(ים)' })).toMatchObject({ name: 'עדי \u200f(ים)' });
    const bad = [
      '',
      ' ',
      '\u200b',
      'a'.repeat(65),
      'a\nb',
      'a\u0007',
      'a\u202eb',
      'a\u2066b',
      'a\u2028b',
      'a\ud800',
    ];
    expect(bad.filter((name) => !isRefused({ name }))).toEqual([]);
    expect(isRefused({ name: null })).toBe(true);
  });

  it('has an https URL of at most 512 characters without credentials as avatar (IM-PROFILE-1)', async () => {
    const avatar = `https://pictures.example/${'a'.repeat(487)}`;
    expect(await put({ avatar })).toMatchObject({ avatar });
    const bad = [
      `${avatar}a`,
      'https:logout',
      'https:///logout',
      'https://a.example/"><b>',
      '',
      'http://pictures.example/a',
      'javascript:alert(1)',
      'data:image/png;base64,AA',
      'https://user@pictures.example/',
      'https://user:word@pictures.example/',
      'https://:word@pictures.example/',
      ' https://pictures.example/',
      'https://pictures.example/\u0000',
      'https:\\\\pictures.example',
      'https://',
      'https://a\ud800.example/',
    ];
    expect(bad.filter((one) => !isRefused({ avatar: one }))).toEqual([]);
  });

  it('has at most 1 KB of JSON of the app, which is an object (IM-PROFILE-1)', async () => {
    expect(await put({ custom: { a: 'é'.repeat(508) } })).toMatchObject({ version: 1 });
    const refused = expect.objectContaining({
      code: 'invalid_request',
      issues: [{ path: 'custom', message: 'has 1025 bytes; at most 1024 are allowed' }],
    });
    await expect(put({ custom: { a: `${'é'.repeat(508)}a` } })).rejects.toEqual(refused);
    await expect(put({ custom: { a: '\ud800' } })).rejects.toMatchObject({ issues: [{ path: 'custom' }] });
    expect([[], 'a', 1, null].filter((custom) => !isRefused({ custom }))).toEqual([]);
  });
});

describe('the profiles of others', () => {
  it("are read with a strong read only if the reader's own is among them (IM-PROFILE-2)", async () => {
    const profile = await put({ name: 'Alice' });
    const read = vi.spyOn(world.profiles, 'profiles');
    expect(await listProfiles(world, 'alice', ['bob', 'alice', 'bob'])).toEqual({ profiles: [profile] });
    await listProfiles(world, 'carol', ['bob', 'alice']);
    expect(read.mock.calls).toEqual([
      [['bob', 'alice'], false],
      [['bob', 'alice'], true],
    ]);
  });

  it('are asked for by 1 to 100 user ids (IM-PROFILE-2)', () => {
    const isFine = (userIds: unknown) => {
      try {
        return parseWith(profilesQuerySchema, { userIds }) !== undefined;
      } catch {
        return false;
      }
    };
    const many = Array.from({ length: 101 }, (_, index) => `u${index}`);
    expect(['a', 'a,b@c|d', many.slice(1).join(',')].map(isFine)).toEqual([true, true, true]);
    expect(['', ',', 'a,', 'a, b', 'a:b', many.join(','), undefined].filter(isFine)).toEqual([]);
  });
});
