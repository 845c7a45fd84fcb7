import { createInterface, type Interface } from 'node:readline';

/** Writes the chat's lines. */
export interface Screen {
  /** Writes a line that stays. */
  write(line: string): void;
  /** Shows these lines below the last, for pending messages. Each call replaces them. Does nothing unless `live`. */
  showBelow(lines: readonly string[]): void;
  /** Whether `showBelow` shows anything. */
  readonly live: boolean;
  close(): void;
}

export interface ScreenEvents {
  onLine(line: string): void;
  /** The input has ended (Ctrl-D, or the end of a pipe). */
  onEnd(): void;
  /** Ctrl-C. */
  onInterrupt(): void;
}

export function openScreen(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  events: ScreenEvents,
): Screen {
  const isTerminal = input.isTTY === true && output.isTTY === true;
  const lines = createInterface({ input, output, terminal: isTerminal, prompt: '> ', historySize: 100 });
  if (isTerminal) return new TerminalScreen(lines, output, events);
  lines.on('line', events.onLine);
  lines.on('close', events.onEnd);
  process.on('SIGINT', events.onInterrupt);
  return {
    live: false,
    write: (line) => void output.write(`${line}\n`),
    showBelow: () => {},
    close: () => lines.close(),
  };
}

/** From top to bottom: lines that stay, lines that change, the input: `[stays]… [below]… > input`. */
class TerminalScreen implements Screen {
  readonly live = true;
  readonly #lines: Interface;
  readonly #output: NodeJS.WriteStream;
  #below: readonly string[] = [];
  #closed = false;

  constructor(lines: Interface, output: NodeJS.WriteStream, events: ScreenEvents) {
    this.#lines = lines;
    this.#output = output;
    lines.on('line', (line) => {
      this.#removeInput(line);
      events.onLine(line);
    });
    lines.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#output.write('\n');
      events.onEnd();
    });
    lines.on('SIGINT', events.onInterrupt);
    lines.prompt();
  }

  write(line: string): void {
    this.#redraw([line], this.#below);
  }

  showBelow(lines: readonly string[]): void {
    if (lines.join('\n') !== this.#below.join('\n')) this.#redraw([], lines);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#redraw([], []);
    this.#lines.close();
    this.#output.write('\r\x1b[J');
  }

  #redraw(stays: readonly string[], below: readonly string[]): void {
    const fitting = below.map((line) => clip(line, this.#output.columns));
    if (this.#closed && stays.length === 0) return;
    const inputRows = this.#closed ? 0 : this.#lines.getCursorPos().rows;
    this.#moveUp(inputRows + this.#below.length);
    this.#below = this.#closed ? [] : fitting;
    for (const line of [...stays, ...this.#below]) this.#output.write(`${line}\n`);
    if (this.#closed) return;
    // readline moves up by the number of rows that it believes its input has above the cursor.
    this.#output.write('\n'.repeat(inputRows));
    this.#lines.prompt(true);
  }

  /** Removes the typed line, which readline leaves above the cursor: the message itself is shown instead. */
  #removeInput(line: string): void {
    // readline knows the width of characters, so ask it where a cursor at the end of that line would be.
    Object.assign(this.#lines, { line, cursor: line.length });
    const { rows } = this.#lines.getCursorPos();
    Object.assign(this.#lines, { line: '', cursor: 0, prevRows: 0 });
    this.#moveUp(rows + 1 + this.#below.length);
    for (const below of this.#below) this.#output.write(`${below}\n`);
    this.#lines.prompt();
  }

  #moveUp(rows: number): void {
    this.#output.write(`${rows > 0 ? `\x1b[${rows}A` : ''}\r\x1b[J`);
  }
}

/** Clips a line to one row. Characters outside Latin may take two columns, so each of them counts as two. */
function clip(line: string, columns: number): string {
  let width = 0;
  let clipped = '';
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    width += /^[\u0020-\u024f…✓✗○●]$/.test(segment) ? 1 : 2;
    if (width >= columns) return `${clipped}…`;
    clipped += segment;
  }
  return line;
}
