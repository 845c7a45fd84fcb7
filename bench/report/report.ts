import { readFileSync, writeFileSync } from 'node:fs';
import { billText, choicesText, coldStartText, measuredOf, quotaText } from '../cost/cost-text.ts';
import { DEFAULT_ANSWER, liveAnswerTable } from '../cost/live-answer.ts';
import { pictureTable } from '../cost/picture.ts';
import { type PriceFile, readPrices } from '../cost/prices.ts';
import { DEFAULT_WORKLOAD } from '../cost/workload.ts';
import { DEFAULT_WORST_USER, floodsTable, worstUserText } from '../cost/worst-user.ts';
import { pathOf, readJson } from '../files.ts';
import type { CountsFile, Machine, MemoryFile, TimesFile } from '../results.ts';
import { growthTable } from './growth.ts';
import { fillIn } from './markers.ts';
import { memoryTable } from './memory.ts';
import { callsTable, countsTable, dollarsTable } from './operations.ts';
import { short, table } from './table.ts';

const PAGE = pathOf('../docs/performance.md');
const SCALE_PAGE = pathOf('../docs/scale.md');
const ASSISTANT_PAGE = pathOf('../examples/assistant/README.md');

const GENERATED = '<!-- Generated from bench/results by `npm run bench -- --report`. Do not edit. -->';

/** Writes the tables of docs/performance.md, docs/scale.md, and the assistant's README. */
export function writeReport(counts: CountsFile, times: TimesFile): void {
  for (const [path, text] of reportPages(counts, times)) writeFileSync(path, text);
}

/** The pages by path, with their tables generated from these results. */
export function reportPages(counts: CountsFile, times: TimesFile): ReadonlyMap<string, string> {
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
    month: codeBlock(
      [billText, choicesText].map((text) => text(DEFAULT_WORKLOAD, measured, prices)).join('\n\n'),
    ),
  };
  const worst = {
    'worst-user': codeBlock(worstUserText(DEFAULT_WORST_USER)),
    floods: floodsTable(DEFAULT_WORST_USER),
  };
  const quotas = codeBlock(quotaText(DEFAULT_WORKLOAD, measured, prices));
  return new Map([
    [PAGE, filled(PAGE, sections)],
    [SCALE_PAGE, filled(SCALE_PAGE, { quotas, ...worst, picture: pictureTable(measured, prices) })],
    [ASSISTANT_PAGE, filled(ASSISTANT_PAGE, { answer: liveAnswerTable(measured, prices, DEFAULT_ANSWER) })],
  ]);
}

function filled(path: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections).reduce(
    (text, [name, section]) => fillIn(text, name, `${GENERATED}\n${section}`),
    readFileSync(path, 'utf8'),
  );
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
const BOTH_CLIENTS = 'and @connections (baseline SendMessage)';

/** The baseline's bare clients, then each deployed function. The import time is blank until a full run has measured it. */
export function functionsTable(
  { memory, bundleBytes }: CountsFile,
  { init }: Pick<TimesFile, 'init'>,
): string {
  const imports = new Map(init.map(({ name, cpuMs }) => [name, cpuMs]));
  const bare = imports.get(REFERENCE) ?? Number.NaN;
  const importCells = (name: string) => {
    const cpuMs = imports.get(name);
    return cpuMs === undefined ? ['', ''] : [short(cpuMs), (cpuMs / bare).toFixed(2)];
  };
  const rows = [
    ...[REFERENCE, BOTH_CLIENTS].map((name) => [name, '', '', ...importCells(name)]),
    ...Object.entries(bundleBytes).map(([name, bytes]) => [
      name,
      memory[name] ?? '',
      Math.round(bytes / 1000),
      ...importCells(name),
    ]),
  ];
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

export { BOTH_CLIENTS, REFERENCE };
