/** Prints a line when a step ends, so that the log of a failed run shows where it failed. */
export async function step<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
  const startMs = performance.now();
  const isTerminal = process.stderr.isTTY === true;
  if (isTerminal) process.stderr.write(`  … ${name}`);
  try {
    return await run();
  } finally {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1).padStart(6);
    process.stderr.write(`${isTerminal ? '\r\u001b[K' : ''}${seconds} s  ${name}\n`);
  }
}
