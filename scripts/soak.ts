/**
 * `npm run soak -- [--minutes N] [--seed N] [--users N]`: repeats the runs of test/proof/model.test.ts with successive seeds
 * for the given time. Prints a table of the events at the end. Exits with 1 if a run broke a guarantee, and stores that run's
 * history in .local/soak.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figures, figuresOf, NOTHING, sum } from '../test/proof/model/figures.ts';
import { startInfrastructure } from '../test/proof/model/infrastructure.ts';
import { DEFAULT_USERS, runOnce } from '../test/proof/model/run.ts';

const PROGRESS_MS = 30_000;
const DIRECTORY = join('.local', 'soak');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    /** Seed of the first run; later runs count up from it. `--minutes 0` makes a single run. */
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
    users: { type: 'string', default: String(DEFAULT_USERS) },
  },
});
const minutes = numberOf('minutes', 0);
const firstSeed = numberOf('seed', 0);
const users = numberOf('users', 3);

// A program that crashed in the model leaves its timers and sockets behind, which would keep this process alive.
process.exit((await soak()) ? 0 : 1);

async function soak(): Promise<boolean> {
  const beganAt = Date.now();
  let figures = NOTHING;
  let reportedAt = beganAt;
  const failed: number[] = [];
  console.log(`Seeds from ${firstSeed}, ${users} users, for ${minutes} minutes.`);
  const infrastructure = await startInfrastructure();
  try {
    for (let seed = firstSeed; seed === firstSeed || Date.now() < beganAt + minutes * 60_000; seed += 1) {
      const { world, failure } = await runOnce(infrastructure, { seed, users });
      figures = sum(figures, figuresOf(world));
      if (failure !== undefined) {
        failed.push(seed);
        console.error(`Seed ${seed} FAILED: ${keep(seed, failure, world.recorder.history)}`);
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

function keep(seed: number, failure: string, history: object): string {
  mkdirSync(DIRECTORY, { recursive: true });
  const file = join(DIRECTORY, `seed-${seed}`);
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
  const { faults, ...counts } = figures;
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
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function isNamed(kind: string): boolean {
  return ['kill', 'kill-after', 'duplicate', 'duplicate-late', 'reorder'].includes(kind);
}

function numberOf(name: 'minutes' | 'seed' | 'users', least: number): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= least) return value;
  console.error(`--${name} must be a number from ${least}.`);
  process.exit(2);
}
