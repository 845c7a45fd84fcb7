import { execFileSync } from 'node:child_process';
import { readPrices } from './cost/prices.ts';
import { readJson, writeJson } from './files.ts';
import type { Findings } from './findings.ts';
import { type Budgets, budgetOf, judgeBundles, judgeCounts, nameOf } from './measure/budget.ts';
import { comparePrices, judgePrices } from './measure/price-gate.ts';
import { differences } from './measure/tally.ts';
import type { MemoryTime } from './memory/memory.ts';
import { measuredOperations } from './report/operations.ts';
import { writeReport } from './report/report.ts';
import {
  type CountsFile,
  describeMachine,
  type Machine,
  type MemoryFile,
  type TimesFile,
} from './results.ts';
import { sharesBy } from './throughput/cpu-profile.ts';

/** Lines of the profile to keep. */
const [OWNERS, PLACES] = [12, 20];

/** Writes bench/results and the report, if everything was measured. */
export function save({ counts, cpuMs, init, growth, throughput, profile }: Findings): void {
  if (!init || !growth || !throughput || !profile) return;
  const times: TimesFile = {
    machine: machineNow(),
    cpuMs,
    init,
    growth,
    throughput,
    profile: {
      owners: sharesBy(profile, ({ owner }) => owner).slice(0, OWNERS),
      places: sharesBy(profile, ({ place }) => place).slice(0, PLACES),
    },
  };
  writeJson('results/counts.json', counts);
  writeJson('results/times.json', times);
  writeReport(counts, times);
}

export function saveMemory(times: readonly MemoryTime[]): void {
  const memory: MemoryFile = { machine: machineNow(), times };
  writeJson('results/memory.json', memory);
  writeCommittedReport();
}

/** The tables of the pages, from bench/results. */
export function writeCommittedReport(): void {
  writeReport(readJson<CountsFile>('results/counts.json'), readJson<TimesFile>('results/times.json'));
}

function machineNow(): Machine {
  return describeMachine(execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim());
}

/** Counts are deterministic, so a difference from the committed ones means that the code has changed. */
export function compare({ results }: Findings): void {
  const { operations } = readJson<CountsFile>('results/counts.json');
  const committed = new Map(operations.map((one) => [nameOf(one), one.tally]));
  let same = 0;
  for (const result of results) {
    const before = committed.get(nameOf(result));
    const changes = before === undefined ? ['not there yet'] : differences(before, result.tally);
    if (changes.length === 0) same += 1;
    else console.error(`not as committed: ${nameOf(result)}: ${changes.join(', ')}`);
  }
  if (results.length > 0) console.error(`${same} of ${results.length} operations count as committed.`);
}

export function summary({ init, growth, throughput, profile, counts }: Findings): string {
  const parts = [
    ...counts.operations.map(
      ({ operation, tally: { writeUnits, readUnits, posts, queueRequests } }) =>
        `${operation}: ${writeUnits} w, ${readUnits} r, ${posts} posts, ${queueRequests} queue requests`,
    ),
    ...(init ?? []).map(({ name, cpuMs }) => `import of ${name}: ${cpuMs.toFixed(0)} ms CPU`),
    ...(growth ?? []).map(
      ({ system, users, ms, tally }) =>
        `${system}, ${users} connected: p50 ${ms.p50.toFixed(0)} ms, p99 ${ms.p99.toFixed(0)} ms, ${tally.posts} posts`,
    ),
    ...(throughput ? [`${throughput.messagesPerSecond.toFixed(0)} messages/s`] : []),
    ...sharesBy(profile ?? [], ({ owner }) => owner)
      .slice(0, OWNERS)
      .map(({ name, share }) => `CPU of sendMessage: ${(share * 100).toFixed(1)} % ${name}`),
  ];
  return parts.join('\n');
}

/**
 * Stores these counts as the budget, and reports them beside the times of the last full run; with import times if measured, and
 * with the CPU time of operations that the full run does not know yet.
 */
export function accept({ results, counts, cpuMs, init }: Findings): void {
  const budgets = readJson<Budgets>('budgets.json');
  const counted = results.map((result) => [nameOf(result), budgetOf(result.tally)] as const);
  writeJson('budgets.json', {
    ...budgets,
    operations: { ...budgets.operations, ...Object.fromEntries(counted) },
  });
  const file = readJson<CountsFile>('results/counts.json');
  const fresh = new Map(counts.operations.map((one) => [nameOf(one), one]));
  const operations = file.operations.map((one) => fresh.get(nameOf(one)) ?? one);
  const known = new Set(file.operations.map(nameOf));
  const accepted: CountsFile = {
    operations: [...operations, ...counts.operations.filter((one) => !known.has(nameOf(one)))],
    // A run of some scenarios has the functions of their options alone.
    memory: { ...file.memory, ...counts.memory },
    bundleBytes: counts.bundleBytes,
  };
  const times = readJson<TimesFile>('results/times.json');
  const isNew = ([name, own]: readonly [string, object]) =>
    times.cpuMs[name] === undefined && Object.keys(own).length > 0;
  const timesNow: TimesFile = {
    ...times,
    ...(init && { init }),
    cpuMs: { ...times.cpuMs, ...Object.fromEntries(Object.entries(cpuMs).filter(isNew)) },
  };
  writeJson('results/counts.json', accepted);
  writeJson('results/times.json', timesNow);
  writeReport(accepted, timesNow);
}

/** What users pay, against these counts, the committed ones of other scenarios, and the CPU time of the last full run. */
function comparePricesNow(results: Findings['results']) {
  const file = readJson<CountsFile>('results/counts.json');
  const fresh = new Map(results.map((one) => [nameOf(one), one]));
  const operations = file.operations.map((one) => fresh.get(nameOf(one)) ?? one);
  const measured = measuredOperations({ ...file, operations }, readJson<TimesFile>('results/times.json'));
  return comparePrices(measured, file.memory, readPrices());
}

/** The gate; returns the exit status. @param withBundles whether bundle sizes are checked */
export function judge({ results, counts }: Findings, withBundles: boolean): number {
  const sizes = withBundles ? counts.bundleBytes : {};
  const budgets = readJson<Budgets>('budgets.json');
  const verdicts = [judgeCounts(budgets, results), judgeBundles(budgets, sizes)];
  const broken = verdicts.flatMap((verdict) => verdict.broken);
  const compared = comparePricesNow(results);
  const wrong = judgePrices(compared);
  const under = verdicts.flatMap((verdict) => verdict.under);
  for (const line of under) console.error(`under budget: ${line}`);
  for (const line of broken) console.error(`OVER BUDGET: ${line}`);
  for (const line of wrong) console.error(`WRONG PRICE: ${line}`);
  if (broken.length + wrong.length > 0) return 1;
  console.error(
    `${results.length} operations and ${Object.keys(sizes).length} bundles are within their budgets, and ${compared.length} prices within a tenth of what is counted.`,
  );
  return 0;
}
