// Replaces a handler's index.mjs to profile its CPU use: samples this thread from one event to a later one and writes a
// .cpuprofile. BENCH_PROFILE: folder;from;to.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { threadId } from 'node:worker_threads';
import { handler as metered } from './metered.mjs';

const [folder, from, to] = process.env.BENCH_PROFILE.split(';');
const session = new Session();
session.connect();
let events = 0;

export async function handler(event, context) {
  events += 1;
  if (events === Number(from)) {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  }
  const result = await metered(event, context);
  if (events === Number(to)) {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(`${folder}/${context.functionName}-${threadId}.cpuprofile`, JSON.stringify(profile));
  }
  return result;
}
