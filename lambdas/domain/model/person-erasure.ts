/** What a user keeps, but for blocks, memberships, and messages: for the erasure of the user alone (IM-ERASE-4). All is idempotent. */
export interface PersonErasure {
  /** Also one that a source of profiles has told. */
  forgetProfile(userId: string): Promise<void>;
  /** Deletes some rows. @returns how many; fewer than `limit`: there are no more */
  forgetRows(userId: string, kind: KeptRows, limit: number): Promise<number>;
  /** The numbers of contacts and blocks, once these are gone. */
  forgetCounts(userId: string): Promise<void>;
  /** When the user was last seen, what they may still spend, and whom they have met: all but the ban. */
  forgetAccount(userId: string): Promise<void>;
}

/** `events`: bans with their reasons, until subscribers have them; `files`: records of uploads. */
export type KeptRows = 'contacts' | 'inbox' | 'events' | 'files';

/** Reports, for the erasure of a user (IM-ERASE-4). */
export interface ReportErasure {
  /** Deletes some of the reports that the user made. @returns how many; 0: there are no more */
  forgetMadeBy(userId: string, limit: number): Promise<number>;
  /**
   * Replaces the copies of the user's messages in a page of the reports of a day, in whatever state they are. Their reporters' words stay.
   * @param day yyyy-mm-dd
   */
  eraseAbout(
    userId: string,
    day: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ readonly erased: number; readonly next: string | undefined }>;
}
