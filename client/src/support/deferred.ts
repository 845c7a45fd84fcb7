/** A promise and the functions that settle it. React Native has no `Promise.withResolvers`. */
export class Deferred<T> {
  resolve: (value: T) => void = () => {};
  reject: (error: Error) => void = () => {};
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    // An unhandled rejection would end the process, and a program may not wait: it gets an event, too.
    this.promise.catch(() => {});
  }
}
