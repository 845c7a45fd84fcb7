import { type LocalRuntime, startRuntime } from '../../../local/runtime.ts';
import { createWire, type Wire } from '../../../local/wire/index.ts';
import { Queues } from './queues.ts';

/** The running stack that all runs share. */
export interface Ground {
  readonly runtime: LocalRuntime;
  readonly wire: Wire;
  readonly queues: Queues;
  stop(): Promise<void>;
}

/** @param cdkOut an existing cloud assembly */
export async function layGround(cdkOut?: string): Promise<Ground> {
  const wire = createWire({ keep: 1_000 });
  const runtime = await startRuntime({
    wire: wire.attach,
    maxInstancesPerFunction: 3,
    maxInstances: 36,
    returnFailedAfterSeconds: 0,
    onWarning: () => undefined,
    ...(cdkOut !== undefined && { cdkOut }),
  });
  const queues = new Queues(runtime, wire);
  return {
    runtime,
    wire,
    queues,
    async stop() {
      queues.close();
      await runtime.stop();
    },
  };
}
