import { styleText } from 'node:util';
import yoctoSpinner from 'yocto-spinner';

/** Says on stderr what goes on, from a second on if it isn't a terminal. */
export interface Progress {
  /** Shows a step until it has settled. */
  step(title: string, done: Promise<unknown>): void;
  /** Shows how far a step is, in place of what was said before. */
  say(text: string): void;
  /** Shows nothing any more. */
  end(): void;
}

export interface ProgressOptions {
  /** For output that is read by programs: says nothing. @default false */
  readonly quiet?: boolean;
  /** Leaves a line of each step that has taken a while. @default false */
  readonly keepsSteps?: boolean;
  /** The command ends itself when it is told to. @default false */
  readonly handlesSignals?: boolean;
  /** @default process.stderr */
  readonly stream?: NodeJS.WriteStream;
}

const WORTH_A_LINE_MS = 1_000;
const WORTH_KEEPING_MS = 100;

export function createProgress(options: ProgressOptions = {}): Progress {
  const { quiet = false, stream = process.stderr } = options;
  if (quiet) return { step: () => {}, say: () => {}, end: () => {} };
  const isTerminal = stream.isTTY && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;
  return isTerminal ? new MovingProgress(options, stream) : new PlainProgress(stream);
}

/** Runs a step of a command that shows nothing else meanwhile. */
export async function during<Result>(
  title: string,
  quiet: boolean,
  run: () => Promise<Result>,
): Promise<Result> {
  const progress = createProgress({ quiet });
  const done = run();
  progress.step(title, done);
  try {
    return await done;
  } finally {
    progress.end();
  }
}

/** Lines for a pipe or a log. */
class PlainProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #waiting = new Set<NodeJS.Timeout>();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  step(title: string, done: Promise<unknown>): void {
    const timer = setTimeout(() => this.say(title), WORTH_A_LINE_MS).unref();
    this.#waiting.add(timer);
    const over = () => clearTimeout(timer);
    done.then(over, over);
  }

  say(text: string): void {
    this.#stream.write(`… ${text}\n`);
  }

  end(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
  }
}

/** A line that moves. */
class MovingProgress implements Progress {
  readonly #spinner: ReturnType<typeof yoctoSpinner>;
  readonly #stream: NodeJS.WriteStream;
  readonly #keepsSteps: boolean;
  readonly #steps = new Map<symbol, string>();
  #said = '';

  constructor({ keepsSteps = false, handlesSignals = false }: ProgressOptions, stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#keepsSteps = keepsSteps;
    this.#spinner = yoctoSpinner({ stream, handleSignals: !handlesSignals });
    // The spinner hides the cursor.
    process.once('exit', () => this.end());
  }

  step(title: string, done: Promise<unknown>): void {
    const step = Symbol(title);
    const startedMs = performance.now();
    this.#steps.set(step, title);
    this.#render();
    const over = (isDone: boolean) => {
      if (!this.#steps.delete(step)) return;
      const ms = performance.now() - startedMs;
      if (isDone && this.#keepsSteps && ms > WORTH_KEEPING_MS) this.#keep(title, ms);
      this.#render();
    };
    done.then(
      () => over(true),
      () => over(false),
    );
  }

  say(text: string): void {
    this.#said = text;
    this.#render();
  }

  end(): void {
    this.#steps.clear();
    this.#said = '';
    this.#spinner.stop();
  }

  #keep(title: string, ms: number): void {
    const mark = styleText('green', '✔', { stream: this.#stream });
    const time = styleText('dim', `${(ms / 1_000).toFixed(1)} s`, { stream: this.#stream });
    this.#stream.write(`${mark} ${title}  ${time}\n`);
  }

  #render(): void {
    const text = [this.#said, ...this.#steps.values()].filter((part) => part !== '').join(' · ');
    if (text === '') return void this.#spinner.stop();
    this.#spinner.text = text.slice(0, (this.#stream.columns || 80) - 3);
    this.#spinner.start();
  }
}
