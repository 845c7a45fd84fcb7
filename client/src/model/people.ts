import type { Contact, Profile } from '../../../protocol/people.ts';

export type { Contact, Profile };

/** A user's notes about another (IM-CONTACT-1). */
export interface ContactFields {
  /** This user's own name for them: 1 to 64 characters. */
  readonly alias?: string | undefined;
  /** A mark for the app to show, such as a star. */
  readonly favorite?: boolean | undefined;
}

/** A user whom this user has blocked. */
export interface Block {
  readonly userId: string;
  /** When, in epoch milliseconds, once the list is loaded again. */
  readonly at?: number;
}
