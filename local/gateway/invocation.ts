import type { Invoker } from '../model.ts';
import type { TimerSet } from './clock.ts';

/** The end of an invocation, as the gateway sees it. */
export type Invocation =
  | { readonly outcome: 'returned'; readonly payload: unknown }
  | { readonly outcome: 'failed'; readonly errorType: string; readonly errorMessage: string }
  | { readonly outcome: 'timed-out' };

/** Invokes a function and waits up to the integration timeout. As on AWS, the function keeps running after it. */
export async function invokeWithin(
  invoker: Invoker,
  functionId: string,
  event: unknown,
  limitMs: number,
  timers: TimerSet,
): Promise<Invocation> {
  const { promise, resolve } = Promise.withResolvers<Invocation>();
  const cancel = timers.schedule(limitMs, () => resolve({ outcome: 'timed-out' }));
  void settle(invoker, functionId, event).then(resolve);
  try {
    return await promise;
  } finally {
    cancel();
  }
}

async function settle(invoker: Invoker, functionId: string, event: unknown): Promise<Invocation> {
  try {
    const result = await invoker.invoke(functionId, event);
    if (result.ok) return { outcome: 'returned', payload: result.payload };
    return { outcome: 'failed', errorType: result.errorType, errorMessage: result.errorMessage };
  } catch (error) {
    return { outcome: 'failed', errorType: 'InvokerError', errorMessage: String(error) };
  }
}

/** One line for the log. */
export function describeFailure(invocation: Exclude<Invocation, { outcome: 'returned' }>): string {
  if (invocation.outcome === 'timed-out') return 'no answer within the integration time-out';
  return `${invocation.errorType}: ${invocation.errorMessage}`;
}
