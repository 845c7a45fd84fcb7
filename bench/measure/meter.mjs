// Replaces a handler's index.mjs in a metered assembly (bench/stack/assembly.ts). Measures the CPU time of this thread alone,
// without the engine's helper threads (concurrent compilation, garbage collection) and those of other functions.
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
