import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeText } from '../../../cli/chat/safe-text.ts';
import { codePoint } from '../../setup/code-point.ts';

describe('safeText', () => {
  it.each([
    ['colours and cursor movements', '\x1b[31mred\x1b[2J', '␛[31mred␛[2J'],
    ['window titles', '\x1b]0;owned\x07', '␛]0;owned␇'],
    ['eight-bit escape sequences', '\x9b31m', '<009B>31m'],
    ['control characters that overwrite the line', 'safe\rme: evil\b\b', 'safe ⏎ me: evil␈␈'],
    ['forged lines', 'hi\n12:00 you: I owe bob\r\nall', 'hi ⏎ 12:00 you: I owe bob ⏎ all'],
    ['unusual line ends', 'a\u2028b\u2029c\u0085d', 'a ⏎ b ⏎ c<0085>d'],
    ['bidirectional controls', 'a\u202eb\u2066c', 'a<202E>b<2066>c'],
    ['NUL and DEL', '\0\x7f', '␀␡'],
    ['lone surrogates', 'a\ud800b', 'a<D800>b'],
    ['tabs', 'a\tb', 'a b'],
  ])('neutralizes %s', (_, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it.each(['plain', '👩‍👩‍👧‍👦 👍🏽 🇩🇪', 'né', 'שלום', '漢字', '<script>alert(1)</script>'])(
    'leaves %s as it is',
    (text) => {
      expect(safeText(text)).toBe(text);
    },
  );

  it('leaves no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
