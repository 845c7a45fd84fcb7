import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { decodeCursor, encodeCursor } from '../../../lambdas/shared/cursor.ts';
import { canonicalJson, parseJsonObject } from '../../../lambdas/shared/json.ts';

describe('a cursor', () => {
  it.each([
    ['has an extra part', (cursor: string) => `${cursor}.x`],
    ['has no checksum', (cursor: string) => cursor.split('.')[0] ?? ''],
    ['is empty', () => ''],
  ])('is refused if it %s (IM-REFUSE-5)', (_, change) => {
    const cursor = encodeCursor('bob', ['a']);
    expect(() => decodeCursor('bob', change(cursor), 'cursor', () => z.tuple([z.string()]))).toThrow(
      expect.objectContaining({ issues: [{ path: 'cursor', message: expect.any(String) }] }),
    );
  });

  it('has a checksum of 22 characters, which keeps inbox pages small', () => {
    expect(encodeCursor('bob', ['a']).split('.')[1]).toHaveLength(22);
  });
});

describe('a frame as JSON', () => {
  it('is refused for one deep value beside flat ones (IM-FRAME-3)', () => {
    const deep = `${'['.repeat(32)}${']'.repeat(32)}`;
    expect(() => parseJsonObject(`{"a":1,"b":null,"c":${deep}}`)).toThrow(
      expect.objectContaining({ code: 'bad_frame' }),
    );
    expect(parseJsonObject('{"a":null}')).toEqual({ a: null });
  });
});

describe('a value that JSON cannot carry', () => {
  it('is refused with its path and the reason (IM-FRAME-3)', () => {
    for (const value of ['\ud800', Number.NaN]) {
      expect(() => canonicalJson(value, 'content')).toThrow(
        expect.objectContaining({
          issues: [{ path: 'content', message: expect.any(String) }],
          cause: expect.any(Error),
        }),
      );
    }
  });

  it('is null if it is missing', () => {
    expect(canonicalJson(undefined, 'content')).toBe('null');
  });
});
