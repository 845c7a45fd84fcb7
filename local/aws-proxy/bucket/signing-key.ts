import { createHmac, timingSafeEqual } from 'node:crypto';
import { REGION } from '../../stack/identifiers.ts';

/** The secret of every access key here. A function's key id is its logical id, so that a link shows who has signed it. */
export const SECRET = 'local';
export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** `key id/20261128/us-east-1/s3/aws4_request` */
export interface CredentialScope {
  readonly accessKeyId: string;
  readonly day: string;
}

/** Undefined if it is of another region or service, or of none. */
export function parseScope(text = ''): CredentialScope | undefined {
  const [accessKeyId = '', day = '', region, service, end, ...rest] = text.split('/');
  const isWhole = region === REGION && service === 's3' && end === 'aws4_request' && rest.length === 0;
  return isWhole && accessKeyId !== '' && /^\d{8}$/.test(day) ? { accessKeyId, day } : undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html */
export function signatureOf(text: string, { day }: CredentialScope): string {
  const key = [day, REGION, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${SECRET}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

export function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** `20261128T210000Z` */
export function parseDate(text: string): Date | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso === text ? Number.NaN : iso);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
