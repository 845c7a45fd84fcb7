import type { IncomingMessage } from 'node:http';

/** A body within the limit, or `too-large`, for which the rest was read away so that the caller hears the answer. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size <= limitBytes ? Buffer.concat(chunks) : 'too-large';
}
