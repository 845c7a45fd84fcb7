import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf } from '../../src/messages/links.ts';

const linksIn = (text: string) => piecesOf(text).flatMap(({ href }) => href ?? []);

describe('the links in a text', () => {
  it.each([
    ['see https://example.com/a?b=c#d', ['https://example.com/a?b=c#d']],
    ['(https://example.com/a), and https://example.org.', ['https://example.com/a', 'https://example.org/']],
    ['https://en.wikipedia.org/wiki/Set_(music)!', ['https://en.wikipedia.org/wiki/Set_(music)']],
    ['HTTPS://EXAMPLE.COM', ['https://example.com/']],
  ])('are https addresses, without the punctuation around them: %s', (text, links) => {
    expect(linksIn(text)).toEqual(links);
  });

  it('show by their whole address that letters are not Latin', () => {
    expect(linksIn('https://\u0430pple.com')[0]).toMatch(/^https:\/\/xn--/);
  });

  it.each([
    'http://example.com',
    'javascript:alert(1)',
    'data:text/html,<b>',
    'ftp://example.com',
    'https://',
    'xhttps://example.com',
    'https://bank.example@evil.example',
    'example.com',
  ])('are never of another scheme, or disguised: %s', (text) => {
    expect(linksIn(text)).toEqual([]);
  });

  it('leave the text as it is', () => {
    const words = fc.constantFrom(
      'https://a.b',
      ' ',
      '(',
      ').',
      'x',
      '<b>',
      '\u202e',
      '\n',
      'http://c',
      '👍',
    );
    fc.assert(
      fc.property(fc.array(words), (parts) => {
        const text = parts.join('');
        expect(
          piecesOf(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});
