import type { IncomingMessage } from 'node:http';
import { newTraceHeader } from './request-id.ts';

/** The properties of a request and its caller that API Gateway passes to functions. */
export interface RequestFacts {
  readonly domainName: string;
  readonly sourceIp: string;
  readonly userAgent?: string;
  /** Without `?`, still encoded. */
  readonly rawQueryString: string;
  /** As sent, without the query, still encoded. */
  readonly encodedPath: string;
  /** With the client's spelling and order, plus the headers that API Gateway adds. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Hop-by-hop headers between client and gateway. */
const HOP_HEADERS = new Set(['connection', 'upgrade', 'keep-alive', 'transfer-encoding', 'te', 'trailer']);

export function readRequestFacts(request: IncomingMessage, nowMs: number): RequestFacts {
  const url = request.url ?? '/';
  const queryStart = url.indexOf('?');
  const sourceIp = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const userAgent = request.headers['user-agent'];
  return {
    domainName: request.headers.host ?? 'localhost',
    sourceIp,
    ...(userAgent === undefined ? {} : { userAgent }),
    encodedPath: queryStart === -1 ? url : url.slice(0, queryStart),
    rawQueryString: queryStart === -1 ? '' : url.slice(queryStart + 1),
    headers: [...clientHeaders(request), ...edgeHeaders(request, sourceIp, nowMs)],
  };
}

function* clientHeaders(request: IncomingMessage): Generator<readonly [string, string]> {
  const raw = request.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lowerName = name.toLowerCase();
    if (HOP_HEADERS.has(lowerName) || lowerName.startsWith('x-forwarded-')) continue;
    if (lowerName === 'x-amzn-trace-id') continue;
    yield [name, raw[index + 1] ?? ''];
  }
}

function edgeHeaders(request: IncomingMessage, sourceIp: string, nowMs: number) {
  const forwardedFor = request.headers['x-forwarded-for'];
  const traceId = request.headers['x-amzn-trace-id'];
  return [
    ['X-Amzn-Trace-Id', typeof traceId === 'string' ? traceId : newTraceHeader(nowMs)],
    ['X-Forwarded-For', forwardedFor === undefined ? sourceIp : `${forwardedFor}, ${sourceIp}`],
    ['X-Forwarded-Port', String(request.socket.localPort ?? 80)],
    ['X-Forwarded-Proto', 'http'],
  ] as const;
}

/** All values of each header or parameter. Uses `fromEntries` because a client may name one `__proto__`. */
export function valuesByName(entries: Iterable<readonly [string, string]>): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
}
