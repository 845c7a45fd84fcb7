export type Service = 'dynamodb' | 'sqs' | 'sns' | 's3' | 'ssm' | 'connections' | 'lambda';

/** Caller name of the event sources' pollers, of queues and of streams; functions are named by their logical id. */
export const EVENT_SOURCE = 'event-source';

/** Caller name of who has a link or a form: a browser. */
export const VISITOR = 'visitor';

/** One request to AWS from a function or an event source. Each SDK retry is a separate call. */
export interface Call {
  /** Position in order of arrival, since the start of the proxy. */
  readonly index: number;
  /** Logical id, `event-source`, or `visitor`. */
  readonly function: string;
  /** The route key that invoked the function; undefined for queue workers and authorizers. */
  readonly route?: string;
  /** The `awsRequestId` of the invocation that made it. */
  readonly requestId?: string;
  readonly service: Service;
  /** `PutItem`, `SendMessageBatch`, `PostToConnection`, … */
  readonly operation: string;
  readonly tables: readonly string[];
  readonly queue?: string;
  readonly topic?: string;
  readonly bucket?: string;
  readonly connectionId?: string;
  /** Of the parameter store. */
  readonly parameter?: string;
  /** The name of the function that an `Invoke` runs. */
  readonly invoked?: string;
  /** Owner of the connection, known after its first frame. */
  readonly user?: string;
  readonly device?: string;
  /** Number of items, keys, or messages. */
  readonly entries: number;
  /** The SDK's count: 2 is the first retry. */
  readonly attempt: number;
  /** `performance.now()` at arrival. */
  readonly startMs: number;
  /** The latest time it can have been sent: at arrival, or before the end of a call that ran concurrently. */
  readonly issuedMs: number;
  /** `performance.now()` at the end, answered or not. */
  readonly endMs?: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** True if it was sent to the emulator. */
  readonly forwarded: boolean;
  readonly outcome: Outcome;
  /** HTTP status of the answer to the caller. */
  readonly status?: number;
  /** `ConditionalCheckFailedException`, `GoneException`, … */
  readonly error?: string;
  /** The fault that the proxy injected. */
  readonly fault?: string;
}

/** What a call is, and what it is for. */
export type Subject = Pick<
  Call,
  'operation' | 'tables' | 'queue' | 'topic' | 'bucket' | 'parameter' | 'connectionId' | 'invoked' | 'entries'
>;

/**
 * `abandoned`: the caller disconnected first, as the SDK does after its timeout. `failed`: the emulator closed the
 * connection, and so did the proxy.
 */
export type Outcome = 'open' | 'answered' | 'cut' | 'killed' | 'abandoned' | 'failed';

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** All given fields must match. */
export interface CallMatch {
  readonly service?: Service;
  readonly operation?: string;
  /** Part of a table's name: `Messages` finds `ServerlessIm-ChatStorageMessagesD603B373`. */
  readonly table?: string;
  /** Part of the queue's name. */
  readonly queue?: string;
  /** Part of the topic's name. */
  readonly topic?: string;
  /** Part of the bucket's name. */
  readonly bucket?: string;
  /** Part of the name of the function that an `Invoke` runs. */
  readonly invoked?: string;
  /** A connection id. */
  readonly connection?: string;
  /** Owner of the connection. */
  readonly user?: string;
  /**
   * Part of a function's logical id: `StoreOffline`. `event-source` matches the queue pollers.
   * @default - any function, but not the pollers
   */
  readonly function?: string;
  /** The route key that invoked the function: `sendMessage`, `$connect`, `POST /groups/{id}/members`. */
  readonly route?: string;
  /** For tests; `input` is the parsed body of the request, or bucket and key of one to S3; undefined for posts to connections. */
  readonly where?: (call: Call, input: unknown) => boolean;
}

export function matches(match: CallMatch, call: Call, input: unknown): boolean {
  const { service, operation, table, queue, topic, bucket, invoked, connection, user, where } = match;
  return (
    (service === undefined || service === call.service) &&
    (operation === undefined || operation === call.operation) &&
    (table === undefined || call.tables.some((name) => name.includes(table))) &&
    (queue === undefined || call.queue?.includes(queue) === true) &&
    (topic === undefined || call.topic?.includes(topic) === true) &&
    (bucket === undefined || call.bucket?.includes(bucket) === true) &&
    (invoked === undefined || call.invoked?.includes(invoked) === true) &&
    (connection === undefined || connection === call.connectionId) &&
    (user === undefined || user === call.user) &&
    isFrom(match.function, call) &&
    (match.route === undefined || match.route === call.route) &&
    (where === undefined || where(call, input))
  );
}

function isFrom(name: string | undefined, call: Call): boolean {
  // Only pollers receive messages, so that operation needs no explicit `event-source`.
  if (name === undefined) return call.function !== EVENT_SOURCE || call.operation === 'ReceiveMessage';
  return call.function.includes(name);
}
