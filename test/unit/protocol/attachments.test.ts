import { describe, expect, it } from 'vitest';
import { attachmentRequestSchema } from '../../../protocol/attachments.ts';
import { contentSchema } from '../../../protocol/content.ts';
import { liveSchema } from '../../../protocol/frames.ts';
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
} from '../../../protocol/protobuf.ts';

const ID = '01M8G7ANDPMQ1Y9ZY667WWF1QF';
const PICTURE = { to: 'bob', name: 'cat.jpg', size: 482_133, type: 'image/jpeg' };
const parse = (fields: object) => attachmentRequestSchema().safeParse({ ...PICTURE, ...fields });

describe('a request to upload a file', () => {
  it('takes the facts of a file and of its thumbnail (IM-FILE-1)', () => {
    const facts = {
      width: 1_600,
      height: 1_200,
      thumbnail: { size: 9_120, type: 'image/webp', width: 320, height: 240 },
    };
    expect(parse(facts).data).toEqual({ ...PICTURE, ...facts });
    expect(parse({ durationMs: 0, type: 'video/mp4' }).success).toBe(true);
  });

  it('makes equal names equal texts (IM-FILE-1)', () => {
    expect(parse({ name: ' cafe\u0301.jpg ' }).data?.name).toBe('caf\u00e9.jpg');
  });

  it.each([
    ['no visible character', { name: ' \u200b ' }],
    ['a name of more than 255 bytes', { name: 'é'.repeat(128) }],
    ['a folder', { name: '../cat.jpg' }],
    ['a folder of Windows', { name: '..\\cat.jpg' }],
    ['a line break', { name: 'cat\n.jpg' }],
    ['a direction that turns', { name: 'cat\u202egpj.exe' }],
    ['half a character', { name: 'cat\ud800.jpg' }],
    ['no bytes', { size: 0 }],
    ['half a byte', { size: 1.5 }],
    ['a type in capitals', { type: 'image/JPEG' }],
    ['a type with parameters', { type: 'text/html; charset=utf-8' }],
    ['a type that adds a header', { type: 'image/png\r\nx: y' }],
    ['an empty type', { type: '' }],
    ['a long type', { type: `image/${'x'.repeat(95)}` }],
    ['no width', { width: 0 }],
    ['a thumbnail that is a drawing', { thumbnail: { size: 1, type: 'image/svg+xml', width: 1, height: 1 } }],
    ['a large thumbnail', { thumbnail: { size: 102_401, type: 'image/webp', width: 1, height: 1 } }],
    ['a wide thumbnail', { thumbnail: { size: 1, type: 'image/webp', width: 321, height: 1 } }],
    ['two conversations', { conversationId: 'dm:alice:bob' }],
    ['no conversation', { to: undefined }],
  ])('refuses %s (IM-FILE-1)', (_, fields) => {
    expect(parse(fields).success).toBe(false);
  });
});

describe('content with files', () => {
  const files = (ids: readonly string[], more: object = {}) =>
    contentSchema().safeParse({
      type: 'file',
      attachments: ids.map((attachmentId) => ({ attachmentId })),
      ...more,
    });
  const ids = (count: number) =>
    Array.from({ length: count }, (_, index) => ID.slice(0, -2) + String(index).padStart(2, '0'));

  it('drops what a client says of its files (IM-FILE-2)', () => {
    const said = { attachmentId: ID, name: 'cat.jpg', size: 1, type: 'image/jpeg', removed: true };
    expect(contentSchema().parse({ type: 'file', attachments: [said] })).toEqual({
      type: 'file',
      attachments: [{ attachmentId: ID }],
    });
  });

  it('names 1 to 10 attachments, each once (IM-FILE-2)', () => {
    expect(files(ids(10), { text: 'look' }).success).toBe(true);
    for (const refused of [[], ids(11), [ID, ID], ['cat'], ['../../other/01M8G7ANDPMQ1Y9ZY667WWF1QF']])
      expect(files(refused).success).toBe(false);
    expect(files([ID], { text: ' ' }).success).toBe(false);
  });

  it('is no live text (IM-FILE-2)', () => {
    const content = { type: 'file', attachments: [{ attachmentId: ID }] };
    expect(liveSchema().safeParse({ to: 'bob', liveId: 'c1', index: 0, content }).success).toBe(false);
  });

  it('is the same in Protobuf, both ways (IM-FILE-2, IM-PB)', () => {
    const sent = { type: 'file', attachments: [{ attachmentId: ID }], text: 'look' };
    const frame = { action: 'sendMessage', id: '1', clientMsgId: 'c1', to: 'bob', content: sent };
    const { content } = decodeClientFrame(encodeClientFrame(frame));
    expect(contentSchema().parse(content)).toEqual(sent);

    const thumbnail = { type: 'image/webp', size: 9_120, width: 320, height: 240 };
    const attachments = [
      { attachmentId: ID, name: 'cat.jpg', size: 1, type: 'image/jpeg', width: 2, height: 3, thumbnail },
      { attachmentId: ID, name: 'dog.exe', size: 1, type: 'application/octet-stream', removed: true },
    ];
    const message = { conversationId: 'dm:alice:bob', seq: 1, content: { type: 'file', attachments } };
    const answer = { type: 'message', id: '1', message };
    expect(decodeServerFrame(encodeServerFrame(answer))).toMatchObject(answer);
  });
});
