// Stands in for a handler's index.mjs in a metered assembly (bench/stack/assembly.ts). CPU of this thread alone: the
// engine's helpers (concurrent compilation, garbage collection) are not in it, nor are the other functions' threads.
import { handler as metered } from './metered.mjs';

export async function handler(event, context) {
  const before = process.threadCpuUsage();
  try {
    return await metered(event, context);
  } finally {
    const { user, system } = process.threadCpuUsage(before);
    console.log(JSON.stringify({ meter: 'cpu', requestId: context.awsRequestId, micros: user + system }));
  }
}
