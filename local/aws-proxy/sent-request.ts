/** A request as received or as forwarded. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  /** Alternating names and values, as in Node's `rawHeaders`. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** The headers of a request, with their names in lower case. */
export function headerPairs(headers: readonly string[]): (readonly [string, string])[] {
  return headers.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1] ?? ''] as const] : [],
  );
}
