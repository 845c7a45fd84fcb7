import type { Attachment, ChatMessage, FileContent } from '@serverless-im/client';
import { describe, expect, it } from 'vitest';
import { isPicture, kindOf } from '../../src/files/kinds.ts';
import { boxOf, estimatedHeight, WIDTH_PX, widthOf } from '../../src/files/layout.ts';
import { partsOfName } from '../../src/files/parts-of-name.ts';
import { altOf, lengthInWords, sizeInWords } from '../../src/files/words.ts';
import { previewOf, textOf } from '../../src/messages/wording.ts';
import { setLanguage } from '../../src/ui/times.ts';

setLanguage('en-GB');

const file = (name: string, type: string, more: Partial<Attachment> = {}): Attachment => ({
  attachmentId: name,
  name,
  size: 1_000,
  type,
  ...more,
});
const photo = (more: Partial<Attachment> = {}) => file('a.jpg', 'image/jpeg', more);
const removed = file('b.jpg', 'image/jpeg', { removed: true });

describe('the kind of a file', () => {
  it.each([
    ['image/png', 'picture'],
    ['image/avif', 'picture'],
    ['image/svg+xml', 'file'],
    ['image/tiff', 'file'],
    ['text/html', 'text'],
    ['video/webm', 'video'],
    ['audio/ogg', 'sound'],
    ['application/pdf', 'text'],
    ['application/zip', 'archive'],
    ['application/octet-stream', 'file'],
  ])('of %s is %s: only what the bucket lets a browser show is a picture', (type, kind) => {
    expect(kindOf({ type })).toBe(kind);
  });

  it('is no picture once the operator has removed it', () => {
    expect([photo(), removed].map(isPicture)).toEqual([true, false]);
  });
});

describe('the name of a file', () => {
  it.each([
    ['cat.jpg', 'cat', '.jpg'],
    ['Quarterly report of the company, final.pdf', 'Quarterly report of the company, ', 'final.pdf'],
    ['README', 'README', ''],
    ['.profile', '.profile', ''],
    ['a.b/c', 'a.b/c', ''],
    // Cut in the middle, its letters would stand on the wrong side of the dots.
    [`${'ש'.repeat(40)}.exe`, 'ש'.repeat(40), '.exe'],
  ])('%j always shows its extension', (name, start, end) => {
    expect(partsOfName(name)).toEqual({ start, end });
  });
});

describe('the words for files', () => {
  const said = (attachments: readonly Attachment[], text?: string) =>
    textOf({ content: { type: 'file', attachments, text } } as unknown as ChatMessage);

  it('say what a message has, in one line', () => {
    expect(said([photo()])).toBe('Photo');
    expect(said([photo(), photo()], 'look')).toBe('2 photos · look');
    expect(said([photo(), file('a.pdf', 'application/pdf')])).toBe('2 files');
    expect(said([file('a.mp4', 'video/mp4')])).toBe('Video');
    expect(said([file('a.ogg', 'audio/ogg')])).toBe('Audio');
    expect(said([removed])).toBe('This file was removed');
  });

  it('isolate a name, whose direction may be another', () => {
    expect(said([file('דוח.pdf', 'application/pdf')], 'here')).toBe('\u2068דוח.pdf\u2069 · here');
  });

  it('name the sender in a group', () => {
    const message = { from: 'bob', content: { type: 'file', attachments: [photo()] } };
    expect(previewOf(message as unknown as ChatMessage, true)).toBe('bob: Photo');
  });

  it('say that malformed files can’t be shown', () => {
    expect(textOf({ content: { type: 'file' } } as unknown as ChatMessage)).toMatch(/can't show/);
  });

  it.each([
    ['IMG_2041.jpg', 'Photo from Bob'],
    ['image.png', 'Photo from Bob'],
    ['Screenshot 2026-03-04 12.00.01.png', 'Photo from Bob'],
    ['Our cat.jpg', 'Our cat.jpg'],
  ])('describe the picture %s as %s', (name, words) => {
    expect(altOf(name, 'Bob')).toBe(words);
  });

  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [8_901, '8.9 kB'],
    [482_400, '482 kB'],
    [25 * 1024 * 1024, '26.2 MB'],
    [3e9, '3 GB'],
  ])('of the size %s are %s', (bytes, words) => {
    expect(sizeInWords(bytes)).toBe(words);
  });

  it('give the length of a sound', () => {
    expect([65_400, 600_000, 900].map(lengthInWords)).toEqual(['1:05', '10:00', '0:01']);
  });
});

describe('the place of files', () => {
  const content = (attachments: readonly Attachment[], text?: string): FileContent => ({
    type: 'file',
    attachments,
    text,
  });

  it('is known before a picture is loaded, and can be hit', () => {
    expect(boxOf({ width: 1600, height: 1200 })).toEqual({ width: 320, height: 240 });
    expect(boxOf({ width: 900, height: 1600 })).toEqual({ width: 203, height: 360 });
    expect(boxOf({ width: 20, height: 20 })).toEqual({ width: 96, height: 96 });
    expect(boxOf({ width: 100_000, height: 1 })).toEqual({ width: 320, height: 96 });
    expect(boxOf({})).toEqual({ width: 320, height: 240 });
  });

  it('is wide enough for what stands beside a picture', () => {
    const narrow = photo({ width: 300, height: 1200 });
    expect(widthOf(content([narrow]))).toBe(96);
    expect(widthOf(content([narrow], 'a text'))).toBe(280);
    expect(widthOf(content([photo(), photo()]))).toBe(WIDTH_PX);
    expect(widthOf(content([file('a.pdf', 'application/pdf')]))).toBe(280);
  });

  it('is estimated for the list', () => {
    expect(estimatedHeight(content([photo({ width: 800, height: 600 })]))).toBe(240);
    expect(estimatedHeight(content([photo(), photo()]))).toBe(WIDTH_PX / 2);
    expect(estimatedHeight(content([photo(), photo(), removed]))).toBe(WIDTH_PX / 2 + 56);
  });
});
