import { bucketError } from '../refusal.ts';
import type { SentRequest } from '../sent-request.ts';
import { type Answer, headerOf } from '../upstream.ts';
import type { Form } from './form.ts';

type Send = (request: SentRequest) => Promise<Answer>;

/** The emulator takes no larger body. */
const PART_BYTES = 8 * 1024 ** 2;
/** Fields of a form that become headers of the object. */
const OBJECT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'expires',
];
const NO_TYPE = 'binary/octet-stream';

/** Stores a form's file, and answers as S3 does. */
export async function storeForm(bucket: string, form: Form, host: string, send: Send): Promise<Answer> {
  const path = `/${bucket}/${form.key.split('/').map(encodeURIComponent).join('/')}`;
  const stored = await (form.file.length > PART_BYTES
    ? putInParts(path, form, send)
    : send({ method: 'PUT', path, headers: headersOf(form), body: form.file }));
  if (stored.status !== 200) return stored;
  const etag = (
    headerOf(stored, 'etag') ??
    /<ETag>(.*)<\/ETag>/.exec(String(stored.body))?.[1] ??
    ''
  ).replaceAll('&quot;', '"');
  return success(form, { bucket, etag, location: `http://${host}${path}` });
}

interface Stored {
  readonly bucket: string;
  readonly etag: string;
  readonly location: string;
}

function success({ fields, key }: Form, { bucket, etag, location }: Stored): Answer {
  const headers = ['etag', etag, 'location', location];
  const status = fields.get('success_action_status');
  if (status !== '201') return { status: status === '200' ? 200 : 204, headers, body: Buffer.alloc(0) };
  const facts = Object.entries({ Location: location, Bucket: bucket, Key: key, ETag: etag });
  const lines = facts.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  const body = `<?xml version="1.0" encoding="UTF-8"?><PostResponse>${lines.join('')}</PostResponse>`;
  return { status: 201, headers: [...headers, 'content-type', 'application/xml'], body: Buffer.from(body) };
}

function headersOf({ fields }: Form): string[] {
  const named = [...fields].filter(
    ([name]) => OBJECT_HEADERS.includes(name) || name.startsWith('x-amz-meta-'),
  );
  return (fields.has('content-type') ? named : [['content-type', NO_TYPE], ...named]).flat();
}

async function putInParts(path: string, form: Form, send: Send): Promise<Answer> {
  const empty = Buffer.alloc(0);
  const begun = await send({
    method: 'POST',
    path: `${path}?uploads`,
    headers: headersOf(form),
    body: empty,
  });
  const [, uploadId] = /<UploadId>(.*)<\/UploadId>/.exec(String(begun.body)) ?? [];
  if (uploadId === undefined) return begun;
  const query = `uploadId=${encodeURIComponent(uploadId)}`;
  const parts: string[] = [];
  for (let at = 0; at * PART_BYTES < form.file.length; at += 1) {
    const answer = await send({
      method: 'PUT',
      path: `${path}?partNumber=${at + 1}&${query}`,
      headers: [],
      body: form.file.subarray(at * PART_BYTES, (at + 1) * PART_BYTES),
    });
    const etag = headerOf(answer, 'etag');
    if (etag === undefined) return bucketError(500, 'InternalError', 'We encountered an internal error.');
    parts.push(`<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`);
  }
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  return send({
    method: 'POST',
    path: `${path}?${query}`,
    headers: ['content-type', 'application/xml'],
    body,
  });
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
