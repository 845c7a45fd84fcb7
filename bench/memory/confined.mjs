// Runs a function in its own process, with the CPU share of a memory size (bench/memory/memory.ts): imports the bundle,
// handles events one by one, and prints how long each took.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { bundle, events, group, confinesInit } = JSON.parse(process.argv[2]);
/** Longer than a period of the CPU quota, so that each event starts with a full quota, as after a freeze. */
const PAUSE_MS = 45;

const confine = () => writeFileSync(`${group}/cgroup.procs`, String(process.pid));

if (confinesInit) confine();
const importedMs = performance.now();
const { handler } = await import(bundle);
const initMs = performance.now() - importedMs;
if (!confinesInit) confine();

const runsMs = [];
let answer;
for (const event of events) {
  await sleep(PAUSE_MS);
  const startMs = performance.now();
  answer = await handler(event, { awsRequestId: 'r', getRemainingTimeInMillis: () => 10_000 });
  runsMs.push(performance.now() - startMs);
}
const megabytes = process.memoryUsage.rss() / 2 ** 20;
console.log(JSON.stringify({ initMs, runsMs, megabytes, answer: JSON.stringify(answer ?? null) }));
process.exit();
