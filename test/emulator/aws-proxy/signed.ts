import { createHmac } from 'node:crypto';
import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';

const SECRET = 'local';

interface FormOptions {
  readonly nowMs?: number;
  readonly sizes?: readonly [min: number, max: number];
  /** The key id. @default local */
  readonly signer?: string;
}

/** A form's fields, signed for 15 minutes as AWS documents it. docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html */
export function presignedForm(
  bucket: string,
  fields: Readonly<Record<string, string>>,
  { nowMs = Date.now(), sizes = [0, 1_000], signer = 'local' }: FormOptions = {},
): Record<string, string> {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = date.slice(0, 8);
  const all = {
    ...fields,
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': `${signer}/${day}/us-east-1/s3/aws4_request`,
    'x-amz-date': date,
  };
  const conditions = [
    { bucket },
    ...Object.entries(all).map(([name, value]) => ({ [name]: value })),
    ['content-length-range', ...sizes],
  ];
  const expiration = new Date(nowMs + 900_000).toISOString();
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const sign = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const key = [day, 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(sign, `AWS4${SECRET}`);
  return { ...all, policy, 'x-amz-signature': sign(key, policy).toString('hex') };
}

/** @param url of the bucket */
export async function presignedGet(
  url: string,
  key: string,
  query: Readonly<Record<string, string>> = {},
  accessKeyId = 'local',
): Promise<string> {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey: SECRET },
    region: 'us-east-1',
    service: 's3',
    sha256: Sha256Node,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const path = `${pathname}/${key}`;
  const headers = { host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' };
  const request = new HttpRequest({
    method: 'GET',
    protocol,
    hostname,
    port: Number(port),
    path,
    headers,
    query,
  });
  const signed = await signer.presign(request, { expiresIn: 600 });
  return `${protocol}//${host}${path}?${new URLSearchParams(signed.query as Record<string, string>)}`;
}
