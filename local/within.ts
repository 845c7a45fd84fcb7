/** Invocations and batches that run when the runtime stops get this long. */
export const STOP_GRACE_MS = 2_000;

/** Waits for the work, at most `milliseconds`. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
