import type { Json } from './json.ts';
import type { Reachable } from './stack.ts';

/** A text of some bytes: what matters is what it says of itself. */
export interface File {
  readonly name?: string;
  readonly type?: string;
  readonly bytes?: string;
}

export interface Form {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

const TINY = 'tiny';
/** A bucket that hangs keeps a request for ever, and Node waits five minutes for an answer. */
const GIVES_UP_MS = 10_000;

/** Asks for a form. @returns the answer */
export function askForm(
  { http }: Pick<Reachable, 'http'>,
  from: string,
  to: string,
  { name = 'note.txt', type = 'text/plain', bytes = TINY }: File = {},
): Promise<{ status: number; body: Json }> {
  return http(from, '/attachments', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to, name, type, size: Buffer.byteLength(bytes) }),
  });
}

/** Posts a form, as a browser does. @returns the status, and S3's code */
export async function postForm({ url, fields }: Form, bytes = TINY): Promise<readonly [number, string]> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([bytes]));
  const signal = AbortSignal.timeout(GIVES_UP_MS);
  const response = await fetch(url, { method: 'POST', body: form, signal });
  return [response.status, /<Code>(\w+)</.exec(await response.text())?.[1] ?? ''];
}

/** Opens a link. @returns the text; `undefined` if the link does not work */
export async function openLink(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(GIVES_UP_MS) });
  const text = await response.text();
  return response.ok ? text : undefined;
}

/** @returns the attachment's id */
export async function uploadFile(
  on: Pick<Reachable, 'http'>,
  from: string,
  to: string,
  file: File = {},
): Promise<string> {
  const { body } = await askForm(on, from, to, file);
  const [status, code] = await postForm(body.upload, file.bytes);
  if (status !== 204) throw new Error(`S3 answered ${status} ${code}.`);
  return body.attachmentId;
}

export const sendingFile = (to: string, attachmentId: string, clientMsgId = 'm1') => ({
  action: 'sendMessage',
  clientMsgId,
  to,
  content: { type: 'file', attachments: [{ attachmentId }] },
});

export function directId(...users: readonly [string, string]): string {
  return `dm:${users.toSorted().join(':')}`;
}

/** The links to a message's files. */
export function linksTo(
  { http }: Pick<Reachable, 'http'>,
  reader: string,
  conversationId: string,
  seq: number,
): Promise<{ status: number; body: Json }> {
  return http(reader, `/conversations/${encodeURIComponent(conversationId)}/messages/${seq}/attachments`);
}
