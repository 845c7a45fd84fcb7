import { readFileSync, writeFileSync } from 'node:fs';
import { billText, coldStartText, measuredOf, quotaText } from '../cost/cost-text.ts';
import { type PriceFile, readPrices } from '../cost/prices.ts';
import { DEFAULT_WORKLOAD } from '../cost/workload.ts';
import { pathOf, readJson } from '../files.ts';
import type { CountsFile, Machine, MemoryFile, TimesFile } from '../results.ts';
import { growthTable } from './growth.ts';
import { fillIn } from './markers.ts';
import { memoryTable } from './memory.ts';
import { callsTable, countsTable, dollarsTable } from './operations.ts';
import { short, table } from './table.ts';

const PAGE = pathOf('../docs/performance.md');
const SCALE_PAGE = pathOf('../docs/scale.md');

/** Writes the tables of docs/performance.md and docs/scale.md. */
export function writeReport(counts: CountsFile, times: TimesFile): void {
  const prices = readPrices();
  const measured = measuredOf(counts, times);
  const { operations } = measured;
  const sections: Readonly<Record<string, string>> = {
    machine: machineText(times.machine),
    counts: countsTable(counts),
    calls: callsTable(counts),
    dollars: dollarsTable(operations, counts.memory, prices),
    functions: functionsTable(counts, times),
    growth: growthTable(times.growth, prices),
    throughput: throughputText(times),
    profile: profileTables(times),
    memory: memoryText(readJson<MemoryFile>('results/memory.json'), prices),
    cold: coldStartText(DEFAULT_WORKLOAD, measured),
    month: codeBlock(billText(DEFAULT_WORKLOAD, measured, prices)),
  };
  fillPage(PAGE, sections);
  fillPage(SCALE_PAGE, { quotas: codeBlock(quotaText(DEFAULT_WORKLOAD, measured, prices)) });
}

function fillPage(path: string, sections: Readonly<Record<string, string>>): void {
  const page = Object.entries(sections).reduce(
    (text, [name, section]) => fillIn(text, name, section),
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, page);
}

function codeBlock(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}

function machineText({ date, commit, node, cpu, cores, memoryGb, platform }: Machine): string {
  return `${date}, commit ${commit}, Node ${node}, ${cores} × ${cpu}, ${memoryGb} GB, ${platform}.`;
}

function memoryText({ machine, times }: MemoryFile, prices: PriceFile): string {
  return `${memoryTable(times, prices)}\n\n${machineText(machine)}`;
}

const REFERENCE = 'bare SDK (baseline Connect)';

export function functionsTable(
  { memory, bundleBytes }: CountsFile,
  { init }: Pick<TimesFile, 'init'>,
): string {
  const bare = init.find(({ name }) => name === REFERENCE)?.cpuMs ?? Number.NaN;
  const rows = init.map(({ name, cpuMs }) => [
    name,
    memory[name] === undefined ? '' : `${memory[name]}`,
    bundleBytes[name] === undefined ? '' : `${Math.round(bundleBytes[name] / 1000)}`,
    short(cpuMs),
    (cpuMs / bare).toFixed(2),
  ]);
  return table(['function', 'MB', 'bundle KB', 'import, CPU ms', '× bare SDK'], rows);
}

function throughputText({ throughput }: TimesFile): string {
  const { senders, seconds, messagesPerSecond, ackMs, cpuMs } = throughput;
  return table(
    ['', ''],
    [
      ['senders, each waiting for its ack', `${senders}`],
      ['seconds', seconds.toFixed(1)],
      ['messages a second', messagesPerSecond.toFixed(0)],
      ['ack, p50 / p95 / p99 ms', `${short(ackMs.p50)} / ${short(ackMs.p95)} / ${short(ackMs.p99)}`],
      ['CPU of the handler a message', `${short(cpuMs.handler)} ms`],
      ['CPU of the whole process a message', `${short(cpuMs.process)} ms`],
      ['of which gateway, AWS proxy, and clients', `${short(cpuMs.mainThread)} ms`],
    ],
  );
}

function profileTables({ profile }: TimesFile): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return [
    table(
      ['owner', 'self time'],
      profile.owners.map(({ name, share }) => [name, percent(share)]),
    ),
    '',
    table(
      ['function', 'self time'],
      profile.places.map(({ name, share }) => [`\`${name}\``, percent(share)]),
    ),
  ].join('\n');
}

export { REFERENCE };
