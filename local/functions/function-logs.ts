import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { LogEvent } from './worker-pool.ts';

export interface FunctionLogsOptions {
  /** Folder with one log file per function. */
  readonly directory?: string;
  /** Receives each complete line, for a terminal. */
  readonly onLine?: (functionId: string, line: string) => void;
}

/** Stores function output, as CloudWatch Logs does. */
export class FunctionLogs {
  readonly #options: FunctionLogsOptions;
  readonly #files = new Map<string, WriteStream>();
  /** The incomplete last line of each function and stream. */
  readonly #partial = new Map<string, string>();

  constructor(options: FunctionLogsOptions) {
    this.#options = options;
  }

  write({ functionId, stream, text }: LogEvent): void {
    this.#file(functionId)?.write(text);
    if (!this.#options.onLine) return;
    const key = `${functionId}/${stream}`;
    const lines = ((this.#partial.get(key) ?? '') + text).split('\n');
    this.#partial.set(key, lines.pop() ?? '');
    for (const line of lines) this.#options.onLine(functionId, line);
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    await Promise.all(files.map((file) => new Promise((resolve) => file.end(resolve))));
  }

  #file(functionId: string): WriteStream | undefined {
    const { directory } = this.#options;
    if (directory === undefined) return undefined;
    const open = this.#files.get(functionId);
    if (open) return open;
    const file = createWriteStream(join(directory, `${functionId}.log`), { flags: 'a' });
    // A full disk must not stop the runtime.
    file.on('error', () => {});
    this.#files.set(functionId, file);
    return file;
  }
}
