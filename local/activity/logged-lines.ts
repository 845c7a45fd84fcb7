import { parseJson, recordOf } from '../json.ts';

/** The parts of a function's log line that say how often something went wrong. */
export interface LoggedLine {
  /** `performance.now()` */
  readonly atMs: number;
  readonly function: string;
  readonly level: string;
  readonly message: string;
  readonly code?: string;
  /** How many refusals the line stands for. */
  readonly times?: number;
  readonly userHash?: string;
}

/** Messages that are kept whatever their level. */
const COUNTED = new Set(['refused', 'user over budget']);
const MOST_LINES = 2_000;

/** Keeps the last refusals and faults that functions have logged. */
export class LoggedLines {
  #lines: LoggedLine[] = [];

  /** Takes a line of any kind. */
  add(functionId: string, line: string): void {
    // Most lines of a user's function are no JSON.
    if (!line.startsWith('{')) return;
    const { level, message, service, code, times, userHash } = recordOf(parseJson(line));
    if (typeof message !== 'string' || typeof level !== 'string' || service === undefined) return;
    if (level !== 'ERROR' && !COUNTED.has(message)) return;
    this.#lines.push({
      atMs: performance.now(),
      function: functionId,
      ...{ level, message },
      ...(typeof code === 'string' && { code }),
      ...(typeof times === 'number' && { times }),
      ...(typeof userHash === 'string' && { userHash }),
    });
    if (this.#lines.length > 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
  }

  since(ms: number): readonly LoggedLine[] {
    return this.#lines.filter(({ atMs }) => atMs > ms);
  }
}
