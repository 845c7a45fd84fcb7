import { LIMITS } from '../../../protocol/limits.ts';
import type { Contact, ContactsBody } from '../../../protocol/people.ts';
import { LimitReachedError } from '../../shared/errors.ts';
import type { ContactReader, ContactWriter } from '../model/contact.ts';
import { readPage, requireOther } from './user-list.ts';

export interface ContactPorts {
  readonly contacts: ContactReader;
  readonly contactWriter: ContactWriter;
}

export interface ContactRequest {
  readonly userId: string;
  readonly alias?: string | undefined;
  readonly favorite?: boolean | undefined;
}

/**
 * Adds a person to the user's contacts, or replaces the contact. Idempotent (IM-CONTACT-1).
 * @throws {InvalidRequestError} the user themselves
 * @throws {LimitReachedError} the user has 10,000 others
 */
export async function putContact(
  { contactWriter }: Pick<ContactPorts, 'contactWriter'>,
  userId: string,
  { userId: contactId, alias, favorite }: ContactRequest,
): Promise<Contact> {
  requireOther(userId, contactId);
  const contact = {
    userId: contactId,
    ...(alias !== undefined && { alias }),
    ...(favorite === true && { favorite }),
  };
  if (await contactWriter.put(userId, contact, LIMITS.contacts)) return contact;
  throw new LimitReachedError(`A user has at most ${LIMITS.contacts.toLocaleString('en-US')} contacts.`);
}

/**
 * Lists the user's own contacts.
 * @throws {InvalidRequestError} the cursor was altered, or is another user's
 */
export async function listContacts(
  { contacts }: Pick<ContactPorts, 'contacts'>,
  userId: string,
  cursor: string | undefined,
): Promise<ContactsBody> {
  const page = await readPage('contacts', userId, cursor, (range) => contacts.contacts(userId, range));
  return { contacts: page.entries, cursor: page.cursor };
}
