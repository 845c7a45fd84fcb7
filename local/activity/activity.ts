import type { Call } from '../aws-proxy/call.ts';
import type { Invocation } from '../aws-proxy/invocations.ts';
import { Names } from '../aws-proxy/names.ts';
import type { StackModel } from '../model.ts';
import type { LoggedLine } from './logged-lines.ts';
import type { QueueState } from './queue-states.ts';

/** What one node did within the last minute. */
export interface NodeActivity {
  /** The span of time that this covers: shorter after a start, and if there was more than is kept. */
  readonly seconds: number;
  /** Open connections, now. */
  readonly connections: number;
  /** Those that ended, with their calls to AWS. Without bodies and tokens. */
  readonly invocations: readonly Invocation[];
  /** Uploads and downloads of browsers, which no function makes. @default none */
  readonly visits?: readonly Call[];
  /** Of the functions: refusals, and faults. */
  readonly lines: readonly LoggedLine[];
}

/** What goes on in the local runtime, for `npm run admin -- top`. */
export interface Activity {
  readonly nodes: readonly NodeActivity[];
  readonly queues: readonly QueueState[];
  /** Short names of functions, tables, and queues, by their names and logical ids. */
  readonly names: Readonly<Record<string, string>>;
  /** Memory of the functions, by short name. */
  readonly megabytes: Readonly<Record<string, number>>;
}

/** What a node's activity is read from. */
export interface NodeSources {
  readonly invocations: () => readonly Invocation[];
  /** @default none */
  readonly visits?: (() => readonly Call[]) | undefined;
  readonly lines: (sinceMs: number) => readonly LoggedLine[];
  readonly connections: () => number;
  /** `performance.now()` when it began to serve. */
  readonly startedMs: number;
}

const WINDOW_MS = 60_000;
/** An answer has at most this many: with their calls some two megabytes. */
const MOST_INVOCATIONS = 2_000;

/** @param nowMs `performance.now()` */
export function activityOf(
  { invocations, visits, lines, connections, startedMs }: NodeSources,
  nowMs: number,
): NodeActivity {
  const kept = invocations()
    .filter(({ endMs = 0 }) => endMs > nowMs - WINDOW_MS)
    .sort((a, b) => (a.endMs ?? 0) - (b.endMs ?? 0));
  const ended = kept.slice(-MOST_INVOCATIONS);
  const oldestMs = kept.length > ended.length ? (ended[0]?.endMs ?? nowMs) : nowMs - WINDOW_MS;
  const sinceMs = Math.max(startedMs, oldestMs);
  return {
    // A rate over nothing would be infinite.
    seconds: Math.max(1, (nowMs - sinceMs) / 1000),
    connections: connections(),
    invocations: ended,
    visits: (visits?.() ?? []).filter(({ endMs = 0 }) => endMs > sinceMs),
    lines: lines(sinceMs),
  };
}

/** The facts about the stack, which are the same for all nodes. */
export function namesOf(stack: StackModel): Pick<Activity, 'names' | 'megabytes'> {
  const names = new Names(stack);
  const { functions, tables, queues } = stack;
  const ids = [
    ...functions.flatMap(({ logicalId, name }) => [logicalId, name]),
    ...tables.map(({ tableName }) => tableName),
    ...queues.map(({ queueName }) => queueName),
  ];
  return {
    names: Object.fromEntries(ids.map((id) => [id, names.of(id)])),
    megabytes: Object.fromEntries(
      functions.map(({ logicalId, memoryMegabytes }) => [names.of(logicalId), memoryMegabytes]),
    ),
  };
}
