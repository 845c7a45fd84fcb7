import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ObjectCalls } from '../../../local/aws-proxy/bucket/object-call.ts';
import type { SentRequest } from '../../../local/aws-proxy/sent-request.ts';

it('a copy that must be the first is made by one of several at a time', async () => {
  const empty = Buffer.alloc(0);
  const asked: string[] = [];
  /** A bucket that answers a turn later, so that all would look before one writes. */
  const send = async ({ method }: SentRequest) => {
    asked.push(method);
    const isThere = asked.includes('PUT');
    await turn();
    return { status: method === 'PUT' || isThere ? 200 : 404, headers: ['etag', '"a"'], body: empty };
  };
  const headers = ['x-amz-copy-source', '/files/pending/a', 'if-none-match', '*'];
  const sent = { method: 'PUT', path: '/files/sent/a', headers, body: empty };
  const input = { Bucket: 'files', Key: 'sent/a', CopySource: { Bucket: 'files', Key: 'pending/a' } };
  const calls = new ObjectCalls();
  const copies = Array.from({ length: 5 }, () =>
    calls.send({ operation: 'CopyObject', sent, input, mayList: () => true }, send),
  );
  const statuses = (await Promise.all(copies)).map(({ status }) => status);
  expect(statuses).toEqual([200, 412, 412, 412, 412]);
});
