import { TimeoutError } from '../model/errors.ts';
import type { Environment } from '../support/environment.ts';

/** Settles as `work` does, or rejects with a `TimeoutError` about `what` after `afterMs`. Does not abort the work. */
export function withTimeout<T>(
  environment: Pick<Environment, 'after'>,
  work: Promise<T>,
  what: string,
  afterMs: number,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = environment.after(afterMs, () => reject(new TimeoutError(what, afterMs)));
    work.then(resolve, reject).finally(cancel);
  });
}
