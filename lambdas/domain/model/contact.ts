import type { Contact } from '../../../protocol/people.ts';
import type { ListRange } from './list-range.ts';

export interface ContactReader {
  /** The user's contacts, ordered by user id. Reads strongly. */
  contacts(userId: string, range: ListRange): Promise<readonly Contact[]>;
}

export interface ContactWriter {
  /**
   * Adds the contact, or replaces it. Idempotent, and exact, whatever else is added or removed at the same time.
   * @returns false if the user has `maximum` others
   */
  put(userId: string, contact: Contact, maximum: number): Promise<boolean>;
  /** Idempotent. */
  remove(userId: string, contactId: string): Promise<void>;
}
