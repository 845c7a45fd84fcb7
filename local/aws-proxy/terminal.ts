import type { LocalRuntime, RuntimeOptions } from '../runtime.ts';
import { createAwsProxy } from './aws-proxy.ts';
import { idleRules, readFaults } from './fault-file.ts';
import { Names } from './names.ts';
import { traceOf } from './trace.ts';

export interface TerminalOptions {
  /** Print each frame, request, and batch with its AWS calls. */
  readonly trace: boolean;
  /** A file in the format of docs/faults.md. */
  readonly faultsFile?: string;
  /** Receives the traces. */
  readonly output: NodeJS.WriteStream;
  readonly warn: (message: string) => void;
  /** The number of the node whose calls are shown. Node 1 speaks for all when it says what the options do. @default - there is one */
  readonly node?: string;
}

export interface TerminalProxy {
  readonly attach: NonNullable<RuntimeOptions['awsProxy']>;
  /** Starts to print; call it when the runtime is ready. */
  show(runtime: Pick<LocalRuntime, 'stack'>): void;
}

/**
 * The AWS proxy of `npm start`.
 * @throws {OperatorError} if the faults file can't be used
 */
export function createTerminalProxy({
  trace,
  faultsFile,
  output,
  warn,
  node,
}: TerminalOptions): TerminalProxy {
  const faults = faultsFile === undefined ? undefined : readFaults(faultsFile);
  const proxy = createAwsProxy(faults);
  return {
    attach: proxy.attach,
    show({ stack }) {
      if (faults !== undefined && (node ?? '1') === '1') {
        output.write(`Injecting faults from ${faultsFile}, seed ${faults.seed}.\n\n`);
        for (const line of idleRules(faults, stack)) warn(line);
      }
      if (!trace) return;
      const options = { names: new Names(stack), isColoured: output.hasColors?.() === true };
      const label = node === undefined ? '' : `node ${node}  `;
      proxy.onInvocation((invocation) => output.write(`${label}${traceOf(invocation, options)}\n\n`));
    },
  };
}
