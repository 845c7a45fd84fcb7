import { parseJson, recordOf } from '../json.ts';
import type { Call, Service } from './call.ts';

/** A request as it came, and as it goes on. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as Node's `rawHeaders`. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export type Subject = Pick<Call, 'operation' | 'tables' | 'queue' | 'connectionId' | 'entries'>;

const CONNECTION_PATH = /\/(?:@|%40)connections\/([^/?]+)/i;
export const CONNECTION_OPERATIONS: Readonly<Record<string, string>> = {
  POST: 'PostToConnection',
  GET: 'GetConnection',
  DELETE: 'DeleteConnection',
};

/** The JSON of a request to DynamoDB or SQS. What is posted to a connection is nobody's business here. */
export function inputOf(service: Service, { body }: SentRequest): unknown {
  return service === 'connections' ? undefined : parseJson(body.toString());
}

/** What a request is about. */
export function subjectOf(service: Service, request: SentRequest, target: string, input: unknown): Subject {
  if (service === 'connections') {
    const [, id] = CONNECTION_PATH.exec(request.path) ?? [];
    return {
      operation: CONNECTION_OPERATIONS[request.method] ?? request.method,
      tables: [],
      entries: 1,
      ...(id !== undefined && { connectionId: decode(id) }),
    };
  }
  const operation = target.split('.').at(-1) ?? '';
  const fields = recordOf(input);
  if (service === 'dynamodb') return { operation, ...tablesOf(fields) };
  const { QueueUrl: url, Entries: entries } = fields;
  return {
    operation,
    tables: [],
    entries: Array.isArray(entries) ? entries.length : 1,
    ...(typeof url === 'string' && { queue: url.split('/').at(-1) ?? url }),
  };
}

function tablesOf(fields: Readonly<Record<string, unknown>>): Pick<Subject, 'tables' | 'entries'> {
  const { TableName: table, RequestItems: requests, TransactItems: transaction } = fields;
  if (Array.isArray(transaction)) {
    const names = transaction.flatMap((item) =>
      Object.values(recordOf(item)).map((action) => String(recordOf(action)['TableName'])),
    );
    return { tables: [...new Set(names)], entries: transaction.length };
  }
  if (requests !== undefined) {
    const lists = Object.values(recordOf(requests)).map(listOf);
    return {
      tables: Object.keys(recordOf(requests)),
      entries: lists.reduce((sum, list) => sum + list.length, 0),
    };
  }
  return { tables: typeof table === 'string' ? [table] : [], entries: 1 };
}

/** Of one table's part of a batch: write requests, or keys. */
export function listOf(part: unknown): readonly unknown[] {
  const list = Array.isArray(part) ? part : recordOf(part)['Keys'];
  return Array.isArray(list) ? list : [];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
