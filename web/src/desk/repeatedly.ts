import { ImError } from '@serverless-im/client';

/** The delay before a failed request is retried. */
const AGAIN_MS = 3_000;

/** For `repeatedly`: the delay after this failure; undefined, which ends it, if a retry can't help. */
export function soonAfter(error: unknown): number | undefined {
  return error instanceof ImError && error.retryable ? AGAIN_MS : undefined;
}

/**
 * Calls `ask` now, and again after the milliseconds that each call resolves to, until one resolves to undefined.
 * Returns a function that ends it, for an effect; a call still running then finds `ended` aborted.
 */
export function repeatedly(ask: (ended: AbortSignal) => Promise<number | undefined>): () => void {
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async () => {
    const afterMs = await ask(ending.signal);
    if (afterMs !== undefined && !ending.signal.aborted) timer = setTimeout(turn, afterMs);
  };
  void turn();
  return () => {
    ending.abort();
    clearTimeout(timer);
  };
}
