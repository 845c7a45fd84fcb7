import { ImError } from '@serverless-im/client';

/** Until what could not be had is asked for again. */
const AGAIN_MS = 3_000;

/** For `repeatedly`: soon, if this failure may pass; else it is over. */
export function soonAfter(error: unknown): number | undefined {
  return error instanceof ImError && error.retryable ? AGAIN_MS : undefined;
}

/**
 * Asks now, and again so many milliseconds after as each turn says, until one says nothing. Returns the way to end it,
 * for an effect; what is still on its way then finds `ended` aborted.
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
