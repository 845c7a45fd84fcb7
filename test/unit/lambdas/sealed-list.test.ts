import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openList, sealList } from '../../../lambdas/shared/sealed-list.ts';

describe('sealed lists', () => {
  it('open for the user they were made for, with what was put in (IM-HELLO-2)', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (userId, items) => {
        expect(openList(userId, sealList(userId, items), 'batch')).toEqual(items);
      }),
    );
  });

  it('refuse another user and every altered character (refusal 5)', () => {
    const sealed = sealList('bob', ['01ARZ3NDEKTSV4RRFFQ69G5FAV']);
    const invalid = expect.objectContaining({ code: 'invalid_request' });
    expect(() => openList('alice', sealed, 'batch')).toThrow(invalid);
    for (let index = 0; index < sealed.length; index += 1) {
      const altered = `${sealed.slice(0, index)}${sealed[index] === 'A' ? 'B' : 'A'}${sealed.slice(index + 1)}`;
      expect(() => openList('bob', altered, 'batch')).toThrow(invalid);
    }
  });

  it.each(['5', 'null', '[1]', '{}', 'no JSON'])('refuse %s, though sealed by who gives it', (payload) => {
    const text = Buffer.from(payload).toString('base64url');
    const sum = createHash('sha256').update(`bob\n${text}`).digest('base64url').slice(0, 22);
    expect(() => openList('bob', `${text}.${sum}`, 'cursor')).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it.each(['', '.', 'abc', 'a.b.c'])('refuse %j', (text) => {
    expect(() => openList('bob', text, 'cursor')).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});
