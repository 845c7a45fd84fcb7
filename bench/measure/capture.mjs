// Replaces a handler's index.mjs to capture the gateway's events: writes each one to a file in the folder BENCH_EVENTS,
// named after the function.
import { writeFileSync } from 'node:fs';
import { handler as metered } from './metered.mjs';

export async function handler(event, context) {
  writeFileSync(`${process.env.BENCH_EVENTS}/${context.functionName}`, JSON.stringify(event));
  return metered(event, context);
}
