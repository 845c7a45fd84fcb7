/** What a user said about a message, without the message: that is its sender's. */
export interface OwnReport {
  readonly conversationId: string;
  readonly seq: number;
  readonly reason: string;
  readonly at: number;
}

/** The reports that a user made, for tasks. Strong reads. */
export interface OwnReports {
  /** @param after the `next` of the page before */
  madeBy(
    userId: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly reports: readonly OwnReport[]; readonly next: string | undefined }>;
}
