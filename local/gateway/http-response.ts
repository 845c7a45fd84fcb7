import { isRecord } from './invocation.ts';

export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** An answer of the gateway itself: `{"message":"Not Found"}`. */
export function gatewayReply(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { 'content-type': 'application/json', ...headers }, cookies: [], body };
}

/**
 * What a function returned, in payload format 2.0: with `statusCode` a response, without one the body of a 200 in
 * JSON. Undefined if it is neither, which AWS answers with 500.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function parseHttpResult(payload: unknown): HttpReply | undefined {
  if (!isRecord(payload) || payload['statusCode'] === undefined) return inferReply(payload);
  const status = Number(payload['statusCode']);
  const headers = parseHeaders(payload['headers'] ?? {});
  const cookies = parseCookies(payload['cookies'] ?? []);
  const body = payload['body'] ?? '';
  const isValidStatus = Number.isInteger(status) && status >= 200 && status <= 599;
  if (!isValidStatus || headers === undefined || cookies === undefined) return undefined;
  if (typeof body !== 'string') return undefined;
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    cookies,
    body: Buffer.from(body, payload['isBase64Encoded'] === true ? 'base64' : 'utf8'),
  };
}

function inferReply(payload: unknown): HttpReply {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload ?? null);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(text),
  };
}

function parseHeaders(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, header] of Object.entries(value)) {
    if (typeof header !== 'string' && typeof header !== 'number' && typeof header !== 'boolean') {
      return undefined;
    }
    headers[name.toLowerCase()] = String(header);
  }
  return headers;
}

function parseCookies(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((cookie) => typeof cookie === 'string') ? value : undefined;
}
