import type { Inbox, InboxEntry, InboxWriter } from '../../../lambdas/domain/model/inbox.ts';
import { type Clock, epochSecondsAfter } from '../../../lambdas/shared/clock.ts';

export function inMemoryInbox(clock: Clock, inboxTtlSeconds = Number.POSITIVE_INFINITY): Inbox & InboxWriter {
  const entries = new Map<string, InboxEntry>();
  const keyOf = (userId: string, messageId: string) => `${userId}#${messageId}`;
  const isKept = ({ reference }: InboxEntry) =>
    epochSecondsAfter(reference.sentAt, inboxTtlSeconds) > clock() / 1_000;
  return {
    async put(added) {
      for (const entry of added.filter(isKept))
        entries.set(keyOf(entry.userId, entry.reference.messageId), entry);
      return [];
    },
    async first(userId, limit) {
      const own = [...entries.values()]
        .filter((entry) => entry.userId === userId && isKept(entry))
        .map(({ reference }) => reference);
      own.sort((a, b) => (a.messageId < b.messageId ? -1 : 1));
      return { references: own.slice(0, limit), more: own.length > limit };
    },
    async remove(userId, messageIds) {
      for (const messageId of messageIds) entries.delete(keyOf(userId, messageId));
    },
  };
}
