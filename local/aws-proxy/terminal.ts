import type { LocalRuntime, RuntimeOptions } from '../runtime.ts';
import { createAwsProxy } from './aws-proxy.ts';
import { idleRules, readFaults } from './fault-file.ts';
import { Names } from './names.ts';
import { traceOf } from './trace.ts';

export interface TerminalOptions {
  /** Print what each frame, request, and batch asks of AWS. */
  readonly trace: boolean;
  /** A file as docs/faults.md describes it. */
  readonly faultsFile?: string;
  /** Where traces go. */
  readonly output: NodeJS.WriteStream;
  readonly warn: (message: string) => void;
}

export interface TerminalProxy {
  readonly attach: NonNullable<RuntimeOptions['awsProxy']>;
  /** Begins to print, once the runtime is ready. */
  show(runtime: Pick<LocalRuntime, 'stack'>): void;
}

/**
 * The AWS proxy of `npm start`.
 * @throws {OperatorError} in one line if the file of faults can't be used
 */
export function createTerminalProxy({ trace, faultsFile, output, warn }: TerminalOptions): TerminalProxy {
  const faults = faultsFile === undefined ? undefined : readFaults(faultsFile);
  const proxy = createAwsProxy(faults);
  return {
    attach: proxy.attach,
    show({ stack }) {
      if (faults !== undefined) {
        output.write(`Faults by ${faultsFile}, seed ${faults.seed}.\n\n`);
        for (const line of idleRules(faults, stack)) warn(line);
      }
      if (!trace) return;
      const options = { names: new Names(stack), isColoured: output.hasColors?.() === true };
      proxy.onInvocation((invocation) => output.write(`${traceOf(invocation, options)}\n\n`));
    },
  };
}
