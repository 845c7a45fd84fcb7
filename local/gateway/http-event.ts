import { ACCOUNT_ID } from '../stack/identifiers.ts';
import type { JwtIdentity } from './jwt-authorizer.ts';
import type { RequestFacts } from './request-facts.ts';
import { formatRequestTime } from './request-id.ts';

export interface HttpEventFacts {
  readonly request: RequestFacts;
  readonly method: string;
  readonly protocol: string;
  /** Decoded, with the stage unless it is `$default`. */
  readonly path: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly apiId: string;
  readonly stage: string;
  readonly requestId: string;
  readonly nowMs: number;
  readonly identity?: JwtIdentity;
}

/**
 * Payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * `rawPath` is decoded, whatever its name says: captures in honojs/hono#2156 and hotsock/voker#8.
 */
export function httpEvent(facts: HttpEventFacts) {
  const { request, identity, nowMs } = facts;
  const { cookies, headers } = readHeaders(request);
  const query = joinRepeated(new URLSearchParams(request.rawQueryString));
  return {
    version: '2.0',
    routeKey: facts.routeKey,
    rawPath: facts.path,
    rawQueryString: request.rawQueryString,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(request.rawQueryString === '' ? {} : { queryStringParameters: query }),
    ...(Object.keys(facts.pathParameters).length === 0 ? {} : { pathParameters: facts.pathParameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: facts.apiId,
      ...(identity === undefined ? {} : { authorizer: { jwt: identity } }),
      domainName: request.domainName,
      domainPrefix: request.domainName.split('.')[0] ?? '',
      http: {
        method: facts.method,
        path: facts.path,
        protocol: facts.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.userAgent ?? '',
      },
      requestId: facts.requestId,
      routeKey: facts.routeKey,
      stage: facts.stage,
      time: formatRequestTime(nowMs),
      timeEpoch: nowMs,
    },
    ...encodeBody(facts.body, headers['content-type']),
  };
}

function readHeaders(request: RequestFacts) {
  const isCookie = ([name]: readonly [string, string]) => name.toLowerCase() === 'cookie';
  const cookies = request.headers.filter(isCookie).flatMap(([, value]) => value.split(/;\s*/));
  const others = request.headers.filter((header) => !isCookie(header));
  const lowerCased = others.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { cookies: cookies.filter((cookie) => cookie !== ''), headers: joinRepeated(lowerCased) };
}

function joinRepeated(entries: Iterable<readonly [string, string]>): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of entries) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

/**
 * Only these content types come as text; all others, and a body without one, as base64: measured against AWS in
 * ministackorg/ministack#766, since the documentation says no more than "binary".
 */
function encodeBody(body: Buffer, contentType = '') {
  if (body.length === 0) return { isBase64Encoded: false };
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isText = mediaType.startsWith('text/') || /^application\/(json|xml|javascript)$/.test(mediaType);
  if (isText) return { body: body.toString('utf8'), isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}
