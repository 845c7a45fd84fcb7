export type Service = 'dynamodb' | 'sqs' | 'connections';

/** Who polls the queues on behalf of Lambda; functions go by their logical id. */
export const EVENT_SOURCE = 'event-source';

/** One request of a function, or of the event source, to AWS. An SDK's retry is a call of its own. */
export interface Call {
  /** In order of arrival, over the life of the proxy. */
  readonly index: number;
  /** Logical id, or `event-source`. */
  readonly function: string;
  /** The route key that called the function; none of a worker and an authorizer. */
  readonly route?: string;
  /** The `awsRequestId` of the invocation that made it. */
  readonly requestId?: string;
  readonly service: Service;
  /** `PutItem`, `SendMessageBatch`, `PostToConnection`, … */
  readonly operation: string;
  readonly tables: readonly string[];
  readonly queue?: string;
  readonly connectionId?: string;
  /** Whose connection it is, if any frame of it came by. */
  readonly user?: string;
  readonly device?: string;
  /** Items, keys, or messages in it. */
  readonly entries: number;
  /** The SDK's count: 2 is its first retry. */
  readonly attempt: number;
  /** `performance.now()` at arrival. */
  readonly startMs: number;
  /** When it was sent at the latest: at arrival, or before a call ended that was under way with it. */
  readonly issuedMs: number;
  /** When it was answered or ended otherwise. */
  readonly endMs?: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** The emulator has seen it. */
  readonly forwarded: boolean;
  readonly outcome: Outcome;
  /** Of the answer that the caller got. */
  readonly status?: number;
  /** `ConditionalCheckFailedException`, `GoneException`, … */
  readonly error?: string;
  /** What the proxy did to it. */
  readonly fault?: string;
}

/**
 * `abandoned`: the caller hung up first, as the SDK does at its time-out. `failed`: the emulator closed the line, and
 * so did the proxy.
 */
export type Outcome = 'open' | 'answered' | 'cut' | 'killed' | 'abandoned' | 'failed';

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** All that is given must fit. */
export interface CallMatch {
  readonly service?: Service;
  readonly operation?: string;
  /** Part of a table's name: `Messages` finds `ServerlessIm-ChatStorageMessagesD603B373`. */
  readonly table?: string;
  /** Part of the queue's name. */
  readonly queue?: string;
  /** A connection id. */
  readonly connection?: string;
  /** Whose connection it is. */
  readonly user?: string;
  /**
   * Part of a function's logical id: `StoreOffline`. `event-source` is the poller of the queues.
   * @default - any function, but not the poller
   */
  readonly function?: string;
  /** The route key that called the function: `sendMessage`, `$connect`, `POST /groups/{id}/members`. */
  readonly route?: string;
  /** For tests; `input` is the parsed JSON of a request to DynamoDB or SQS. */
  readonly where?: (call: Call, input: unknown) => boolean;
}

export function matches(match: CallMatch, call: Call, input: unknown): boolean {
  const { service, operation, table, queue, connection, user, where } = match;
  return (
    (service === undefined || service === call.service) &&
    (operation === undefined || operation === call.operation) &&
    (table === undefined || call.tables.some((name) => name.includes(table))) &&
    (queue === undefined || call.queue?.includes(queue) === true) &&
    (connection === undefined || connection === call.connectionId) &&
    (user === undefined || user === call.user) &&
    isFrom(match.function, call) &&
    (match.route === undefined || match.route === call.route) &&
    (where === undefined || where(call, input))
  );
}

function isFrom(name: string | undefined, call: Call): boolean {
  // What only the poller does needs no saying.
  if (name === undefined) return call.function !== EVENT_SOURCE || call.operation === 'ReceiveMessage';
  return call.function.includes(name);
}
