import type { IncomingHttpHeaders } from 'node:http';
import type { CorsModel } from '../model.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * The headers that answer a preflight request: none unless it has an origin that is allowed and asks for a method.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function preflightHeaders(cors: CorsModel, request: IncomingHttpHeaders): Headers {
  const origin = allowedOrigin(cors, request.origin);
  if (origin === undefined || request['access-control-request-method'] === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    ...listHeader('access-control-allow-methods', cors.allowMethods),
    ...listHeader('access-control-allow-headers', cors.allowHeaders),
    ...(cors.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(cors.maxAgeSeconds) }),
  };
}

/** The response's headers with the API's CORS headers instead of any that the function returned. */
export function withCorsHeaders(cors: CorsModel, request: IncomingHttpHeaders, headers: Headers): Headers {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'));
  const origin = allowedOrigin(cors, request.origin);
  if (origin === undefined) return Object.fromEntries(own);
  return { ...Object.fromEntries(own), 'access-control-allow-origin': origin };
}

/** `*`, `https://*`, and exact origins, as the API's configuration may have them. */
function allowedOrigin(cors: CorsModel, origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  if (cors.allowOrigins.includes('*')) return '*';
  const isAllowed = cors.allowOrigins.some(
    (allowed) => allowed === origin || (allowed.endsWith('://*') && origin.startsWith(allowed.slice(0, -1))),
  );
  return isAllowed ? origin : undefined;
}

function listHeader(name: string, values: readonly string[]): Headers {
  return values.length === 0 ? {} : { [name]: values.join(',') };
}
