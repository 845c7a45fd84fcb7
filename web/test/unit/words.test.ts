import type { ChatMessage } from '@serverless-im/client';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { conversationName } from '../../src/conversations/names.ts';
import { parsePeople, whyNot } from '../../src/conversations/people.ts';
import { textOf } from '../../src/messages/wording.ts';
import { briefly, clockTime, dayName, setLanguage } from '../../src/ui/times.ts';

const NOW = new Date(2026, 2, 4, 12).getTime();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('times', () => {
  it('are shorter the nearer they are', () => {
    const said = [0, -5_000, 5 * MINUTE, DAY, 3 * DAY, 40 * DAY, 400 * DAY].map((ago) =>
      briefly(NOW - ago, NOW),
    );
    expect(said[0]).toBe('now');
    // The server's clock may be ahead.
    expect(said[1]).toBe('now');
    expect(said[2]).toMatch(/5\s?m/);
    expect(said[3]).toMatch(/yesterday/);
    expect(said[4]).toBe('Sun');
    expect(said[5]).not.toContain('2026');
    expect(said[6]).toContain('2025');
  });

  it('count calendar days', () => {
    expect(dayName(NOW, NOW)).toBe('Today');
    expect(dayName(NOW - 13 * 60 * MINUTE, NOW)).toBe('Yesterday');
    expect(dayName(NOW - 3 * DAY, NOW)).toBe('Sunday');
  });

  it('have a leading zero only where the language has one', () => {
    const inLanguages = ['de-DE', 'en-US'].map((locale) => {
      setLanguage(locale);
      return clockTime(NOW - 179 * MINUTE);
    });
    expect(inLanguages).toEqual(['09:01', expect.stringMatching(/^9:01\sAM$/)]);
  });
});

describe('names', () => {
  it('may be separated by spaces, commas, and line breaks, and repeated', () => {
    expect(parsePeople(' bob,carol\n dave  bob ')).toEqual(['bob', 'carol', 'dave']);
  });

  it.each([
    [[], 'Enter at least one name.'],
    [['b:b', 'bob'], /^“b:b” is not a user name/],
    [['.', '..', 'system', 'a/b', 'c/d'], /^“.”, “..”, “system”, and 2 more are not user names/],
    [['x'.repeat(65)], /1 to 64 letters/],
    [Array.from({ length: 101 }, (_, n) => `user${n}`), 'Enter at most 100 names at a time.'],
    [['alice'], 'Leave out your own name.'],
    [['bob'], undefined],
  ])('%j: %s', (people, reason) => {
    if (reason === undefined) expect(whyNot(people, 'alice')).toBe(undefined);
    else expect(whyNot(people, 'alice')).toMatch(reason);
  });
});

describe('a system message', () => {
  const said = (content: object, mine: boolean) => textOf({ content, mine } as ChatMessage);

  it('says "You" to the user who did it, and names the user to the others', () => {
    const opened = { type: 'system', event: 'opened', by: 'maria', name: 'My parcel' };
    expect(said(opened, true)).toBe('You asked for help: My parcel');
    expect(said(opened, false)).toBe('maria asked for help: My parcel');
    const made = { type: 'system', event: 'created', by: 'system', users: ['bob'] };
    expect(said(made, false)).toBe('An administrator created this group with bob');
    const left = { type: 'system', event: 'left', by: 'maria', users: ['maria'] };
    expect([said(left, true), said(left, false)]).toEqual(['You left', 'maria left']);
  });

  it('that is malformed is named as such, instead of taking down the list that shows it', () => {
    expect(said({ type: 'system', event: 'joined', by: 'x', users: 5 }, false)).toMatch(/can't show/);
  });
});

describe('a message that was taken back', () => {
  it('says "You" only to the author who took it back, not to one whose message the operator or an admin recalled', () => {
    const said = (by: string, mine: boolean) =>
      textOf({ content: { type: 'recalled', by, at: NOW }, from: 'alice', mine } as ChatMessage);
    expect(said('alice', true)).toBe('You took this message back');
    for (const by of ['system', 'carol']) expect(said(by, true)).toBe('This message was taken back');
    expect(said('alice', false)).toBe('This message was taken back');
  });
});

describe('the name of a conversation', () => {
  it.each([
    ['Rowers', 'group', 'Rowers'],
    [undefined, 'group', 'Group'],
    ['My parcel', 'support', 'My parcel'],
    [undefined, 'support', 'Support chat'],
    [undefined, undefined, 'Group'],
  ] as const)('%s of a %s: %s', (name, kind, expected) => {
    expect(conversationName(name, kind)).toBe(expected);
  });
});

describe('config.json', () => {
  const urls = { wsUrl: 'wss://a', httpUrl: 'https://a' };

  it('is accepted with the dev issuer or any other', () => {
    const dev = { ...urls, auth: { kind: 'dev', tokenUrl: 'http://a/token' }, widgetOrigins: ['https://b'] };
    expect(parseConfig(dev)).toEqual({ ...dev, webPush: false });
    const oidc = {
      ...urls,
      auth: { kind: 'oidc', issuer: 'https://i', clientId: 'c', scope: 'openid email' },
    };
    expect(parseConfig({ ...oidc, webPush: true })).toEqual({ ...oidc, webPush: true, widgetOrigins: [] });
    const files = { maxBytes: 1_000, types: ['image/*'] };
    expect(parseConfig({ ...dev, files })).toEqual({ ...dev, files, webPush: false });
  });

  it.each([
    [null, 'config.json must be an object'],
    [{ ...urls, wsUrl: '' }, 'wsUrl must be a non-empty string'],
    [{ ...urls, auth: { kind: 'magic' } }, 'auth.kind must be "dev" or "oidc"'],
    [{ ...urls, auth: { kind: 'oidc', issuer: 'https://i' } }, 'auth.clientId must be a non-empty string'],
    [{ ...urls, auth: { kind: 'dev', tokenUrl: 'a' }, files: {} }, 'files.maxBytes must be a number'],
  ])('is refused if it is %j', (value, reason) => {
    expect(() => parseConfig(value)).toThrow(reason);
  });
});
