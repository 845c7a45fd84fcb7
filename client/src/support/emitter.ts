/** Ends a subscription. Idempotent. */
export type Off = () => void;

/** Typed events. If a listener throws, the error is reported and the other listeners still run. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<{ call(event: never): void }>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Returns an unsubscribe function. A function that is subscribed twice is called twice. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): Off {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    const entry = { call: (event: Events[Name]) => listener(event) };
    listeners.add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener.call as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
