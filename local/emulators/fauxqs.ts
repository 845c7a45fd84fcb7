import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { messageOf, OperatorError } from '../operator-error.ts';
import type { Emulator, EmulatorEvents } from './emulator.ts';

export interface SqsOptions extends EmulatorEvents {
  /** Folder of its SQLite database. @default - in memory */
  readonly dataDirectory?: string;
}

/**
 * Starts fauxqs (https://github.com/kibertoad/fauxqs) on a free port of the loopback interface.
 * @throws {OperatorError} if it can't open its data
 */
export async function startSqs(options: SqsOptions = {}): Promise<Emulator> {
  const worker = new Worker(new URL('./fauxqs-thread.ts', import.meta.url), {
    name: 'fauxqs',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdout: true,
    workerData: { dataDirectory: options.dataDirectory },
  });
  worker.stdout.resume();
  try {
    const [{ port }] = (await once(worker, 'message')) as [{ port: number }];
    let isStopping = false;
    const exited = once(worker, 'exit');
    worker.on('error', (error: unknown) => {
      if (!isStopping) options.onExit?.(`fauxqs ended: ${messageOf(error)}`);
    });
    return {
      endpoint: `http://127.0.0.1:${port}`,
      stop: async () => {
        isStopping = true;
        worker.postMessage('stop');
        const force = setTimeout(() => void worker.terminate(), 2000);
        await exited;
        clearTimeout(force);
      },
    };
  } catch (error) {
    throw new OperatorError(`The queue emulator did not start: ${messageOf(error)}`, { cause: error });
  }
}
