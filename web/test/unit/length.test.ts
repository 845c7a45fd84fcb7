import { describe, expect, it } from 'vitest';
import { excessOf } from '../../src/messages/length.ts';

/** What `{"type":"text","text":""}` leaves of 16,384 bytes. */
const ROOM = 16_384 - 25;

describe('the excess of a text', () => {
  it.each([
    ['fits', 'x'.repeat(ROOM), 0],
    ['is one character too long', 'x'.repeat(ROOM + 1), 1],
    ['has line breaks, of two bytes in JSON', '\n'.repeat(Math.floor(ROOM / 2) + 10), 10],
    ['has umlauts, of two bytes', 'ä'.repeat(ROOM), Math.ceil(ROOM / 2)],
    ['has a megabyte', 'x'.repeat(1_000_000), 1_000_000 - ROOM],
  ])('counts characters from the end when it %s', (_, text, excess) => {
    expect(excessOf(text)).toBe(excess);
  });

  it('counts the reply and the mentions of a message, as the server does', () => {
    const refers = { replyTo: 7, mentions: ['bob'] };
    expect(excessOf('x'.repeat(ROOM), { replyTo: undefined, mentions: undefined })).toBe(0);
    expect(excessOf('x'.repeat(ROOM), refers)).toBe(JSON.stringify(refers).length);
  });
});
