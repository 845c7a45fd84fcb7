import { type AwsProxy, createAwsProxy } from '../../../local/aws-proxy/index.ts';
import { type LocalRuntime, type RuntimeOptions, startRuntime } from '../../../local/runtime.ts';
import { unequalClocks } from '../../flow/setup/clocks.ts';
import { type CaptivePortal, openCaptivePortal } from './captive-portal.ts';
import { openPlatform, type Platform } from './platform.ts';
import { Queues } from './queues.ts';
import { STRANGERS_PER_DAY } from './recruiter.ts';

/** The running stack that all runs share. */
export interface Infrastructure {
  readonly runtime: LocalRuntime;
  readonly proxy: AwsProxy;
  readonly queues: Queues;
  /** What a device meets behind a proxy that answers HTML. */
  readonly portal: CaptivePortal;
  readonly platform?: Platform;
  stop(): Promise<void>;
}

export interface InfrastructureOptions extends Pick<RuntimeOptions, 'cdkOut' | 'earlier' | 'context'> {
  /** Whether the stack has the options of a platform (test/setup/assembly.ts). @default false */
  readonly isPlatform?: boolean;
}

export async function startInfrastructure({
  isPlatform = false,
  ...options
}: InfrastructureOptions): Promise<Infrastructure> {
  const proxy = createAwsProxy({
    keep: 1_000,
    // AWS's worst permitted behaviour: old answers to reads that allow them, and transactions that take long enough to collide.
    staleReads: { quantilesMs: [0, 1_000] },
    latency: [{ operation: 'TransactWriteItems', p50Ms: 10, p99Ms: 40 }],
  });
  const runtime = await startRuntime({
    awsProxy: proxy.attach,
    maxInstancesPerFunction: 3,
    maxInstances: 36,
    clockOffsetMs: unequalClocks(1),
    // Short, so that an agent who is gone loses chats within a run.
    // And few messages a volume, so that conversations begin new ones within a run.
    // Nobody runs out of so large a budget, but everybody is charged.
    environment: {
      DESK_AGENT_GRACE_SECONDS: '5',
      MESSAGES_PER_VOLUME: '7',
      USER_BUDGET: '10000000,100000000',
      STRANGERS_PER_DAY: String(STRANGERS_PER_DAY),
    },
    onWarning: () => undefined,
    ...options,
  });
  const queues = new Queues(runtime, proxy);
  const platform = isPlatform ? await openPlatform(runtime) : undefined;
  const portal = await openCaptivePortal();
  await warmUp(runtime);
  return {
    runtime,
    proxy,
    queues,
    portal,
    ...(platform && { platform }),
    async stop() {
      await platform?.stop();
      queues.close();
      await portal.close();
      await runtime.stop();
    },
  };
}

const WARM_UP_TRIES = 30;

/** On a busy machine a function's first start may take longer than its time-out. */
async function warmUp({ httpUrl, token }: LocalRuntime): Promise<void> {
  const headers = { authorization: `Bearer ${await token('warm-up')}` };
  for (let tries = 0; tries < WARM_UP_TRIES; tries += 1) {
    const response = await fetch(`${httpUrl}/conversations`, { headers }).catch(() => undefined);
    if (response?.ok === true) return;
  }
  throw new Error('The stack does not answer.');
}
