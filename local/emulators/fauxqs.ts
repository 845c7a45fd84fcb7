import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { moduleUrl } from '../module-url.ts';
import { messageOf, OperatorError } from '../operator-error.ts';
import type { Emulator, EmulatorEvents } from './emulator.ts';

/** Message to the thread of fauxqs. */
export type SqsRequest = 'stop' | { readonly advanceMs: number };

export interface SqsEmulator extends Emulator {
  /** For tests: lets time pass for delayed messages and for those in flight. */
  advance(seconds: number): void;
}

export interface SqsOptions extends EmulatorEvents {
  /** Folder of its SQLite database. @default - in memory */
  readonly dataDirectory?: string;
}

/**
 * Starts fauxqs (https://github.com/kibertoad/fauxqs) on a free port of the loopback interface.
 * @throws {OperatorError} if it can't open its data
 */
export async function startSqs(options: SqsOptions = {}): Promise<SqsEmulator> {
  const worker = new Worker(moduleUrl('./fauxqs-thread', import.meta.url), {
    name: 'fauxqs',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    workerData: { dataDirectory: options.dataDirectory },
  });
  worker.stdout.resume();
  try {
    const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
    let isStopping = false;
    const ask = (request: SqsRequest) => worker.postMessage(request);
    const exited = once(worker, 'exit');
    worker.on('error', (error: unknown) => {
      if (!isStopping) options.onExit?.(`fauxqs ended: ${messageOf(error)}`);
    });
    return {
      endpoint: `http://127.0.0.1:${port}`,
      advance: (seconds) => ask({ advanceMs: seconds * 1000 }),
      stop: async () => {
        isStopping = true;
        ask('stop');
        const force = setTimeout(() => void worker.terminate(), 2000);
        await exited;
        clearTimeout(force);
      },
    };
  } catch (error) {
    throw new OperatorError(`The queue emulator did not start: ${messageOf(error)}`, { cause: error });
  }
}
