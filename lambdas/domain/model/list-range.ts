/** A part of a list that is ordered by user id. */
export interface ListRange {
  /** Begins after this user. @default - at the beginning */
  readonly after?: string | undefined;
  /** At most 1,000. */
  readonly limit: number;
}
