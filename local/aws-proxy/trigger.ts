import { parseJson, recordOf } from '../json.ts';

/** The event that invoked a function, without its confidential parts. */
export interface Trigger {
  readonly kind: 'authorizer' | 'frame' | 'http' | 'queue' | 'stream' | 'other';
  /** Route key of a frame, method and path of a request, or queue or table of a batch. */
  readonly name: string;
  /** The route key that invoked the function: `sendMessage`, `$connect`, `POST /groups/{id}/members`. */
  readonly route?: string;
  readonly user?: string;
  readonly device?: string;
  readonly connectionId?: string;
  /** Number of records in a batch. */
  readonly records?: number;
}

/** Reads an event of API Gateway, SQS, or a table's stream, as in test/fixtures/aws-events. */
export function triggerOf(eventJson: string): Trigger {
  const event = recordOf(JSON.parse(eventJson));
  const context = recordOf(event['requestContext']);
  const authorizer = recordOf(context['authorizer']);
  if (Array.isArray(event['Records'])) return batch(event['Records']);
  if (context['http'] !== undefined) {
    const { method, path } = recordOf(context['http']);
    const { sub } = recordOf(recordOf(authorizer['jwt'])['claims']);
    return {
      kind: 'http',
      name: `${method} ${path}`,
      ...text('route', event['routeKey']),
      ...text('user', sub),
    };
  }
  const { routeKey, connectionId } = context;
  if (typeof routeKey !== 'string') return { kind: 'other', name: 'event' };
  const isAuthorizer = event['type'] === 'REQUEST';
  return {
    kind: isAuthorizer ? 'authorizer' : 'frame',
    name: routeKey,
    ...(!isAuthorizer && { route: routeKey }),
    ...text('user', authorizer['userId'] ?? authorizer['principalId']),
    ...text('device', authorizer['deviceId']),
    ...text('connectionId', connectionId),
  };
}

/** The status, or the type and code of a reply to a frame: `200`, `sent`, `error not_found`. */
export function replyIn({ kind }: Trigger, payload: unknown): string | undefined {
  const { statusCode, body } = recordOf(payload);
  if (kind !== 'frame' || statusCode !== 200)
    return statusCode === undefined ? undefined : String(statusCode);
  if (typeof body !== 'string' || !body.startsWith('{')) return undefined;
  const { type, code } = recordOf(parseJson(body));
  return [type, code].filter((part) => typeof part === 'string').join(' ');
}

/** The length of the answer's body; 0 for a worker. */
export function replyBytesIn(payload: unknown): number {
  const { body } = recordOf(payload);
  return typeof body === 'string' ? Buffer.byteLength(body) : 0;
}

function batch(records: readonly unknown[]): Trigger {
  const arn = String(recordOf(records[0])['eventSourceARN']);
  const [, table] = /^arn:aws:dynamodb:.*:table\/([^/]+)\/stream\//.exec(arn) ?? [];
  if (table !== undefined) return { kind: 'stream', name: table, records: records.length };
  return { kind: 'queue', name: arn.split(':').at(-1) ?? arn, records: records.length };
}

function text(name: string, value: unknown) {
  return typeof value === 'string' ? { [name]: value } : {};
}
