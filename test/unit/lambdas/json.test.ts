import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendable } from '../../../lambdas/adapters/sqs.ts';
import { canonicalJson, parseJsonObject, sha256 } from '../../../lambdas/shared/json.ts';
import { codePoint } from '../../setup/code-point.ts';

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

describe('JSON for a queue', () => {
  it.each(['👍', '\uffff\ufffe', 'a\ud800', '\\\uffff', 'é\n"'])(
    'means the same, in characters that SQS and its emulator take: %j',
    (frame) => {
      const json = sendable(JSON.stringify({ frame }));
      expect(json).toMatch(/^[\x20-\ud7ff\ue000-\ufffd]*$/);
      expect(JSON.parse(json)).toEqual({ frame });
    },
  );
});

describe('parseJsonObject', () => {
  it.each([
    ['an empty text', ''],
    ['text', 'hello'],
    ['an array', '[1]'],
    ['null', 'null'],
    ['a number', '1'],
    ['33 levels', nested(33)],
    ['100,000 open brackets', `{"a":${'['.repeat(100_000)}`],
    ['33 levels of arrays', `{"a":${'['.repeat(32)}${']'.repeat(32)}}`],
  ])('refuses %s as bad_frame (IM-FRAME-3, IM-REFUSE-9)', (_, text) => {
    expect(() => parseJsonObject(text)).toThrow(expect.objectContaining({ code: 'bad_frame' }));
  });

  it('accepts 32 levels, including the frame itself (IM-FRAME-3)', () => {
    expect(parseJsonObject(nested(32))).toBeTypeOf('object');
  });

  it('keeps __proto__ a plain key (IM-REFUSE-9)', () => {
    const frame = parseJsonObject('{"__proto__":{"polluted":true}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(canonicalJson(frame, '')).toBe('{"__proto__":{"polluted":true}}');
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order of keys, and parses back to the value (IM-SEND-2)', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: codePoint }), (value) => {
        fc.pre(JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(value)));
        const text = canonicalJson(value, 'content');
        expect(canonicalJson(shuffled(value), 'content')).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('differs for different contents (IM-SEND-2)', () => {
    expect(sha256(canonicalJson({ a: 1 }, ''))).not.toBe(sha256(canonicalJson({ a: '1' }, '')));
  });

  it.each([
    ['a number beyond a double', JSON.parse('{"n":1e999}')],
    ['a lone surrogate', JSON.parse('{"s":"\\ud800"}')],
    ['a lone surrogate in a key', JSON.parse('{"\\udc00":1}')],
  ])('refuses %s as invalid_request (IM-REFUSE-9)', (_, value) => {
    expect(() => canonicalJson(value, 'content')).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });
});

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, shuffled(child)]),
  );
}
