import type { Call, CallMatch } from './call.ts';

export interface Figures {
  readonly calls: number;
  /** Answered with an error, cut, or never answered. */
  readonly failed: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  /** Items, keys, and messages in batches; 1 for any other call. */
  readonly entries: number;
  /** Size of the request bodies. */
  readonly bytesOut: number;
  readonly bytesIn: number;
}

export interface CountRow extends Figures {
  readonly function: string;
  readonly route?: string;
  readonly service: string;
  readonly operation: string;
  /** Table, queue, topic, bucket, or invoked function; several tables of one call are joined by `+`. */
  readonly target: string;
}

export interface Counts extends Figures {
  /** `PostToConnection` calls. */
  readonly posts: number;
  readonly rows: readonly CountRow[];
}

export type CountFilter = Pick<CallMatch, 'function' | 'route' | 'service' | 'operation' | 'table' | 'queue'>;

const NOTHING: Figures = {
  calls: 0,
  failed: 0,
  readUnits: 0,
  writeUnits: 0,
  entries: 0,
  bytesOut: 0,
  bytesIn: 0,
};

/** Sums over all calls, including those that the call log has discarded. */
export class CountTable {
  readonly #rows = new Map<string, CountRow>();

  add(call: Call): void {
    const { function: name, route, service, operation } = call;
    const target = call.queue ?? call.topic ?? call.bucket ?? call.invoked ?? call.tables.join('+');
    const key = JSON.stringify([name, route, operation, target]);
    const row = this.#rows.get(key) ?? {
      function: name,
      ...(route !== undefined && { route }),
      service,
      operation,
      target,
      ...NOTHING,
    };
    this.#rows.set(key, { ...row, ...sum(row, figuresOf(call)) });
  }

  /** @param filter route, service, and operation must be equal; the other fields match a part of the name */
  counts(filter: CountFilter = {}): Counts {
    const rows = [...this.#rows.values()].filter((row) => fits(filter, row));
    const posts = rows.filter(({ operation }) => operation === 'PostToConnection');
    return { ...rows.reduce<Figures>(sum, NOTHING), posts: posts.reduce(sum, NOTHING).calls, rows };
  }

  clear(): void {
    this.#rows.clear();
  }
}

function fits(
  { function: name, route, service, operation, table, queue }: CountFilter,
  row: CountRow,
): boolean {
  return (
    (name === undefined || row.function.includes(name)) &&
    (route === undefined || row.route === route) &&
    (service === undefined || row.service === service) &&
    (operation === undefined || row.operation === operation) &&
    (table === undefined || (row.service === 'dynamodb' && row.target.includes(table))) &&
    (queue === undefined || (row.service === 'sqs' && row.target.includes(queue)))
  );
}

function figuresOf(call: Call): Figures {
  const { readUnits, writeUnits, entries, bytesOut, bytesIn } = call;
  const isGood = call.outcome === 'answered' && (call.status ?? 500) < 400;
  return { calls: 1, failed: isGood ? 0 : 1, readUnits, writeUnits, entries, bytesOut, bytesIn };
}

function sum(a: Figures, b: Figures): Figures {
  return {
    calls: a.calls + b.calls,
    failed: a.failed + b.failed,
    readUnits: a.readUnits + b.readUnits,
    writeUnits: a.writeUnits + b.writeUnits,
    entries: a.entries + b.entries,
    bytesOut: a.bytesOut + b.bytesOut,
    bytesIn: a.bytesIn + b.bytesIn,
  };
}
