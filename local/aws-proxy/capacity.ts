import { crc32 } from 'node:zlib';
import { parseJson, recordOf } from '../json.ts';
import type { SentRequest } from './sent-request.ts';
import { type Answer, withBody } from './upstream.ts';

export interface Units {
  readonly readUnits: number;
  readonly writeUnits: number;
}

export const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
export const WRITES = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);
const NONE: Units = { readUnits: 0, writeUnits: 0 };

/** Adds `ReturnConsumedCapacity` to the request unless the caller asks for it. */
export function askForUnits(operation: string, request: SentRequest, input: unknown): SentRequest {
  if (!READS.has(operation) && !WRITES.has(operation)) return request;
  if (isAsked(input)) return request;
  const body = Buffer.from(JSON.stringify({ ...recordOf(input), ReturnConsumedCapacity: 'TOTAL' }));
  return { ...request, body };
}

/** The consumed units, and the answer without them unless the caller asked for them. */
export function takeUnits(
  operation: string,
  input: unknown,
  answer: Answer,
): { readonly units: Units; readonly answer: Answer } {
  if (!READS.has(operation) && !WRITES.has(operation)) return { units: NONE, answer };
  const fields = recordOf(parseJson(answer.body.toString()));
  if (answer.status >= 400) return { units: unitsOfRefusal(fields), answer };
  const { ConsumedCapacity: consumed, ...rest } = fields;
  const tables: readonly unknown[] = Array.isArray(consumed) ? consumed : [consumed];
  const units = tables.reduce<number>((sum, one) => sum + Number(recordOf(one)['CapacityUnits'] ?? 0), 0);
  return {
    units: READS.has(operation) ? { ...NONE, readUnits: units } : { ...NONE, writeUnits: units },
    answer: isAsked(input) ? answer : withBody(answer, Buffer.from(JSON.stringify(rest)), crc32),
  };
}

/**
 * A write whose condition fails is billed by the size of the existing item, at least 1 unit; the error contains no
 * units. The size is known only if the caller asked for the item; otherwise 1 is assumed.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
function unitsOfRefusal(fields: Readonly<Record<string, unknown>>): Units {
  if (!String(fields['__type']).endsWith('#ConditionalCheckFailedException')) return NONE;
  const bytes = fields['Item'] === undefined ? 0 : sizeOf(fields['Item']);
  return { ...NONE, writeUnits: Math.max(1, Math.ceil(bytes / 1024)) };
}

/** Names and values in UTF-8; a number takes about one byte per two digits, plus one. */
function sizeOf(item: unknown): number {
  return Object.entries(recordOf(item)).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value),
    0,
  );
}

function valueSize(value: unknown): number {
  const [[type, content] = []] = Object.entries(recordOf(value));
  if (type === 'N') return Math.ceil(String(content).replace(/[-.]/g, '').length / 2) + 1;
  if (type === 'B') return Buffer.byteLength(String(content), 'base64');
  if (type === 'M') return 3 + sizeOf(content) + Object.keys(recordOf(content)).length;
  if (type === 'L' && Array.isArray(content))
    return content.reduce((sum: number, one) => sum + 1 + valueSize(one), 3);
  if (type === 'SS' && Array.isArray(content))
    return content.reduce((sum: number, one) => sum + Buffer.byteLength(String(one)), 0);
  return type === 'S' ? Buffer.byteLength(String(content)) : 1;
}

function isAsked(input: unknown): boolean {
  const asked = recordOf(input)['ReturnConsumedCapacity'];
  return asked !== undefined && asked !== 'NONE';
}
