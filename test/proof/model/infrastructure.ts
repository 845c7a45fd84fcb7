import { type AwsProxy, createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { type LocalRuntime, startRuntime } from '../../../local/runtime.ts';
import { Queues } from './queues.ts';

/** The running stack that all runs share. */
export interface Infrastructure {
  readonly runtime: LocalRuntime;
  readonly proxy: AwsProxy;
  readonly queues: Queues;
  stop(): Promise<void>;
}

/** @param cdkOut an existing cloud assembly */
export async function startInfrastructure(cdkOut?: string): Promise<Infrastructure> {
  const proxy = createAwsProxy({ keep: 1_000 });
  const runtime = await startRuntime({
    awsProxy: proxy.attach,
    maxInstancesPerFunction: 3,
    maxInstances: 36,
    returnFailedAfterSeconds: 0,
    onWarning: () => undefined,
    ...(cdkOut !== undefined && { cdkOut }),
  });
  const queues = new Queues(runtime, proxy);
  return {
    runtime,
    proxy,
    queues,
    async stop() {
      queues.close();
      await runtime.stop();
    },
  };
}
