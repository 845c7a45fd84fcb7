import type { CorsRule } from '../../model.ts';
import { denial } from '../refusal.ts';
import type { Answer } from '../upstream.ts';

type Headers = readonly (readonly [name: string, value: string])[];

/** What a browser says about the page that asks. */
export interface Asking {
  readonly origin: string;
  readonly method: string;
  /** Of a preflight. */
  readonly headers: readonly string[];
}

/** S3's answer to a preflight. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
export function preflight(rules: readonly CorsRule[], asking: Asking): Answer {
  if (rules.length === 0)
    return denial('s3', 'CORSResponse: CORS is not enabled for this bucket.', 'AccessForbidden');
  const headers = corsHeaders(rules, asking);
  if (headers.length === 0) {
    const message =
      'CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource’s CORS spec.';
    return denial('s3', message, 'AccessForbidden');
  }
  const allowed =
    asking.headers.length === 0 ? [] : ['access-control-allow-headers', asking.headers.join(', ')];
  return { status: 200, headers: [...headers.flat(), ...allowed], body: Buffer.alloc(0) };
}

/** The headers of the first rule that fits; none if no rule does: then the browser keeps the answer from the page. */
export function corsHeaders(rules: readonly CorsRule[], asking: Asking): Headers {
  const rule = rules.find((one) => fits(one, asking));
  if (rule === undefined) return [];
  const isForAll = rule.allowedOrigins.includes('*');
  return [
    ['access-control-allow-origin', isForAll ? '*' : asking.origin],
    ['access-control-allow-methods', rule.allowedMethods.join(', ')],
    ...(rule.exposedHeaders.length === 0
      ? []
      : [['access-control-expose-headers', rule.exposedHeaders.join(', ')] as const]),
    ...(rule.maxAgeSeconds === undefined
      ? []
      : [['access-control-max-age', String(rule.maxAgeSeconds)] as const]),
    ...(isForAll ? [] : [['access-control-allow-credentials', 'true'] as const]),
    ['vary', 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'],
  ];
}

function fits({ allowedOrigins, allowedMethods, allowedHeaders }: CorsRule, asking: Asking): boolean {
  return (
    allowedOrigins.some((pattern) => fitsPattern(pattern, asking.origin)) &&
    allowedMethods.includes(asking.method) &&
    asking.headers.every((name) =>
      allowedHeaders.some((pattern) => fitsPattern(pattern.toLowerCase(), name.toLowerCase())),
    )
  );
}

/** A pattern has one asterisk at most. */
function fitsPattern(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= pattern.length - 1 && text.startsWith(start) && text.endsWith(end);
}
