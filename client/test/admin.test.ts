import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { createAdmin } from '../src/admin/index.ts';
import { Sha256 } from '../src/admin/sha256.ts';

it('hashes as node:crypto does, with and without a secret, in pieces', async () => {
  const hash = new Sha256();
  hash.update('a');
  hash.update(new TextEncoder().encode('xbcx').subarray(1, 3));
  expect(Buffer.from(await hash.digest()).toString('hex')).toBe(
    createHash('sha256').update('abc').digest('hex'),
  );
  hash.reset();
  expect(Buffer.from(await hash.digest()).toString('hex')).toBe(createHash('sha256').digest('hex'));
  const mac = new Sha256('secret');
  mac.update('abc');
  const expected = createHmac('sha256', 'secret').update('abc').digest('hex');
  expect(Buffer.from(await mac.digest()).toString('hex')).toBe(expected);
});

/** An admin client of a server that answers every request like this. */
async function answeredBy(status: number, body: string, path = '') {
  const seen: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer(({ url, headers: { authorization } }, response) => {
    seen.push({ url, authorization });
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const credentials = async () => ({ accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: 't' });
  return {
    seen,
    admin: createAdmin({ httpUrl: `http://127.0.0.1:${port}${path}`, region: 'eu-central-1', credentials }),
  };
}

it('signs for API Gateway and its region, and encodes ids in the path below that of the URL', async () => {
  const { admin, seen } = await answeredBy(204, '', '/prod/');
  await admin.unban('a@b|c');
  expect(seen).toEqual([
    {
      url: '/prod/admin/users/a%40b%7Cc/ban',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/eu-central-1\/execute-api\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, /,
      ),
    },
  ]);
});

it('rejects with the error of the service, of the gateway, and without an answer', async () => {
  const refusal = { code: 'not_found', message: 'There is none.', retryable: false };
  const { admin } = await answeredBy(404, JSON.stringify(refusal));
  await expect(admin.recall('dm:a:b', 1)).rejects.toMatchObject({ name: 'RefusedError', code: 'not_found' });
  const { admin: stranger } = await answeredBy(403, '{"message":"Forbidden"}');
  await expect(stranger.look('bob')).rejects.toMatchObject({ name: 'ForeignAnswerError', status: 403 });
  const gone = createAdmin({
    httpUrl: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  });
  await expect(gone.look('bob')).rejects.toMatchObject({ name: 'NetworkError', retryable: true });
});
