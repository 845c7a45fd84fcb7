import { Evidence } from '../checker/evidence.ts';
import { judgedIn } from '../checker/judged.ts';
import type { HistoryEvent } from '../history.ts';
import type { World } from './world.ts';

/** Totals of one run or many. */
export interface Figures {
  readonly runs: number;
  readonly messages: number;
  readonly tries: number;
  readonly acked: number;
  readonly refused: number;
  readonly unknown: number;
  readonly queued: number;
  readonly connects: number;
  /** Messages that a reader received again. */
  readonly duplicates: number;
  readonly deadLetters: number;
  /** Programs with the SDK that ended amid their work. */
  readonly crashes: number;
  readonly supportChats: number;
  /** Faults that occurred, by kind. */
  readonly faults: Counts;
  /** Commands that were run, by name. */
  readonly actions: Counts;
  /** How often each promise was put to the test. */
  readonly judged: Counts;
}

type Counts = Readonly<Record<string, number>>;

export const NOTHING: Figures = {
  runs: 0,
  messages: 0,
  tries: 0,
  acked: 0,
  refused: 0,
  unknown: 0,
  queued: 0,
  connects: 0,
  duplicates: 0,
  deadLetters: 0,
  crashes: 0,
  supportChats: 0,
  faults: {},
  actions: {},
  judged: {},
};

export function figuresOf({
  intents,
  recorder,
  conversations,
  devices,
  apps,
  faults,
  actions,
  redriven,
}: World): Figures {
  const { events } = recorder.history;
  const settled = (is: string) =>
    count(events, (event) => event.type === 'settled' && event.outcome.is === is);
  const fired: Record<string, number> = {};
  for (const { rule, active } of faults) fired[rule.fault] = (fired[rule.fault] ?? 0) + active.fired;
  return {
    runs: 1,
    messages: intents.length,
    tries: count(events, ({ type }) => type === 'try'),
    acked: settled('acked'),
    refused: settled('refused'),
    unknown: settled('unknown'),
    queued: settled('queued'),
    connects: devices.reduce((sum, { connects }) => sum + connects, 0),
    duplicates: devices.reduce((sum, { duplicates }) => sum + duplicates, 0),
    deadLetters: redriven,
    crashes: apps.reduce((sum, { crashes }) => sum + crashes, 0),
    supportChats: conversations.filter(({ conversationId }) => conversationId.startsWith('cs:')).length,
    faults: fired,
    actions: countBy(actions),
    judged: judgedIn(new Evidence(recorder.history)),
  };
}

export function sum(a: Figures, b: Figures): Figures {
  return {
    runs: a.runs + b.runs,
    messages: a.messages + b.messages,
    tries: a.tries + b.tries,
    acked: a.acked + b.acked,
    refused: a.refused + b.refused,
    unknown: a.unknown + b.unknown,
    queued: a.queued + b.queued,
    connects: a.connects + b.connects,
    duplicates: a.duplicates + b.duplicates,
    deadLetters: a.deadLetters + b.deadLetters,
    crashes: a.crashes + b.crashes,
    supportChats: a.supportChats + b.supportChats,
    faults: sumCounts(a.faults, b.faults),
    actions: sumCounts(a.actions, b.actions),
    judged: sumCounts(a.judged, b.judged),
  };
}

function sumCounts(a: Counts, b: Counts): Counts {
  const kinds = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...kinds].sort().map((kind) => [kind, (a[kind] ?? 0) + (b[kind] ?? 0)]));
}

function countBy(names: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function count(events: readonly HistoryEvent[], fits: (event: HistoryEvent) => boolean): number {
  return events.filter(fits).length;
}
