import type { Mentions } from '@serverless-im/client';
import { describe, expect, it } from 'vitest';
import {
  type Audience,
  editedMentions,
  mentionsOf,
  namedPieces,
  typedName,
} from '../../src/messages/mentions.ts';

const MEMBERS = ['bob', 'carol', 'dave.smith', 'e@home'];
const all: Audience = { has: (name) => MEMBERS.includes(name), isComplete: true, mayMentionAll: true };

describe('the mentions of a text (IM-REPLY)', () => {
  it.each<[string, Mentions | undefined]>([
    ['nobody here', undefined],
    ['hi @bob', ['bob']],
    ['@carol, @bob. And @carol!', ['carol', 'bob']],
    ['(@dave.smith)', ['dave.smith']],
    ['to @dave.smith.', ['dave.smith']],
    ['@e@home?', ['e@home']],
    ['write to me@bob or @bobby', undefined],
    ['@bob and @all', 'all'],
    ['@all.', 'all'],
    ['@allen', undefined],
  ])('are the members whose names follow an @: %s', (text, mentions) => {
    expect(mentionsOf(text, all)).toEqual(mentions);
  });

  it('leave @all a text where the user may not mention everybody', () => {
    expect(mentionsOf('@all', { ...all, mayMentionAll: false })).toBeUndefined();
    expect(mentionsOf('@all', { ...all, isComplete: false, mayMentionAll: false })).toBeUndefined();
  });

  it('are all named users while some members are unknown, without the punctuation after a name', () => {
    expect(mentionsOf('@zoe. @bob', { ...all, isComplete: false })).toEqual(['zoe', 'bob']);
  });

  it('are fifty at most', () => {
    const names = Array.from({ length: 60 }, (_, index) => `u${index}`);
    const text = names.map((name) => `@${name}`).join(' ');
    expect(mentionsOf(text, { ...all, has: (name) => names.includes(name) })).toEqual(names.slice(0, 50));
  });
});

describe('the mentions of an edited message (IM-REPLY)', () => {
  it.each<[string, Mentions | undefined, string, string, Mentions | undefined]>([
    ['keep who is still named', ['zoe'], 'hi @zoe', 'hello @zoe', ['zoe']],
    ['lose who is no longer named', ['zoe', 'bob'], 'hi @zoe @bob', 'hi @bob', ['bob']],
    ['gain who is named now', undefined, 'hi', 'hi @bob', ['bob']],
    ['keep who was never named', ['zoe'], 'hi you', 'hello you', ['zoe']],
    ['keep all', 'all', 'hi @all', 'hello @all', 'all'],
    ['keep all who were never named', 'all', 'hi', 'hello', 'all'],
    ['lose all', 'all', 'hi @all', 'hi', undefined],
  ])('%s', (_, mentions, before, text, expected) => {
    expect(editedMentions({ mentions }, before, text, { ...all, mayMentionAll: false })).toEqual(expected);
  });
});

describe('the parts of a text that mention a user', () => {
  it('are only those of mentioned users', () => {
    const text = 'Hi @bob, @carol and @bob.';
    const pieces = namedPieces({ at: 10, text }, ['bob']);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    expect(pieces.filter(({ name }) => name !== undefined)).toEqual([
      { at: 13, text: '@bob', name: 'bob' },
      { at: 30, text: '@bob', name: 'bob' },
    ]);
    expect(namedPieces({ at: 0, text: '@bob @all' }, 'all').map(({ name }) => name)).toEqual([
      undefined,
      'all',
    ]);
    expect(namedPieces({ at: 0, text }, undefined)).toEqual([{ at: 0, text }]);
  });
});

describe('the name before the caret', () => {
  it.each<[string, ReturnType<typeof typedName>]>([
    ['hi @', { at: 3, start: '' }],
    ['hi @bo', { at: 3, start: 'bo' }],
    ['me@bo', undefined],
    ['hi @bob ', undefined],
    ['', undefined],
  ])('is found in: %s', (text, expected) => {
    expect(typedName(`${text}`, text.length)).toEqual(expected);
  });
});
