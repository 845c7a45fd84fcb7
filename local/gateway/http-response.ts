import { z } from 'zod';
import { recordOf } from '../json.ts';

export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A response of the gateway itself: `{"message":"Not Found"}`. */
export function gatewayReply(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

const resultSchema = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.unknown().optional(),
});

/**
 * Converts a function's result in payload format 2.0: a response if it has a `statusCode`, otherwise the JSON body of a
 * 200. Undefined if it is neither; AWS answers 500 then.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function parseHttpResult(payload: unknown): HttpReply | undefined {
  if (recordOf(payload)['statusCode'] === undefined) {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload ?? null);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
  }
  const { data: result } = resultSchema.safeParse(payload);
  if (result === undefined) return undefined;
  const own = Object.entries(result.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    status: result.statusCode,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...Object.fromEntries(own) },
    body: Buffer.from(result.body ?? '', result.isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}
