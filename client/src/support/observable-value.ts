import { Emitter, type Off } from './emitter.ts';

/**
 * A value that is computed when read and cached until it changes, as `useSyncExternalStore` requires. Changes that
 * happen together cause one notification, in the next microtask.
 */
export class ObservableValue<T> {
  readonly #compute: () => T;
  readonly #events: Emitter<{ change: T }>;
  #cached: { readonly value: T } | undefined;
  #isScheduled = false;

  constructor(compute: () => T, report: (error: unknown) => void) {
    this.#compute = compute;
    this.#events = new Emitter(report);
  }

  get value(): T {
    this.#cached ??= { value: this.#compute() };
    return this.#cached.value;
  }

  /** Drops the cached value and notifies the subscribers. */
  changed(): void {
    this.#cached = undefined;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#events.emit('change', this.value);
    });
  }

  /** Returns an unsubscribe function. */
  subscribe(listener: (value: T) => void): Off {
    return this.#events.on('change', listener);
  }
}
