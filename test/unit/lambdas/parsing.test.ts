import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { decodeCursor, encodeCursor } from '../../../lambdas/shared/cursor.ts';
import type { InvalidRequestError } from '../../../lambdas/shared/errors.ts';
import { canonicalJson, parseJsonObject } from '../../../lambdas/shared/json.ts';
import { parseWith } from '../../../lambdas/shared/parse.ts';
import { attachmentRequestSchema } from '../../../protocol/attachments.ts';
import { sendMessageSchema } from '../../../protocol/frames.ts';
import { pushRegistrationSchema } from '../../../protocol/notifications.ts';

describe('a wrong field', () => {
  const PICTURE = { to: 'bob', name: 'cat.png', size: 5, type: 'image/png' };
  const small = { size: 5, type: 'image/png', width: 1, height: 1 };
  const ID = '01J00000000000000000000000';
  const files = (count: number) => ({
    content: { type: 'file', attachments: Array.from({ length: count }, () => ({ attachmentId: ID })) },
  });
  const SENT = { id: '1', clientMsgId: '1', to: 'bob', content: { type: 'text', text: 'hi' } };
  const DEVICE = { provider: 'fcm', token: 'x'.repeat(32) };

  function issuesOf(schema: () => z.ZodMiniType, value: unknown): Record<string, string> {
    try {
      parseWith(schema, value);
      return {};
    } catch (error) {
      const { issues } = error as InvalidRequestError;
      return Object.fromEntries(issues.map(({ path, message }) => [path, message]));
    }
  }

  it.each<[unknown, Record<string, string>]>([
    [{ ...PICTURE, size: 0 }, { size: 'must be at least 1' }],
    [{ ...PICTURE, size: 1.5 }, { size: 'must be a whole number' }],
    [{ ...PICTURE, size: '5' }, { size: 'must be a number' }],
    [{ ...PICTURE, name: undefined }, { name: 'is required' }],
    [{ ...PICTURE, name: 5 }, { name: 'must be a text' }],
    [{ ...PICTURE, thumbnail: { ...small, size: 102_401 } }, { 'thumbnail.size': 'must be at most 102400' }],
    [
      { ...PICTURE, thumbnail: { ...small, type: 'image/gif' } },
      { 'thumbnail.type': 'must be one of image/webp, image/jpeg, image/png' },
    ],
    [
      {},
      {
        to: 'exactly one of to and conversationId is required',
        name: 'is required',
        size: 'is required',
        type: 'is required',
      },
    ],
    [[], { '': 'must be an object' }],
    [null, { '': 'must be an object' }],
  ])('of an upload is named, with what it may be: %j (IM-FRAME-3)', (value, issues) => {
    expect(issuesOf(attachmentRequestSchema, value)).toEqual(issues);
  });

  it.each<[object, Record<string, string>]>([
    [files(0), { 'content.attachments': 'must have at least 1 entry' }],
    [files(11), { 'content.attachments': 'must have at most 10 entries' }],
    [{ content: { type: 'poem' } }, { 'content.type': 'must be one of text, custom, file' }],
    [{ mentions: 5 }, { mentions: 'must be all or must be a list' }],
    [{ resend: 1 }, { resend: 'must be true or false' }],
  ])('of a message is named, with what it may be: %j (IM-FRAME-3)', (fields, issues) => {
    expect(issuesOf(sendMessageSchema, { ...SENT, ...fields })).toEqual(issues);
  });

  it('of a device is named, with what it may be (IM-FRAME-3)', () => {
    expect(issuesOf(pushRegistrationSchema, { ...DEVICE, provider: 'sms' })).toEqual({
      provider: 'must be one of webpush, apns, fcm',
    });
  });
});

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
