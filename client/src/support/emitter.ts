/** Ends a subscription. Calling it again does nothing. */
export type Off = () => void;

/** Typed events. A listener that throws is reported and does not keep the others from hearing. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<{ call(event: never): void }>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Subscribes; returns the way out. The same function subscribed twice hears twice. */
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
