import { SourceMap } from 'node:module';

/** The format that V8 writes: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** Zero-based. */
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

export type SourceMapPayload = ConstructorParameters<typeof SourceMap>[0];

export interface SelfTime {
  /** `zod`, `@smithy/core`, `ours`, `node`, `V8` */
  readonly owner: string;
  /** Original file, with the line if known. */
  readonly place: string;
  readonly micros: number;
}

/** A thread that waits for its next event is in `Atomics.wait`, or idle. */
const IDLE = new Set(['(idle)', '(program)', '(root)', 'wait']);
/** The wrapped bundle. All other files belong to the profiler or the local runtime. */
const BUNDLE = 'metered.mjs';

/** Self time by original function, largest first, without idle time. */
export function selfTimes(profile: CpuProfile, sourceMap: SourceMapPayload): readonly SelfTime[] {
  const map = new SourceMap(sourceMap);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const micros = new Map<string, SelfTime>();
  for (const [index, id] of profile.samples.entries()) {
    const node = nodes.get(id);
    if (node === undefined || isIdle(node)) continue;
    const { owner, place } = originOf(node, map);
    const before = micros.get(place)?.micros ?? 0;
    // A sample stands for the time until the next one.
    micros.set(place, { owner, place, micros: before + (profile.timeDeltas[index + 1] ?? 0) });
  }
  return [...micros.values()].toSorted((a, b) => b.micros - a.micros);
}

function isIdle({ callFrame: { functionName, url } }: ProfileNode): boolean {
  return url === '' ? IDLE.has(functionName) : !url.startsWith('node:') && !url.endsWith(BUNDLE);
}

function originOf({ callFrame }: ProfileNode, map: SourceMap): { owner: string; place: string } {
  const { functionName, url, lineNumber, columnNumber } = callFrame;
  if (url === '') return { owner: 'V8', place: functionName };
  if (url.startsWith('node:')) return { owner: 'node', place: `${url} ${functionName}` };
  const entry = map.findEntry(lineNumber, columnNumber);
  if (!('originalSource' in entry)) return { owner: 'bundle', place: functionName };
  const source = entry.originalSource.replace(/^(?:.*\/)?node_modules\//, '');
  const owner = entry.originalSource.includes('node_modules/') ? packageOf(source) : 'ours';
  return { owner, place: `${source}:${entry.originalLine + 1}` };
}

function packageOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Shares of the total, largest first. */
export function sharesBy(
  times: readonly SelfTime[],
  nameOf: (time: SelfTime) => string,
): readonly { readonly name: string; readonly share: number }[] {
  const total = times.reduce((sum, { micros }) => sum + micros, 0);
  const sums = new Map<string, number>();
  for (const time of times) sums.set(nameOf(time), (sums.get(nameOf(time)) ?? 0) + time.micros);
  return [...sums]
    .map(([name, micros]) => ({ name, share: total === 0 ? 0 : micros / total }))
    .toSorted((a, b) => b.share - a.share);
}
