import { type Call, chainLength, type Invocation } from '../../local/aws-proxy/index.ts';

/** The cost of one operation, without times: the same in every round. */
export interface Tally {
  /** Invocations by route, or for queue workers by function (`runName`). */
  readonly invocations: Readonly<Record<string, number>>;
  /** Calls by operation and target: `PutItem Messages`, `PostToConnection`. */
  readonly calls: Readonly<Record<string, number>>;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly posts: number;
  /** SQS requests: the functions' sends, plus a receive and a delete for each batch received. */
  readonly queueRequests: number;
  /** Billed WebSocket messages: frames in, replies, pushes; not `$connect` and `$disconnect`. */
  readonly socketMessages: number;
  readonly httpRequests: number;
  /** Bytes of request and response bodies exchanged with AWS, but for S3. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Bytes sent to clients: replies, answers, and pushes, without their headers and frames. */
  readonly sentBytes: number;
  /** Longest chain of sequential calls, by `runName`; omitted for invocations with more than `CROWD` calls of a kind. */
  readonly chain: Readonly<Record<string, number>>;
  /** The same chain, up to the first post. */
  readonly chainBeforePush: Readonly<Record<string, number>>;
}

/** SQS bills a larger request as several. */
const QUEUE_REQUEST_BYTES = 64 * 1024;
/** The poller receives a batch and deletes it. Empty receives cost per queue, not per message: see prices.json. */
const REQUESTS_PER_BATCH = 2;

/**
 * Above this many calls of one kind a function works in waves (the SDK's sockets limit posts to 50). Their overlap depends on
 * timing, so the chain's length is not repeatable.
 */
const CROWD = { posts: 50, others: 9 };

const UNBILLED = new Set(['$connect', '$disconnect']);

/** Name of an invocation: its route, or for a queue worker its function. */
export function runName(
  { function: id, trigger }: Pick<Invocation, 'function' | 'trigger'>,
  nameOf: (id: string) => string,
): string {
  return trigger.route ?? nameOf(id);
}

export function tallyOf(invocations: readonly Invocation[], nameOf: (id: string) => string): Tally {
  const calls = invocations.flatMap((invocation) => invocation.calls);
  const batches = invocations.filter(({ trigger }) => trigger.kind === 'queue').length;
  const sends = calls.filter(({ service }) => service === 'sqs');
  const frames = invocations.filter(({ trigger }) => trigger.kind === 'frame' && !UNBILLED.has(trigger.name));
  const replies = frames.filter(({ reply }) => reply !== undefined && reply !== '');
  const posts = calls.filter(isPost);
  const quiet = invocations.filter((one) => !isCrowded(one.calls, nameOf));
  return {
    invocations: countBy(invocations, (one) => runName(one, nameOf)),
    calls: countBy(calls, (call) => kindOf(call, nameOf)),
    writeUnits: sum(calls, ({ writeUnits }) => writeUnits),
    readUnits: sum(calls, ({ readUnits }) => readUnits),
    posts: posts.length,
    queueRequests:
      sum(sends, ({ bytesOut }) => Math.ceil(bytesOut / QUEUE_REQUEST_BYTES)) + batches * REQUESTS_PER_BATCH,
    socketMessages: frames.length + replies.length + posts.filter(({ status }) => status === 200).length,
    httpRequests: invocations.filter(({ trigger }) => trigger.kind === 'http').length,
    // What goes to S3 is compressed, so its size depends on random ids.
    bytesOut: sum(calls, ({ service, bytesOut }) => (service === 's3' ? 0 : bytesOut)),
    bytesIn: sum(calls, ({ bytesIn }) => bytesIn),
    sentBytes:
      invocations.reduce((total, { replyBytes = 0 }) => total + replyBytes, 0) +
      sum(posts, ({ bytesOut }) => bytesOut),
    chain: longest(quiet, nameOf, ({ calls }) => calls),
    chainBeforePush: longest(quiet, nameOf, ({ calls }) => beforePush(calls)),
  };
}

function kindOf({ operation, tables }: Call, nameOf: (id: string) => string): string {
  return [operation, ...tables.map(nameOf)].join(' ');
}

function isCrowded(calls: readonly Call[], nameOf: (id: string) => string): boolean {
  const kinds = countBy(calls, (call) => kindOf(call, nameOf));
  return Object.entries(kinds).some(
    ([kind, count]) => count > (kind === 'PostToConnection' ? CROWD.posts : CROWD.others),
  );
}

function beforePush(calls: readonly Call[]): readonly Call[] {
  const first = Math.min(...calls.filter(isPost).map(({ issuedMs }) => issuedMs));
  return calls.filter(({ endMs = Number.POSITIVE_INFINITY }) => endMs <= first);
}

function isPost({ operation }: Call): boolean {
  return operation === 'PostToConnection';
}

function longest(
  invocations: readonly Invocation[],
  nameOf: (id: string) => string,
  callsOf: (invocation: Invocation) => readonly Call[],
): Record<string, number> {
  const lengths: Record<string, number> = {};
  for (const invocation of invocations) {
    const name = runName(invocation, nameOf);
    const calls = callsOf(invocation);
    lengths[name] = Math.max(lengths[name] ?? 0, chainLength(calls));
  }
  return inOrder(lengths);
}

function countBy<T>(values: readonly T[], nameOf: (value: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[nameOf(value)] = (counts[nameOf(value)] ?? 0) + 1;
  return inOrder(counts);
}

/** Parallel calls arrive in any order, which the tally must not depend on. */
function inOrder(record: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** The tally per operation, if it was done `times` times. @throws if a count isn't divisible: the operations differed */
export function shareOf(tally: Tally, times: number): Tally {
  if (times === 1) return tally;
  const share = (name: string, count: number): number => {
    const part = count / times;
    if (name.startsWith('bytes') || name === 'sentBytes') return Math.round(part);
    // Chains are not summed over invocations.
    if (name.startsWith('chain')) return count;
    if (!Number.isInteger(part * 2)) throw new Error(`${name}: ${count} in ${times} equal operations`);
    return part;
  };
  const divided = Object.entries(tally).map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'number'
      ? share(name, value)
      : Object.fromEntries(
          Object.entries(value as Record<string, number>).map(([key, count]) => [key, share(name, count)]),
        ),
  ]);
  return Object.fromEntries(divided) as unknown as Tally;
}

/** Describes the differences between two tallies: `writeUnits 3 → 4`. */
export function differences(before: Tally, after: Tally): readonly string[] {
  const flat = (tally: Tally) =>
    new Map(
      Object.entries(tally).flatMap(([name, value]): [string, number][] =>
        typeof value === 'number'
          ? [[name, value]]
          : Object.entries(value as Record<string, number>).map(([key, one]) => [`${name} ${key}`, one]),
      ),
    );
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => `${name} ${old.get(name) ?? 0} → ${now.get(name) ?? 0}`);
}
