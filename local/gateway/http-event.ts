import type { IncomingMessage } from 'node:http';
import type { HttpApiModel } from '../model.ts';
import { ACCOUNT_ID } from '../stack/identifiers.ts';
import type { RouteMatch } from './http-route-table.ts';
import type { IamIdentity } from './iam-authorizer.ts';
import type { JwtIdentity } from './jwt-authorizer.ts';
import { type RequestFacts, valuesByName } from './request-facts.ts';
import { formatRequestTime } from './request-id.ts';

/** `requestContext.authorizer` */
export type AuthorizerContext = { readonly jwt: JwtIdentity } | { readonly iam: IamIdentity };

export interface HttpEventParts {
  readonly request: IncomingMessage;
  readonly facts: RequestFacts;
  readonly api: Pick<HttpApiModel, 'apiId' | 'stage'>;
  /** Decoded; includes the stage unless it is `$default`. */
  readonly path: string;
  readonly match: RouteMatch;
  readonly body: Buffer;
  /** @default - the route needs no authorization */
  readonly authorizer: AuthorizerContext | undefined;
  readonly requestId: string;
  readonly nowMs: number;
}

/**
 * Payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * `rawPath` is decoded despite its name: captures in honojs/hono#2156 and hotsock/voker#8.
 */
export function httpEvent(parts: HttpEventParts) {
  const { request, facts, api, path, match, authorizer, nowMs } = parts;
  const { cookies, headers } = readHeaders(facts);
  const query = joinRepeated(new URLSearchParams(facts.rawQueryString));
  return {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath: path,
    rawQueryString: facts.rawQueryString,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(facts.rawQueryString === '' ? {} : { queryStringParameters: query }),
    ...(Object.keys(match.pathParameters).length === 0 ? {} : { pathParameters: match.pathParameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: api.apiId,
      ...(authorizer && { authorizer }),
      domainName: facts.domainName,
      domainPrefix: facts.domainName.split('.')[0] ?? '',
      http: {
        method: request.method,
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: facts.sourceIp,
        userAgent: facts.userAgent ?? '',
      },
      requestId: parts.requestId,
      routeKey: match.routeKey,
      stage: api.stage,
      time: formatRequestTime(nowMs),
      timeEpoch: nowMs,
    },
    ...encodeBody(parts.body, headers['content-type']),
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
  const values = Object.entries(valuesByName(entries));
  return Object.fromEntries(values.map(([name, all]) => [name, all.join(',')]));
}

/**
 * Only these content types arrive as text; all others, and a body without a content type, as base64. Measured on AWS in
 * ministackorg/ministack#766; the documentation says only "binary".
 */
function encodeBody(body: Buffer, contentType = '') {
  if (body.length === 0) return { isBase64Encoded: false };
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isText = mediaType.startsWith('text/') || /^application\/(json|xml|javascript)$/.test(mediaType);
  if (isText) return { body: body.toString('utf8'), isBase64Encoded: false };
  return { body: body.toString('base64'), isBase64Encoded: true };
}
