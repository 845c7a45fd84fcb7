import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Json } from './json.ts';

const signer = new SignatureV4({
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  region: 'us-east-1',
  service: 'execute-api',
  sha256: Sha256Node,
});

/** Makes a request of the operator's, signed with the key of the local stack. @param routeKey with a path that is encoded, and perhaps a query */
export async function asAdmin(
  { httpUrl }: { readonly httpUrl: string },
  routeKey: string,
  body?: object,
): Promise<{ status: number; body: Json }> {
  const [method = '', target = ''] = routeKey.split(' ');
  const { pathname: path, searchParams } = new URL(target, httpUrl);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { host } = new URL(httpUrl);
  const request = new HttpRequest({
    method,
    path,
    query: Object.fromEntries(searchParams),
    headers: { host, ...(text !== undefined && { 'content-type': 'application/json' }) },
    ...(text !== undefined && { body: text }),
  });
  const { host: _host, ...headers } = (await signer.sign(request)).headers;
  const response = await fetch(httpUrl + target, {
    method,
    headers,
    ...(text !== undefined && { body: text }),
  });
  const answer = await response.text();
  return { status: response.status, body: answer === '' ? undefined : JSON.parse(answer) };
}
