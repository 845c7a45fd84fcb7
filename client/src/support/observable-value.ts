import { Emitter, type Off } from './emitter.ts';

/**
 * A value that is computed when somebody looks, and the same object until it has changed: what `useSyncExternalStore`
 * wants. Many changes at once are told once, right after.
 */
export class Live<T> {
  readonly #compute: () => T;
  readonly #events: Emitter<{ change: T }>;
  #cached: { readonly value: T } | undefined;
  #isTelling = false;

  constructor(compute: () => T, report: (error: unknown) => void) {
    this.#compute = compute;
    this.#events = new Emitter(report);
  }

  get value(): T {
    this.#cached ??= { value: this.#compute() };
    return this.#cached.value;
  }

  changed(): void {
    this.#cached = undefined;
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      this.#events.emit('change', this.value);
    });
  }

  subscribe(listener: (value: T) => void): Off {
    return this.#events.on('change', listener);
  }
}
