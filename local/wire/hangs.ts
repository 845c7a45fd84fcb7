/** Calls that get no answer for now. */
export class Hangs {
  #release = Promise.withResolvers<void>();

  /** Until they are released, or the caller has gone. */
  async wait(gone: AbortSignal): Promise<void> {
    const left = Promise.withResolvers<void>();
    const leave = () => left.resolve();
    if (gone.aborted) leave();
    gone.addEventListener('abort', leave);
    await Promise.race([this.#release.promise, left.promise]);
    gone.removeEventListener('abort', leave);
  }

  release(): void {
    this.#release.resolve();
    this.#release = Promise.withResolvers();
  }
}
