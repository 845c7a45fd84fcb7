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
      const all = inConversation(conversationId).filter(({ seq }) => seq >= from);
      const range =
        after === undefined
          ? all.filter(({ seq }) => seq < (before ?? Infinity)).reverse()
          : all.filter(({ seq }) => seq > after);
      return { messages: range.slice(0, limit), hasMore: range.length > limit };
    },
    async countOthersAbove(conversationId, userId, seq, maximum) {
      const others = inConversation(conversationId).filter(
        (message) => message.from !== userId && message.seq > seq,
      );
      return Math.min(others.length, maximum);
    },
  };
}
