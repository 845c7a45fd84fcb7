import type { ContactReader, ContactWriter } from '../../../lambdas/domain/model/contact.ts';
import type { Inbox } from '../../../lambdas/domain/model/inbox.ts';
import type { PersonErasure } from '../../../lambdas/domain/model/person-erasure.ts';

interface Kept {
  readonly contacts: ContactReader & ContactWriter;
  readonly inbox: Inbox;
  readonly profiles: { forget(userId: string): void };
  readonly userEvents: { forget(userId: string): number };
  readonly attachments: { forgetRecords(userId: string, limit: number): number };
}

export interface InMemoryPersonErasure extends PersonErasure {
  /** The users whose accounts were forgotten. */
  readonly forgotten: string[];
}

export function inMemoryPersonErasure({
  contacts,
  inbox,
  profiles,
  userEvents,
  attachments,
}: Kept): InMemoryPersonErasure {
  const forgotten: string[] = [];
  return {
    forgotten,
    forgetProfile: async (userId) => profiles.forget(userId),
    async forgetRows(userId, kind, limit) {
      if (kind === 'events') return userEvents.forget(userId);
      if (kind === 'files') return attachments.forgetRecords(userId, limit);
      if (kind === 'contacts') {
        const found = await contacts.contacts(userId, { limit });
        for (const contact of found) await contacts.remove(userId, contact.userId);
        return found.length;
      }
      const { references } = await inbox.first(userId, limit);
      await inbox.remove(
        userId,
        references.map(({ messageId }) => messageId),
      );
      return references.length;
    },
    forgetCounts: async () => {},
    forgetAccount: async (userId) => void forgotten.push(userId),
  };
}
