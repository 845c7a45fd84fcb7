import { recordOf } from '../json.ts';
import { listOf } from './request.ts';

export interface SplitBatch {
  /** The part to forward; undefined if it is empty. */
  readonly input: Readonly<Record<string, unknown>> | undefined;
  /** The answer, with the rest reported as unprocessed. */
  report(output: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

/** Splits off the first half of a batch, rounded down, so a batch of one forwards nothing. */
export function splitBatch(operation: string, input: unknown): SplitBatch {
  const fields = recordOf(input);
  return operation === 'SendMessageBatch' ? splitEntries(fields) : splitRequests(operation, fields);
}

function splitEntries(fields: Readonly<Record<string, unknown>>): SplitBatch {
  const entries = Array.isArray(fields['Entries']) ? fields['Entries'] : [];
  const half = Math.floor(entries.length / 2);
  const failed = entries.slice(half).map((entry: unknown) => ({
    Id: recordOf(entry)['Id'],
    SenderFault: false,
    Code: 'InternalError',
    Message: 'We encountered an internal error.',
  }));
  return {
    input: half === 0 ? undefined : { ...fields, Entries: entries.slice(0, half) },
    report: (output) => ({ Successful: [], ...output, Failed: [...listOf(output['Failed']), ...failed] }),
  };
}

function splitRequests(operation: string, fields: Readonly<Record<string, unknown>>): SplitBatch {
  const isRead = operation === 'BatchGetItem';
  const requests = Object.entries(recordOf(fields['RequestItems']));
  const all = requests.flatMap(([table, part]) => listOf(part).map((item) => ({ table, item })));
  const half = Math.floor(all.length / 2);
  const gather = (chosen: typeof all) =>
    Object.fromEntries(
      requests.flatMap(([table, part]) => {
        const items = chosen.filter((each) => each.table === table).map(({ item }) => item);
        if (items.length === 0) return [];
        return [[table, isRead ? { ...recordOf(part), Keys: items } : items]];
      }),
    );
  const rest = gather(all.slice(half));
  return {
    input: half === 0 ? undefined : { ...fields, RequestItems: gather(all.slice(0, half)) },
    report: (output) =>
      isRead
        ? { Responses: {}, ...output, UnprocessedKeys: { ...recordOf(output['UnprocessedKeys']), ...rest } }
        : { ...output, UnprocessedItems: { ...recordOf(output['UnprocessedItems']), ...rest } },
  };
}
