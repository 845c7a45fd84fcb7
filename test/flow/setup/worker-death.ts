import type { AwsProxy, BreakpointStage, Step } from '../../../local/aws-proxy/index.ts';
import type { LocalRuntime } from '../../../local/runtime.ts';

/** The longest of the queues. */
const VISIBILITY_SECONDS = 360;

/** Kills a queue's worker at the held call, then lets the visibility time-out of its records pass, as time does on AWS. */
export async function killWorker(
  { proxy, stack }: { readonly proxy: AwsProxy; readonly stack: LocalRuntime },
  step: Step<unknown>,
  when: BreakpointStage,
): Promise<void> {
  const died = proxy.nextEnd({ function: step.call.function });
  step.fail(when === 'before' ? 'kill' : 'kill-after');
  await died;
  stack.advanceQueues(VISIBILITY_SECONDS);
}
