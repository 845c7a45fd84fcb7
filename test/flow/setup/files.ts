import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { s3Client } from '../../../local/emulators/clients.ts';
import type { Json } from './json.ts';
import type { Stack } from './stack.ts';

export const BYTES = 'the bytes of a picture';
export const THUMBNAIL_BYTES = 'a small picture';
export const PICTURE = {
  name: 'Kätzchen (1).jpg',
  size: BYTES.length,
  type: 'image/jpeg',
  width: 800,
  height: 600,
};
export const THUMBNAIL = { size: THUMBNAIL_BYTES.length, type: 'image/webp', width: 320, height: 240 };

/** Files, as a client uploads and gets them, on the stack that the test file has started. */
export function filesOn(stack: () => Stack) {
  const ask = (user: string, body: object) =>
    stack().http(user, '/attachments', { method: 'POST', body: JSON.stringify(body) });

  /** Asks for forms. */
  async function form(user: string, body: object): Promise<Json> {
    const answer = await ask(user, body);
    expect(answer.status).toBe(201);
    return answer.body;
  }

  /** Uploads a picture with a thumbnail. @returns its id */
  async function upload(user: string, target: object, facts: object = {}): Promise<string> {
    const body = await form(user, { ...PICTURE, thumbnail: THUMBNAIL, ...facts, ...target });
    expect((await post(body.upload, BYTES)).status).toBe(204);
    expect((await post(body.thumbnailUpload, THUMBNAIL_BYTES)).status).toBe(204);
    return body.attachmentId;
  }

  /** The keys that the bucket has, of users of a test: all that the message's id or a file's is part of. */
  async function keys(prefix: 'sent/' | 'pending/', ...ids: readonly string[]): Promise<string[]> {
    const client = s3Client(stack().endpoints.s3);
    const Bucket = stack().outputs['AttachmentsBucketName'];
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: prefix }));
    client.destroy();
    return Contents.map(({ Key = '' }) => Key).filter((key) => ids.some((id) => key.includes(id)));
  }

  const links = (user: string, conversationId: string, seq: number) =>
    stack().http(user, `/conversations/${encodeURIComponent(conversationId)}/messages/${seq}/attachments`);

  return { ask, form, upload, keys, links };
}

/** Uploads as a browser does: the fields in their order, then the file. */
export async function post(
  { url, fields }: { readonly url: string; readonly fields: Readonly<Record<string, string>> },
  bytes: string,
): Promise<Response> {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  data.set('file', new Blob([bytes], { type: fields['Content-Type'] ?? '' }));
  return fetch(url, { method: 'POST', body: data });
}

export const files = (...ids: readonly string[]) => ({
  type: 'file',
  attachments: ids.map((attachmentId) => ({ attachmentId })),
});

/** A frame that sends files. */
export const sendingFiles = (to: string, clientMsgId: string, ...ids: readonly string[]) => ({
  action: 'sendMessage',
  clientMsgId,
  ...(to.includes(':') ? { conversationId: to } : { to }),
  content: files(...ids),
});
