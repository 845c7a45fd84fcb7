type CleanUp = () => void | Promise<void>;

/** What has been started, to be ended in reverse order. */
export class Cleanups {
  readonly #steps: CleanUp[] = [];

  add(step: CleanUp): void {
    this.#steps.push(step);
  }

  /** Ends everything, once; a step that fails doesn't keep the others from theirs. */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Not everything could be ended.');
  }
}
