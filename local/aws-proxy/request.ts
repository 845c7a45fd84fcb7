import { parseJson, recordOf } from '../json.ts';
import { type BucketInput, bucketInput, bucketSubject } from './bucket/bucket-request.ts';
import type { Service, Subject } from './call.ts';
import type { SentRequest } from './sent-request.ts';
import { type QueryParameters, queryParameters, topicSubject } from './topic-request.ts';

const CONNECTION_PATH = /\/(?:@|%40)connections\/([^/?]+)/i;
const INVOKE_PATH = /\/functions\/([^/]+)\/invocations/;
export const CONNECTION_OPERATIONS: Readonly<Record<string, string>> = {
  POST: 'PostToConnection',
  GET: 'GetConnection',
  DELETE: 'DeleteConnection',
};

/** The parsed body of a request, or bucket and key of one to S3; undefined for posts to connections. */
export function inputOf(service: Service, sent: SentRequest): unknown {
  if (service === 'connections') return undefined;
  if (service === 's3') return bucketInput(sent);
  return service === 'sns' ? queryParameters(sent.body) : parseJson(sent.body.toString());
}

/** The operation and target of a request. */
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
  if (service === 'lambda') {
    const [, name = ''] = INVOKE_PATH.exec(request.path) ?? [];
    // An ARN ends with the name.
    const invoked = decode(name).split(':function:').at(-1) ?? '';
    return { operation: 'Invoke', tables: [], entries: 1, invoked };
  }
  if (service === 'sns') return topicSubject(input as QueryParameters);
  if (service === 's3') return bucketSubject(request.method, input as BucketInput);
  const operation = target.split('.').at(-1) ?? '';
  const fields = recordOf(input);
  if (service === 'dynamodb') return { operation, ...tablesOf(fields) };
  if (service === 'ssm') return { operation, tables: [], entries: 1, parameter: String(fields['Name']) };
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

/** The write requests or keys in one table's part of a batch. */
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
