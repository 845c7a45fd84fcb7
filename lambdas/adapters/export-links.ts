import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ExportLinks } from '../domain/model/export-file.ts';
import { exportKey } from '../shared/export-keys.ts';

/** An hour. The link ends earlier if the function's own credentials do: then the task gives another one. */
const LINK_SECONDS = 3_600;

/**
 * Links to files of exports: a signature of the function's own, as S3 takes them in a URL. Costs no call.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 * @param env the variables that hold the function's credentials, its region, and S3's address, as the AWS SDK reads them
 */
export function createExportLinks(bucket: string, env: NodeJS.ProcessEnv): ExportLinks {
  const { protocol, host, hostname, port, pathname } = new URL(addressOf(bucket, env));
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
      ...(env['AWS_SESSION_TOKEN'] !== undefined && { sessionToken: env['AWS_SESSION_TOKEN'] }),
    },
    region: env['AWS_REGION'] ?? '',
    service: 's3',
    sha256: Sha256Node,
    // S3 takes the path as it is, and signs no body in a URL.
    uriEscapePath: false,
    applyChecksum: false,
  });
  return {
    async linkTo(name, nowMs) {
      const request = new HttpRequest({
        method: 'GET',
        protocol,
        hostname,
        ...(port !== '' && { port: Number(port) }),
        path: `${pathname === '/' ? '' : pathname}/${exportKey(name)}`,
        headers: { host, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      });
      const signed = await signer.presign(request, {
        signingDate: new Date(nowMs),
        expiresIn: LINK_SECONDS,
      });
      const query = new URLSearchParams(signed.query as Record<string, string>);
      return {
        link: `${protocol}//${host}${signed.path}?${query}`,
        expiresAtMs: nowMs + LINK_SECONDS * 1_000,
      };
    },
  };
}

/** docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
function addressOf(
  bucket: string,
  { AWS_ENDPOINT_URL_S3: endpoint, AWS_REGION: region = '' }: NodeJS.ProcessEnv,
) {
  if (endpoint !== undefined) return `${endpoint}/${bucket}`;
  return `https://${bucket}.s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
