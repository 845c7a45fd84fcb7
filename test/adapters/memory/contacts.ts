import type { ContactReader, ContactWriter } from '../../../lambdas/domain/model/contact.ts';
import type { Contact } from '../../../protocol/people.ts';

export function inMemoryContacts(): ContactReader & ContactWriter {
  const lists = new Map<string, Map<string, Contact>>();
  const listOf = (userId: string) => {
    const list = lists.get(userId) ?? new Map<string, Contact>();
    lists.set(userId, list);
    return list;
  };
  return {
    async contacts(userId, { after = '', limit }) {
      const all = [...listOf(userId).values()].filter((contact) => contact.userId > after);
      return all.sort((a, b) => (a.userId < b.userId ? -1 : 1)).slice(0, limit);
    },
    async put(userId, contact, maximum) {
      const list = listOf(userId);
      if (!list.has(contact.userId) && list.size >= maximum) return false;
      list.set(contact.userId, contact);
      return true;
    },
    async remove(userId, contactId) {
      listOf(userId).delete(contactId);
    },
  };
}
