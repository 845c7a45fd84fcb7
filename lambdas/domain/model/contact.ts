import type { Contact } from '../../../protocol/people.ts';

export interface ContactReader {
  /** The user's contacts after the user `after`, ordered by user id. At most 1,000. Reads strongly. */
  contacts(
    userId: string,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly Contact[]>;
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
