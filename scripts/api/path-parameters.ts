import { ATTACHMENT_ID, DEVICE_ID, USER_ID } from '../../protocol/ids.ts';

const inPath = (name: string, description: string, schema: object, example?: unknown) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
  ...(example !== undefined && { example }),
});

const text = (pattern?: RegExp) => ({ type: 'string', ...(pattern && { pattern: pattern.source }) });

/** What stands in the paths of the HTTP API. */
export const PATH_PARAMETERS = {
  conversationId: inPath('conversationId', 'the conversation', text(), 'dm:alice:bob'),
  seq: inPath('seq', 'which message', { type: 'integer', minimum: 1 }, 2),
  name: inPath('name', 'the reaction, usually an emoji', text(), '👍'),
  id: inPath('id', 'the group: its conversation id', text(), 'g:01M8G7ANDPMQ1Y9ZY667WWF1QF'),
  userId: inPath('userId', 'the user', text(USER_ID), 'bob'),
  deviceId: inPath('deviceId', 'the device', text(DEVICE_ID), 'laptop'),
  taskId: inPath('taskId', 'the task: from the answer that started it', text(ATTACHMENT_ID)),
  importId: inPath('importId', 'the import: from the answer that has its form', text(ATTACHMENT_ID)),
  attachmentId: inPath('attachmentId', 'the file', text(ATTACHMENT_ID)),
};
