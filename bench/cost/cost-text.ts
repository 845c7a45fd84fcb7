import { measuredOperations } from '../report/operations.ts';
import { table } from '../report/table.ts';
import type { CountsFile, TimesFile } from '../results.ts';
import { choicesOf } from './choices.ts';
import { coldShares } from './cold-starts.ts';
import { type BilledTemplate, idleDollars } from './idle.ts';
import {
  absentOf,
  baselineCauses,
  type Cause,
  isBaselineMeasured,
  type Measured,
  monthlyUsage,
  ourCauses,
} from './monthly.ts';
import type { PriceFile } from './prices.ts';
import { quotaUses } from './quotas.ts';
import { billOf, dollarsBy, times, totalOf } from './usage.ts';
import type { Workload } from './workload.ts';

export function measuredOf(counts: CountsFile, timesFile: TimesFile): Measured {
  const crowd = timesFile.growth.filter(({ system }) => system === 'baseline').at(-1);
  return {
    operations: measuredOperations(counts, timesFile),
    memory: counts.memory,
    baseline: {
      cpuMsPerPost: (crowd?.cpuMs ?? 0) / (crowd?.users ?? 1),
      memoryMegabytes: BASELINE_MEGABYTES,
      mostConnected: crowd?.users ?? 0,
    },
  };
}

/** bench/baseline/baseline-stack.ts */
const BASELINE_MEGABYTES = 256;

export function billText(workload: Workload, measured: Measured, prices: PriceFile): string {
  const bills = causesOf(workload, measured, prices).map(({ name, causes }) => {
    const bill = billOf(monthlyUsage(causes), prices);
    return { name, total: totalOf(bill), services: dollarsBy(bill) };
  });
  const services = new Set(bills.flatMap((bill) => [...bill.services.keys()]));
  const row = (name: string, cell: (bill: (typeof bills)[number]) => string) =>
    name.padEnd(24) + bills.map((bill, index) => cell(bill).padStart(index === 0 ? 14 : 20)).join('');
  const messages = workload.users * workload.messagesPerDay * 30;
  return [
    `${count(workload.users)} users, ${count(messages)} messages a month; dollars a month in ${prices.region}, prices of ${prices.collected}`,
    '',
    row('', ({ name }) => name),
    ...[...services].map((name) => row(name, (bill) => dollars(bill.services.get(name) ?? 0))),
    row('all', ({ total }) => dollars(total)),
    row('a million messages', ({ total }) => dollars((total / messages) * 1e6)),
    row('a user', ({ total }) => dollars(total / workload.users)),
  ].join('\n');
}

/** The systems that are compared at this size. */
function causesOf(workload: Workload, measured: Measured, prices: PriceFile) {
  const ours = { name: 'ours', causes: ourCauses(workload, measured, prices) };
  if (!isBaselineMeasured(workload, measured)) return [ours];
  return [ours, { name: 'baseline', causes: baselineCauses(workload, measured, prices) }];
}

/** The cost that options add to that month. */
export function choicesText(workload: Workload, measured: Measured, prices: PriceFile): string {
  const { infrequentAccess, breakEvenMonths, reports, traces, thousandNotifications } = choicesOf(
    workload,
    measured,
    prices,
  );
  const kept = count(workload.keptMonths);
  const row = (name: string, amount: number, why: string) =>
    `${name.padEnd(38)}${(amount < 0 ? `-${dollars(-amount)}` : `+${dollars(amount)}`).padStart(8)}  ${why}`.trimEnd();
  return [
    'Options, dollars a month',
    '',
    row(
      'messageTableClass=infrequent-access',
      infrequentAccess,
      `with ${kept} months kept; saves from ${breakEvenMonths.toFixed(1)} on`,
    ),
    row('diagnostics=reports', reports, 'a line of Lambda for each run'),
    row('diagnostics=traces', traces, 'X-Ray, 5 % of the runs'),
    row('webPushSubject, 1,000 notifications', thousandNotifications, 'one browser each'),
  ].join('\n');
}

/** The cost of a stack that nobody uses, by its template. */
export function idleText(templates: Readonly<Record<string, BilledTemplate>>, prices: PriceFile): string {
  const rows = Object.entries(templates).map(([name, template]) => {
    const { usage, list, withFreeTier } = idleDollars(template, prices);
    const { alarmMetric = 0, sqsRequest = 0 } = usage;
    const parts = `${count(alarmMetric)} metrics of alarms, ${count(sqsRequest)} polls of queues`;
    return `${name.padEnd(24)}${list.toFixed(2).padStart(14)}${withFreeTier.toFixed(2).padStart(20)}  ${parts}`;
  });
  const heading = `${''.padEnd(24)}${'list price'.padStart(14)}${'with the free tier'.padStart(20)}`;
  return ['Without traffic, dollars a month', '', heading, ...rows].join('\n');
}

/** The inputs of the figures. */
export function explainText(workload: Workload, measured: Measured, prices: PriceFile): string {
  return [
    ...causesOf(workload, measured, prices).map(({ name, causes }) =>
      explanation(`Dollars, ${name}`, causes, prices),
    ),
    sources(prices),
  ].join('\n\n');
}

function explanation(title: string, causes: readonly Cause[], prices: PriceFile): string {
  const lines = causes.map(({ what, perMonth, each }) => {
    const total = totalOf(billOf(times(each, perMonth), prices));
    const inputs = billOf(each, prices)
      .filter(({ amount }) => amount > 0)
      .map(({ name, amount }) => `${short(amount)} ${name}`)
      .join(' + ');
    return `  ${dollars(total).padStart(14)}  ${count(perMonth)} × ${what}\n${' '.repeat(18)}= ${count(perMonth)} × (${inputs})`;
  });
  return [`${title}: times a month × what each costs (bench/results/*.json)`, ...lines].join('\n');
}

function sources({ prices, assumptions, collected }: PriceFile): string {
  return [
    `Prices (bench/prices.json, ${collected}):`,
    ...Object.entries(prices).map(
      ([name, { tiers, unit, source }]) =>
        `  ${name.padEnd(20)} ${tiers.map(({ dollars: each }) => each).join(', then ')} dollars a ${unit}; ${source}`,
    ),
    'Assumptions:',
    ...Object.entries(assumptions).map(([name, { value, why }]) => `  ${name.padEnd(26)} ${value}: ${why}`),
  ].join('\n');
}

const SCALES = [1e4, 1e5, 1e6, 1e7];
/** Most invocations are of functions with 256 or 512 MB. */
const RUN_GB = 0.4;

export function quotaText(workload: Workload, measured: Measured, prices: PriceFile): string {
  const blocks = SCALES.map((users) => {
    const scaled = { ...workload, users };
    const uses = quotaUses({
      causes: ourCauses(scaled, measured, prices),
      connectsPerMonth: users * workload.sessionsPerDay * 30,
      peak: workload.peak,
      runGb: RUN_GB,
    });
    const lines = uses.map(({ quota, peak, share }) => {
      const use = `${Math.round(peak)}${quota.unit} of ${quota.limit}${quota.unit}`;
      return `  ${`${percent(share)} %`.padStart(10)}  ${quota.name.padEnd(48)} ${use}`;
    });
    return [`${count(users)} users`, ...lines].join('\n');
  });
  return [`Busiest second, ${workload.peak} × the average:`, ...blocks].join('\n\n');
}

const SMALL_SCALES = [10, 100, 1_000, 10_000];

/** The share of user-facing requests that meet a cold start, in Markdown. */
export function coldStartText(workload: Workload, { operations }: Measured): string {
  const { members } = absentOf(operations, workload.groupSize);
  const rates = [
    { name: 'average', factor: 1 },
    { name: 'busiest', factor: workload.peak },
  ];
  const rows = SMALL_SCALES.flatMap((users) =>
    rates.map(({ name, factor }) => {
      const [few, many] = (['few', 'many'] as const).map((deployed) =>
        coldShares({ ...workload, users }, deployed, members, factor),
      );
      const cells = (['connect', 'frame', 'http'] as const).flatMap((kind) =>
        [few, many].map((shares) => `${percent(shares?.[kind] ?? 0)} %`),
      );
      return [users, name, ...cells];
    }),
  );
  const headings = ['connects, 8', '36', 'frames, 8', '36', 'HTTP, 8', '36'];
  return table(['users', 'rate', ...headings], rows);
}

function dollars(amount: number): string {
  if (amount >= 1e6) return `${(amount / 1e6).toFixed(1)} M`;
  return amount >= 100 ? Math.round(amount).toLocaleString('en') : amount.toPrecision(3);
}

function count(amount: number): string {
  return Math.round(amount).toLocaleString('en');
}

function short(amount: number): string {
  return String(Number(amount.toPrecision(4)));
}

function percent(share: number): string {
  return share >= 0.1 ? (share * 100).toFixed(0) : (share * 100).toFixed(1);
}
