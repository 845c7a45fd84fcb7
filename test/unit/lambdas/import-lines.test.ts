import { describe, expect, it } from 'vitest';
import { EXPIRED, messageOf, parseLine } from '../../../lambdas/domain/import/parse-line.ts';
import { START } from '../../../lambdas/domain/import/position.ts';
import { type Place, splitLines } from '../../../lambdas/domain/import/split-lines.ts';
import { IMPORT_LIMITS, type MessageLine } from '../../../protocol/import.ts';

const { lineBytes } = IMPORT_LIMITS;
const NOW = Date.UTC(2026, 10, 29);

/** What `splitLines` says of a file that is read in parts of this size, each from where the one before ended. */
function split(text: string | Buffer, partBytes: number) {
  const file = Buffer.from(text);
  const lines: { readonly line: number; readonly text: string | undefined }[] = [];
  let place: Place = START;
  for (let parts = 0, isEnd = false; !isEnd; parts += 1) {
    // A part that gets nowhere is read for ever.
    expect(parts).toBeLessThan(file.length + 2);
    const part = file.subarray(place.offset, place.offset + partBytes);
    isEnd = part.length < partBytes;
    for (const { bytes, ...now } of splitLines(part, place, isEnd)) {
      expect(now.offset).toBeGreaterThan(place.offset);
      place = now;
      lines.push({ line: now.line, text: bytes?.toString() });
    }
  }
  expect(place.offset).toBe(file.length);
  return lines;
}

describe('the lines of a file (IM-IMPORT-2)', () => {
  it.each([
    ['one', 'a', ['a']],
    ['one with its end', 'a\n', ['a']],
    ['two with an empty one between them', 'a\n\nb', ['a', '', 'b']],
    ['with ends of Windows', 'a\r\nb\r\n', ['a\r', 'b\r']],
    ['empty ones only', '\n\n\n', ['', '', '']],
    ['nothing', '', []],
    ['characters of several bytes', 'ä👩‍🚀\n\u2028é', ['ä👩‍🚀', '\u2028é']],
    ['NUL', 'a\0b\n\0', ['a\0b', '\0']],
  ])('are the same in parts of any size, which is not shorter than a line: %s', (_, text, wanted) => {
    const longest = Math.max(1, ...text.split('\n').map((line) => Buffer.byteLength(line) + 1));
    for (let bytes = longest; bytes <= Buffer.byteLength(text) + 1; bytes += 1)
      expect(split(text, bytes)).toEqual(wanted.map((line, index) => ({ line: index + 1, text: line })));
  });

  it('that are longer than 128 KB are told of once, with their number, and those behind them are whole', () => {
    const [longest, tooLong] = ['x'.repeat(lineBytes), 'é'.repeat(lineBytes / 2 + 1)];
    const megabyte = 'y'.repeat(2 ** 20);
    const file = `a\n${longest}\n${tooLong}\nb\n${megabyte}\n${megabyte}\nc\n${tooLong}`;
    const told = [
      [1, 'a'],
      [2, longest],
      [3, undefined],
      [4, 'b'],
      [5, undefined],
      [6, undefined],
      [7, 'c'],
      [8, undefined],
    ];
    for (const bytes of [2 * lineBytes, 4 * lineBytes, 4 * lineBytes + 1, 2 ** 20, 2 ** 20 + 5, 2 ** 22]) {
      // The rest of a line that was told of is an empty one with its number, which is no line.
      const lines = split(file, bytes).filter(({ text }) => text !== '');
      expect(lines, `in parts of ${bytes} bytes`).toEqual(told.map(([line, text]) => ({ line, text })));
    }
  });
});

const CONVERSATION = 'dm:alice:bob';
const aMessage = (overrides: object = {}) => ({
  kind: 'message',
  conversationId: CONVERSATION,
  seq: 1,
  from: 'alice',
  sentAt: NOW - 1_000,
  content: { type: 'text', text: 'hi' },
  ...overrides,
});
const parsed = (line: object) => parseLine(Buffer.from(JSON.stringify(line)));

describe('a line (IM-IMPORT-2)', () => {
  const text = JSON.stringify(aMessage());

  it.each([
    ['with a byte order mark, as editors begin a file', `\uFEFF${text}`],
    ['with the end of Windows', `${text}\r`],
    ['with spaces around it', ` \t${text} `],
    ['with another field', JSON.stringify({ ...aMessage(), __proto__: null, reactions: { '👍': 1 } })],
    ['without a kind', JSON.stringify({ ...aMessage(), kind: undefined })],
  ])('is taken %s', (_, line) => {
    expect(parseLine(Buffer.from(line))).toEqual(aMessage());
  });

  it.each([
    ['half of one', Buffer.from(text.slice(0, -1))],
    ['two on one line', Buffer.from(text + text)],
    ['one with a NUL in it', Buffer.from(text.replace('hi', 'h\0i'))],
    ['a character that was cut', Buffer.from(text.replace('hi', 'é')).subarray(0, text.indexOf('hi') + 1)],
    ['Latin-1', Buffer.from(text.replace('hi', 'é'), 'latin1')],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['a byte order mark alone', Buffer.from('\uFEFF')],
    ['a lone surrogate', Buffer.from(text.replace('hi', '\\ud83d'))],
    ['a number', Buffer.from('7')],
    ['another kind', Buffer.from('{"kind":"__proto__"}')],
  ])('is refused if it is %s, in one sentence that quotes nothing of it', (_, bytes) => {
    expect(() => parseLine(bytes)).toThrow(/^(?!.*(hi|alice|bob)).{5,120}$/);
  });

  it('may have an escaped NUL in its text, as a message of a client may', () => {
    expect(parsed(aMessage({ content: { type: 'text', text: 'h\0i' } }))).toMatchObject({
      content: { text: 'h\0i' },
    });
  });
});

describe('the message of a line (IM-IMPORT-3)', () => {
  const made = (overrides: object = {}, historyTtlSeconds = 0) =>
    messageOf(parsed(aMessage(overrides)) as MessageLine, { nowMs: NOW, historyTtlSeconds }).message;

  it('has an id that is the same each time, and another one for another message', () => {
    expect(made()).toEqual(made());
    // What it says may be corrected in a later import, which finds the message then.
    expect(made({ content: { type: 'text', text: 'corrected' } }).messageId).toBe(made().messageId);
    const others = [{ seq: 2 }, { from: 'bob' }, { sentAt: NOW }, { conversationId: 'dm:alice:bobby' }];
    const ids = others.map((other) => made(other).messageId);
    expect(new Set([made().messageId, ...ids]).size).toBe(others.length + 1);
  });

  it('is refused from the future, but for what clocks differ by', () => {
    expect(made({ sentAt: NOW + 5 * 60_000 })).toMatchObject({ sentAt: NOW + 5 * 60_000 });
    expect(() => made({ sentAt: NOW + 5 * 60_000 + 1 })).toThrow(/future/);
    expect(() => made({ sentAt: Number.MAX_SAFE_INTEGER })).toThrow(/future/);
  });

  it('is refused as expired from the second on in which history expires', () => {
    expect(made({ sentAt: NOW - 9_999 }, 10)).toMatchObject({ seq: 1 });
    expect(() => made({ sentAt: NOW - 10_000 }, 10)).toThrow(EXPIRED);
    expect(made({ sentAt: 1 })).toMatchObject({ sentAt: 1 });
  });

  it('refers only to one before it', () => {
    expect(made({ seq: 3, replyTo: 2 })).toMatchObject({ replyTo: 2 });
    for (const replyTo of [3, 4]) expect(() => made({ seq: 3, replyTo })).toThrow(/replyTo/);
  });
});
