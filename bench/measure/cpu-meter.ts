/** Collects the measurements that the handlers' meters print (meter.mjs). */
export class CpuMeter {
  readonly #micros = new Map<string, number>();

  /** Parses a line of a function's log; ignores lines not written by the meter. */
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
