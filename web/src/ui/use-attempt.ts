import { useCallback, useState } from 'react';

export interface Attempts {
  /** Why the last one failed. */
  readonly error: string | undefined;
  attempt<Result>(work: Promise<Result>, then?: (result: Result) => void): void;
  /** The user has changed what failed. */
  forget(): void;
}

/** Runs actions of the user and keeps the error of the last. `wordsOf` must stay the same function. */
export function useAttempt(wordsOf: (reason: unknown) => string): Attempts {
  const [error, setError] = useState<string>();
  const attempt: Attempts['attempt'] = useCallback(
    (work, then) => {
      const done = work.then((result) => {
        setError(undefined);
        then?.(result);
      });
      done.catch((reason: unknown) => setError(wordsOf(reason)));
    },
    [wordsOf],
  );
  const forget = useCallback(() => setError(undefined), []);
  return { error, attempt, forget };
}
