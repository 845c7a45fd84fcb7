import type {
  MessageKey,
  MessageReader,
  MessageWriter,
  StoredMessage,
} from '../../../lambdas/domain/model/message.ts';
import { type Clock, epochSecondsAfter } from '../../../lambdas/shared/clock.ts';

export function inMemoryMessages(
  clock: Clock,
  historyTtlSeconds = Number.POSITIVE_INFINITY,
): MessageReader & MessageWriter {
  const stored = new Map<string, StoredMessage>();
  const isKept = ({ sentAt }: StoredMessage) =>
    epochSecondsAfter(sentAt, historyTtlSeconds) > clock() / 1_000;
  const keptAt = (key: string) => {
    const message = stored.get(key);
    return message !== undefined && isKept(message) ? message : undefined;
  };
  const keyOf = ({ conversationId, from, clientMsgId }: MessageKey) =>
    [conversationId, from, clientMsgId].join('#');
  const inConversation = (conversationId: string) =>
    [...stored.values()]
      .filter((message) => message.conversationId === conversationId && isKept(message))
      .sort((a, b) => a.seq - b.seq);
  return {
    async putIfAbsent(message) {
      const existing = keptAt(keyOf(message));
      if (existing === undefined) stored.set(keyOf(message), message);
      return existing;
    },
    async redact(key, contentJson) {
      const message = stored.get(keyOf(key));
      if (message !== undefined) stored.set(keyOf(key), { ...message, contentJson });
    },
    getMany: async (keys) => [...new Set(keys.map(keyOf))].flatMap((key) => keptAt(key) ?? []),
    async page(conversationId, { after, before, from = 1, limit }) {
      const all = inConversation(conversationId).filter(
        ({ seq }) => seq >= from && seq < (before ?? Infinity),
      );
      const range = after === undefined ? all.reverse() : all.filter(({ seq }) => seq > after);
      return { messages: range.slice(0, limit), hasMore: range.length > limit };
    },
    async countOthers(conversationId, userId, { after, upTo = Infinity, maximum, budget }) {
      let left = inConversation(conversationId).filter(({ seq }) => seq > after && seq <= upTo);
      let count = 0;
      for (const limit of [maximum, 1_000]) {
        if (budget.units <= 0) break;
        const page = pageOf(left.toReversed(), limit);
        left = left.slice(0, left.length - page.length);
        budget.units -= Math.ceil(page.reduce((sum, { contentJson }) => sum + contentJson.length, 0) / 4_096);
        count += page.filter(({ from }) => from !== userId).length;
        if (left.length === 0 || count >= maximum)
          return { count: Math.min(count, maximum), isAtLeast: false };
      }
      return { count, isAtLeast: true };
    },
  };
}

/** Ends at 1 MB, as DynamoDB's pages do. */
function pageOf(messages: readonly StoredMessage[], limit: number): readonly StoredMessage[] {
  let bytes = 0;
  const end = messages.findIndex(({ contentJson }) => {
    bytes += contentJson.length;
    return bytes > 1_048_576;
  });
  return messages.slice(0, Math.min(limit, end === -1 ? limit : end + 1));
}
