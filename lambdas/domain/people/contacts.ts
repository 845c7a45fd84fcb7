import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { Contact, ContactsBody } from '../../../protocol/people.ts';
import { cursorOf, decodeCursor, encodeCursor, isUserId } from '../../shared/cursor.ts';
import { InvalidRequestError, LimitReachedError } from '../../shared/errors.ts';
import type { ContactReader, ContactWriter } from '../model/contact.ts';

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
  if (contactId === userId)
    throw new InvalidRequestError([{ path: 'userId', message: 'must not be yourself' }]);
  const contact = {
    userId: contactId,
    ...(alias !== undefined && { alias }),
    ...(favorite === true && { favorite }),
  };
  if (await contactWriter.put(userId, contact, LIMITS.contacts)) return contact;
  throw new LimitReachedError(`A user has at most ${LIMITS.contacts.toLocaleString('en-US')} contacts.`);
}

const cursorSchema = lazySchema(() => cursorOf(isUserId));

/**
 * Lists the user's own contacts, 100 a page, ordered by user id.
 * @throws {InvalidRequestError} the cursor was altered, or is another user's
 */
export async function listContacts(
  { contacts }: Pick<ContactPorts, 'contacts'>,
  userId: string,
  cursor: string | undefined,
): Promise<ContactsBody> {
  const [after] = cursor === undefined ? [] : decodeCursor(userId, cursor, 'cursor', cursorSchema);
  // One extra row shows whether there is a next page.
  const found = await contacts.contacts(userId, { after, limit: LIMITS.pageMax + 1 });
  const page = found.slice(0, LIMITS.pageMax);
  const last = page.at(-1);
  return {
    contacts: page,
    cursor: found.length > page.length && last ? encodeCursor(userId, [last.userId]) : null,
  };
}
