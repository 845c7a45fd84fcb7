import { toImError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import type { Emitter } from '../support/emitter.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import { isHidden } from './page.ts';

interface KeepLoadedPorts {
  readonly environment: Pick<Environment, 'after'>;
  readonly events: Pick<Emitter<ClientEvents>, 'on'>;
  readonly policy: RetryPolicy;
}

/**
 * Loads now, after each reconnect, after a failure that a retry may solve, and at intervals while the page is visible. Returns a
 * function that ends it.
 */
export function keepLoaded(
  { environment, events, policy }: KeepLoadedPorts,
  load: () => Promise<unknown>,
  everyMs?: number,
): Cancel {
  let latest = 0;
  let cancel: Cancel = () => {};
  const run = (attempt = 0): void => {
    const mine = ++latest;
    cancel();
    const after = (delayMs: number | null | undefined, task: () => void): void => {
      if (delayMs != null && mine === latest) cancel = environment.after(delayMs, task);
    };
    const refresh = (): void => (isHidden() ? after(everyMs, refresh) : run());
    load().then(
      () => after(everyMs, refresh),
      (cause: unknown) => {
        const error = toImError(cause);
        after(error.retryable ? policy.nextDelayMs({ attempt, error }) : null, () => run(attempt + 1));
      },
    );
  };
  run();
  const off = events.on('connection', ({ current }) => current === 'connected' && run());
  return () => {
    latest += 1;
    cancel();
    off();
  };
}
