import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { decodeCursor, encodeCursor } from '../../../lambdas/shared/cursor.ts';

const strings = () => z.array(z.string());

describe('a cursor', () => {
  it('decodes to its content for the user it was made for (IM-HELLO-2)', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (userId, items) => {
        expect(decodeCursor(userId, encodeCursor(userId, items), 'batch', strings)).toEqual(items);
      }),
    );
  });

  it('is refused for another user and with any character altered (IM-REFUSE-5)', () => {
    const cursor = encodeCursor('bob', ['01ARZ3NDEKTSV4RRFFQ69G5FAV']);
    const invalid = expect.objectContaining({ code: 'invalid_request' });
    expect(() => decodeCursor('alice', cursor, 'batch', strings)).toThrow(invalid);
    for (let index = 0; index < cursor.length; index += 1) {
      const altered = `${cursor.slice(0, index)}${cursor[index] === 'A' ? 'B' : 'A'}${cursor.slice(index + 1)}`;
      expect(() => decodeCursor('bob', altered, 'batch', strings)).toThrow(invalid);
    }
  });

  it.each(['5', 'null', '[1]', '{}', 'not JSON'])(
    'is refused with the content %s even if its checksum is right',
    (payload) => {
      const text = Buffer.from(payload).toString('base64url');
      const sum = createHash('sha256').update(`bob\n${text}`).digest('base64url').slice(0, 22);
      expect(() => decodeCursor('bob', `${text}.${sum}`, 'cursor', strings)).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      );
    },
  );

  it('is refused if it is of another list, though it is genuine (IM-REFUSE-5)', () => {
    const ofGroup = () => z.tuple([z.literal('g:1'), z.string()]);
    for (const items of [['g:2', 'bob'], ['bob'], ['g:1'], ['g:1', 'bob', 'x'], []]) {
      expect(() => decodeCursor('bob', encodeCursor('bob', items), 'cursor', ofGroup)).toThrow(
        expect.objectContaining({ code: 'invalid_request' }),
      );
    }
  });

  it.each(['', '.', 'abc', 'a.b.c'])('is refused when it is %j', (text) => {
    expect(() => decodeCursor('bob', text, 'cursor', strings)).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});
