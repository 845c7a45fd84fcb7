/** Options that let other systems build on a deployment. Without an option the deployment has nothing of it. */
export interface PlatformProps {
  /**
   * Whether an SNS topic, `eventsTopic`, gets an event for every message, change, member, ban, and report (IM-EVENT). Adds
   * streams to two tables, and a function that reads them. What an event costs: docs/performance.md.
   * @default false
   * @example true
   */
  readonly events?: boolean | undefined;
  /**
   * Whether messages that expire are kept in a bucket, `archive.bucket`, as compressed JSON lines (IM-ARCHIVE). Adds a stream to
   * the table of messages, and a function that reads it. What a message costs: docs/performance.md.
   * @default false
   * @throws {InvalidOptionsError} without `historyRetention`: then nothing expires
   * @example true
   */
  readonly archive?: boolean | undefined;
}

/** Valid `PlatformProps`, with all defaults. */
export interface PlatformOptions {
  readonly events: boolean;
  readonly archive: boolean;
}

/** Fills in the defaults. */
export function platformOptions(props: PlatformProps): PlatformOptions {
  return { events: props.events ?? false, archive: props.archive ?? false };
}

export function platformFaults({
  archive,
  historyTtlSeconds,
}: PlatformOptions & { readonly historyTtlSeconds: number }): string[] {
  return archive && historyTtlSeconds === 0
    ? ['archive needs historyRetention: without it no message expires']
    : [];
}
