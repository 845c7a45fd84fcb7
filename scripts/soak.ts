/**
 * `npm run soak -- [--minutes N] [--seed N] [--users N] [--only default|platform]`: repeats the runs of test/proof/model.test.ts
 * and test/proof/platform-model.test.ts with successive seeds, each for its share of the time. Prints at the end what was done, and how often each promise was put to the test. Exits with 1 if a run broke a guarantee, and stores that run's
 * history in .local/soak.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figures, figuresOf, NOTHING, sum } from '../test/proof/model/figures.ts';
import { type InfrastructureOptions, startInfrastructure } from '../test/proof/model/infrastructure.ts';
import { runOnce } from '../test/proof/model/run.ts';
import { MODEL } from '../test/setup/assembly.ts';

const PROGRESS_MS = 30_000;
const DIRECTORY = join('.local', 'soak');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    /** Seed of the first run; later runs count up from it. `--minutes 0` makes a single run of each variant. */
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
    users: { type: 'string' },
    only: { type: 'string' },
  },
});
const minutes = numberOf('minutes', 0) ?? 0;
const firstSeed = numberOf('seed', 0) ?? 0;
const users = numberOf('users', 3);

/** What the model runs on: the stack without options, and one with those of a platform, and what hangs on them. */
const VARIANTS: Readonly<Record<string, InfrastructureOptions>> = {
  default: {},
  platform: { isPlatform: true, context: MODEL },
};
const names = Object.keys(VARIANTS).filter((name) => values.only === undefined || values.only === name);
if (names.length === 0) {
  console.error(`--only must be one of ${Object.keys(VARIANTS).join(', ')}.`);
  process.exit(2);
}

// A program that crashed in the model leaves its timers and sockets behind, which would keep this process alive.
let isRight = true;
for (const name of names) isRight = (await soak(name, minutes / names.length)) && isRight;
process.exit(isRight ? 0 : 1);

async function soak(name: string, share: number): Promise<boolean> {
  let figures = NOTHING;
  const failed: number[] = [];
  console.log(`The model with the options "${name}": seeds from ${firstSeed}, for ${share} minutes.`);
  const infrastructure = await startInfrastructure(VARIANTS[name] ?? {});
  const beganAt = Date.now();
  let reportedAt = beganAt;
  try {
    for (let seed = firstSeed; seed === firstSeed || Date.now() < beganAt + share * 60_000; seed += 1) {
      const { world, failure } = await runOnce(infrastructure, {
        seed,
        ...(users !== undefined && { users }),
      });
      figures = sum(figures, figuresOf(world));
      if (failure !== undefined) {
        failed.push(seed);
        console.error(`Seed ${seed} FAILED: ${keep(`${name}-${seed}`, failure, world.recorder.history)}`);
      }
      if (Date.now() < reportedAt + PROGRESS_MS) continue;
      reportedAt = Date.now();
      console.log(progress(reportedAt - beganAt, figures, failed));
    }
  } finally {
    await infrastructure.stop();
  }
  console.log(`\n${table(Date.now() - beganAt, figures, failed)}`);
  return failed.length === 0;
}

function keep(name: string, failure: string, history: object): string {
  mkdirSync(DIRECTORY, { recursive: true });
  const file = join(DIRECTORY, name);
  writeFileSync(`${file}.txt`, failure);
  writeFileSync(`${file}.json`, JSON.stringify(history));
  return `${file}.txt`;
}

function progress(
  elapsedMs: number,
  { runs, messages, acked, faults }: Figures,
  failed: readonly number[],
): string {
  const struck = Object.values(faults).reduce((all, one) => all + one, 0);
  const seconds = Math.round(elapsedMs / 1000);
  return `${seconds} s: ${runs} runs, ${messages} messages, ${acked} acks, ${struck} faults, ${failed.length} failed`;
}

function table(elapsedMs: number, figures: Figures, failed: readonly number[]): string {
  const { faults, actions, judged, ...counts } = figures;
  const kills = (faults['kill'] ?? 0) + (faults['kill-after'] ?? 0);
  const again = (faults['duplicate'] ?? 0) + (faults['duplicate-late'] ?? 0);
  const others = Object.entries(faults).filter(([kind, count]) => count > 0 && !isNamed(kind));
  const rows: [string, string | number][] = [
    ['minutes', (elapsedMs / 60_000).toFixed(1)],
    ['seeds', `${firstSeed} to ${firstSeed + counts.runs - 1}`],
    ['runs', counts.runs],
    ['messages attempted', counts.messages],
    ['tries', counts.tries],
    ['acked', counts.acked],
    ['refused', counts.refused],
    ['outcome unknown, repeated', counts.unknown],
    ['sent by the service queue', counts.queued],
    ['connects', counts.connects],
    ['duplicates removed by readers', counts.duplicates],
    ['functions killed at a call', kills],
    ['queue records delivered again', again],
    ['queue batches out of order', faults['reorder'] ?? 0],
    ['dead letters redriven', counts.deadLetters],
    ['programs crashed', counts.crashes],
    ['support chats', counts.supportChats],
    ...others.map(([kind, count]): [string, number] => [`fault: ${kind}`, count]),
    ['runs that broke a promise', failed.length === 0 ? 0 : `${failed.length} (seeds ${failed.join(', ')})`],
  ];
  return [rows, Object.entries(actions), Object.entries(judged)].map(printRows).join('\n\n');
}

function printRows(rows: readonly (readonly [string, string | number])[], index: number): string {
  const heading = ['', 'action', 'put to the test'][index];
  return [`| ${heading} | |`, '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join(
    '\n',
  );
}

function isNamed(kind: string): boolean {
  return ['kill', 'kill-after', 'duplicate', 'duplicate-late', 'reorder'].includes(kind);
}

function numberOf(name: 'minutes' | 'seed' | 'users', least: number): number | undefined {
  if (values[name] === undefined) return undefined;
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= least) return value;
  console.error(`--${name} must be a number from ${least}.`);
  process.exit(2);
}
