import { expect, it } from 'vitest';
import { payloadOf } from '../../../lambdas/domain/notifications/payload.ts';
import { NOON } from '../../adapters/memory/world.ts';

it.each([
  ['image/png', 'Photo'],
  ['application/pdf', 'File'],
  // What each object in JavaScript has.
  ['constructor/x', 'File'],
])('a notification of a file of type %s says %s (IM-NOTIFY-3)', (type, word) => {
  const content = { type: 'file', attachments: [{ attachmentId: 'A', name: 'secret', type, size: 1 }] };
  const ids = { conversationId: 'g:01HF7YAT00A1B2C3D4E5F6G7H8', seq: 1, messageId: 'M', clientMsgId: 'c' };
  const stored = { contentJson: JSON.stringify(content), contentHash: 'h', sentAt: NOON, from: 'alice' };
  expect(payloadOf({ ...ids, ...stored }, 'preview', {})).toMatchObject({ body: `alice: ${word}` });
});
