/** Collects what the meters in the handlers say (meter.mjs). */
export class CpuMeter {
  readonly #micros = new Map<string, number>();

  /** A line of a function's log; any other line is none of ours. */
  read(line: string): void {
    if (!line.startsWith('{"meter":"cpu"')) return;
    const { requestId, micros }: { requestId: string; micros: number } = JSON.parse(line);
    this.#micros.set(requestId, micros);
  }

  /** CPU of one invocation, if it was metered. */
  microsOf(requestId: string): number | undefined {
    return this.#micros.get(requestId);
  }

  get totalMs(): number {
    return [...this.#micros.values()].reduce((sum, micros) => sum + micros, 0) / 1000;
  }

  clear(): void {
    this.#micros.clear();
  }
}
