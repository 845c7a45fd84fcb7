import type { StoreBackend } from '../../../client/src/index.ts';

/**
 * `hangs`: calls wait until the mood changes, as those of a database that another tab blocks. `loses`: a write is said to
 * be done and is not, as the last one before a power cut.
 */
export const MOODS = ['works', 'throws', 'hangs', 'loses'] as const;
export type Mood = (typeof MOODS)[number];

/** What a device keeps across restarts of its program, and how it fails. */
export class WeakStore {
  readonly #values = new Map<string, string>();
  #mood: Mood = 'works';
  #isOutdated = false;
  #waiting: (() => void)[] = [];

  get mood(): Mood {
    return this.#mood;
  }

  set mood(mood: Mood) {
    this.#mood = mood;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Whether it has a record whose change is lost: then the power must be cut, since the program that runs knows nothing of it. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  get values(): readonly string[] {
    return [...this.#values.values()];
  }

  /** One program's access to it; nothing happens for a program that has crashed. */
  backend(hasCrashed: () => boolean): StoreBackend {
    this.#isOutdated = false;
    const call = async <Result>(act: () => Result): Promise<Result> => {
      while (this.#mood === 'hangs') await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (hasCrashed()) return new Promise(() => {});
      if (this.#mood === 'throws') throw new Error('The store is gone.');
      return act();
    };
    return {
      entries: () => call(() => [...this.#values]),
      set: (key, value) =>
        call(() => {
          if (this.#mood === 'loses') this.#isOutdated ||= this.#values.has(key);
          else this.#values.set(key, value);
        }),
      remove: (key) => call(() => void this.#values.delete(key)),
    };
  }
}
