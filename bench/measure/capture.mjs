// Stands in for a handler's index.mjs where an event is wanted as the gateway makes it: writes each to a file of the
// folder BENCH_EVENTS, named after the function.
import { writeFileSync } from 'node:fs';
import { handler as metered } from './metered.mjs';

export async function handler(event, context) {
  writeFileSync(`${process.env.BENCH_EVENTS}/${context.functionName}`, JSON.stringify(event));
  return metered(event, context);
}
