import { randomBytes } from 'node:crypto';

/**
 * An id in the form that API Gateway gives connections, requests, and messages (`L0SM9cOFvHcCIhw=`): 88 random bits in
 * 16 characters. The final `=` reveals callers that forget to URL-encode it.
 */
export function newGatewayId(): string {
  return `${randomBytes(11).toString('base64url')}=`;
}

/** `Root=1-65d2ff2e-718990494fd688f062bf1571`: epoch seconds and 96 random bits, both in hexadecimal. */
export function newTraceHeader(nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')}`;
}

/** `requestTime` in the common log format, UTC: `09/Feb/2024:18:23:28 +0000`. */
export function formatRequestTime(epochMs: number): string {
  // `Fri, 09 Feb 2024 18:23:28 GMT`
  const [, day, month, year, time] = new Date(epochMs).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
