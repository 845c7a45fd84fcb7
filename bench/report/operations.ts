import { type MeasuredOperation, usageOf } from '../cost/operation-usage.ts';
import type { PriceFile } from '../cost/prices.ts';
import { billOf, dollarsBy, totalOf } from '../cost/usage.ts';
import { nameOf } from '../measure/budget.ts';
import type { Tally } from '../measure/tally.ts';
import type { CountsFile, TimesFile } from '../results.ts';
import { short, table } from './table.ts';

/** Counts and CPU of each operation, side by side. */
export function measuredOperations(counts: CountsFile, times: Pick<TimesFile, 'cpuMs'>): MeasuredOperation[] {
  return counts.operations.map((one) => ({ ...one, cpuMs: times.cpuMs[nameOf(one)] ?? {} }));
}

export function countsTable({ operations }: CountsFile): string {
  const headings = [
    'operation',
    'write units',
    'read units',
    'AWS calls',
    'posts',
    'queue requests',
    'in a row, before the push',
    'KB out / in',
  ];
  return table(
    headings,
    operations.map(({ operation, tally }) => [
      operation,
      tally.writeUnits,
      tally.readUnits,
      sum(tally.calls),
      tally.posts,
      tally.queueRequests,
      rows(tally),
      `${short(tally.bytesOut / 1024)} / ${short(tally.bytesIn / 1024)}`,
    ]),
  );
}

export function callsTable({ operations }: CountsFile): string {
  return table(
    ['operation', 'runs', 'calls'],
    operations.map(({ operation, tally }) => [operation, listed(tally.invocations), listed(tally.calls)]),
  );
}

export function dollarsTable(
  operations: readonly MeasuredOperation[],
  memory: CountsFile['memory'],
  prices: PriceFile,
): string {
  return table(
    [
      'a million of',
      'dollars',
      'DynamoDB',
      'API Gateway',
      'Lambda',
      'SQS, SNS, S3',
      'logs, traces, transfer',
      'CPU ms',
    ],
    operations.map((operation) => {
      const lines = billOf(usageOf(operation, memory, prices), prices);
      const services = dollarsBy(lines);
      const million = (service: string) => short((services.get(service) ?? 0) * 1e6);
      const cpu = Object.entries(operation.cpuMs).map(([name, { meanMs }]) => `${name} ${short(meanMs)}`);
      return [
        operation.operation,
        short(totalOf(lines) * 1e6),
        million('DynamoDB'),
        million('API Gateway'),
        million('Lambda'),
        short(million('SQS') + million('SNS') + million('S3')),
        short(million('CloudWatch and X-Ray') + million('Data transfer')),
        cpu.join(', '),
      ];
    }),
  );
}

function rows({ invocations, chain, chainBeforePush }: Tally): string {
  const names = Object.keys(invocations);
  const texts = names.map((name) => {
    const [all, before] = [chain[name] ?? 'many', chainBeforePush[name] ?? 'many'];
    const text = all === before ? `${all}` : `${all}, ${before}`;
    return names.length === 1 ? text : `${name} ${text}`;
  });
  return texts.join('; ');
}

function listed(record: Readonly<Record<string, number>>): string {
  return Object.entries(record)
    .map(([name, count]) => (count === 1 ? name : `${count} × ${name}`))
    .join(', ');
}

function sum(record: Readonly<Record<string, number>>): number {
  return Object.values(record).reduce((total, count) => total + count, 0);
}
