import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';

/*
 * Requests to a bucket with a signature of the function's own: links and forms for others, which cost no call, and requests
 * that the function sends itself. `client-s3` would add 200 KB to the bundle of each message.
 * docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */

export interface SignedBucket {
  /** A URL for whoever has it, for these seconds. It ends earlier if the function's own credentials do. */
  link(key: string, options: LinkOptions): Promise<string>;
  /** The fields of a form that uploads one file: the policy fixes all of them, and the size. */
  form(fields: Readonly<Record<string, string>>, options: FormOptions): Promise<Form>;
  /** A request without a body. */
  request(method: 'PUT' | 'DELETE', key: string, headers?: Headers): Promise<HttpRequest>;
}

type Headers = Readonly<Record<string, string>>;

export interface LinkOptions {
  readonly signedAtMs: number;
  readonly seconds: number;
  /** What S3 shall answer: `response-content-type`, … @default - what was stored */
  readonly query?: Readonly<Record<string, string>>;
}

export interface FormOptions {
  readonly nowMs: number;
  readonly seconds: number;
  readonly size: number;
}

export interface Form {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

const UNSIGNED = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };

/** @param env the variables that hold the function's credentials, its region, and S3's address, as the AWS SDK reads them */
export function createSignedBucket(bucket: string, env: NodeJS.ProcessEnv): SignedBucket {
  const { protocol, host, hostname, port, pathname } = new URL(addressOf(bucket, env));
  const base = pathname === '/' ? '' : pathname;
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = env;
  const { AWS_SESSION_TOKEN: sessionToken, AWS_REGION: region = '' } = env;
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    region,
    service: 's3',
    sha256: Sha256Node,
    // S3 takes the path as it is, and signs no body in a URL.
    uriEscapePath: false,
    applyChecksum: false,
  });
  const requestOf = (method: string, key: string, headers: Headers, query: Record<string, string> = {}) =>
    new HttpRequest({
      method,
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: `${base}/${key}`,
      headers: { host, ...UNSIGNED, ...headers },
      query,
    });
  return {
    async link(key, { signedAtMs, seconds, query = {} }) {
      const signed = await signer.presign(requestOf('GET', key, {}, { ...query }), {
        signingDate: new Date(signedAtMs),
        expiresIn: seconds,
      });
      const text = new URLSearchParams(signed.query as Record<string, string>).toString();
      // A space as S3 writes it.
      return `${protocol}//${host}${signed.path}?${text.replaceAll('+', '%20')}`;
    },

    /** docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
    async form(given, { nowMs, seconds, size }) {
      const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
      const fields = {
        bucket,
        ...given,
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `${accessKeyId}/${date.slice(0, 8)}/${region}/s3/aws4_request`,
        'X-Amz-Date': date,
        ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
      };
      const policy = {
        expiration: new Date(nowMs + seconds * 1_000).toISOString(),
        conditions: [
          ['content-length-range', size, size],
          ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
        ],
      };
      const Policy = Buffer.from(JSON.stringify(policy)).toString('base64');
      const signature = await signer.sign(Policy, { signingDate: new Date(nowMs) });
      return {
        url: `${protocol}//${host}${base}`,
        fields: { ...fields, Policy, 'X-Amz-Signature': signature },
      };
    },

    async request(method, key, headers = {}) {
      const signed = await signer.sign(requestOf(method, key, headers));
      // As the AWS SDK's clients say who sends it.
      const { AWS_SDK_UA_APP_ID: app } = env;
      return new HttpRequest({
        ...signed,
        headers: { ...signed.headers, ...(app !== undefined && { 'user-agent': `app/${app}` }) },
      });
    },
  };
}

/** docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
function addressOf(
  bucket: string,
  { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region = '' }: NodeJS.ProcessEnv,
): string {
  if (endpoint !== undefined) return `${endpoint}/${bucket}`;
  return `https://${bucket}.s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
