import type { Environment } from './environment.ts';

/** Settles as `work` does, or rejects with `late` after `afterMs`. Does not abort the work. */
export function withTimeout<T>(
  environment: Pick<Environment, 'after'>,
  work: Promise<T>,
  afterMs: number,
  late: Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = environment.after(afterMs, () => reject(late));
    work.then(resolve, reject).finally(cancel);
  });
}
