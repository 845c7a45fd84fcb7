import { allObjectsOf } from '../../../lambdas/domain/model/attachment.ts';
import { ERASED_HASH, type Erasure } from '../../../lambdas/domain/model/erasure.ts';
import type { GroupDeletion } from '../../../lambdas/domain/model/group-deletion.ts';
import {
  type Change,
  doesMention,
  isRecalled,
  type MessageKey,
  type MessagePlace,
  type MessageReader,
  type MessageWriter,
  type StoredMessage,
} from '../../../lambdas/domain/model/message.ts';
import { volumeOf } from '../../../lambdas/domain/model/volume.ts';
import { type Clock, epochSecondsAfter } from '../../../lambdas/shared/clock.ts';
import type { MessageChange } from '../../../protocol/frames.ts';

export function inMemoryMessages(
  clock: Clock,
  historyTtlSeconds = Number.POSITIVE_INFINITY,
): MessageReader & MessageWriter & Erasure & Pick<GroupDeletion, 'history' | 'deleteItems'> {
  const stored = new Map<string, StoredMessage>();
  const isKept = ({ sentAt }: StoredMessage) =>
    epochSecondsAfter(sentAt, historyTtlSeconds) > clock() / 1_000;
  const keptAt = (key: string) => {
    const message = stored.get(key);
    return message !== undefined && isKept(message) ? message : undefined;
  };
  const claimed = new Set<string>();
  const keyOf = ({ conversationId, from, clientMsgId, seq }: MessagePlace) =>
    [conversationId, volumeOf(seq), from, clientMsgId].join('#');
  const inConversation = (conversationId: string) =>
    [...stored.values()]
      .filter((message) => message.conversationId === conversationId && isKept(message))
      .sort((a, b) => a.seq - b.seq);
  function change(
    key: MessagePlace,
    atMs: number,
    what: MessageChange,
    fields: { [Name in keyof StoredMessage]?: StoredMessage[Name] | undefined },
    isAllowed: (message: StoredMessage) => boolean,
  ): Change | undefined {
    const message = stored.get(keyOf(key));
    if (message === undefined) return undefined;
    if (isRecalled(message) || !isAllowed(message)) return { message, isChanged: false };
    return write(key, message, atMs, what, fields);
  }
  function write(
    key: MessagePlace,
    message: StoredMessage,
    atMs: number,
    what: MessageChange,
    fields: { [Name in keyof StoredMessage]?: StoredMessage[Name] | undefined },
  ): Change {
    const all = { ...message, ...fields, rev: (message.rev ?? 0) + 1, changedAt: atMs, change: what };
    const changed = Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    ) as unknown as StoredMessage;
    stored.set(keyOf(key), changed);
    return { message: changed, isChanged: true };
  }
  return {
    async putIfAbsent(message) {
      if (claimed.has(keyOf(message))) return 'claimed';
      const existing = keptAt(keyOf(message));
      if (existing === undefined) stored.set(keyOf(message), message);
      return existing;
    },
    async history(conversationId, volume, limit) {
      const all = inConversation(conversationId).filter(({ seq }) => volumeOf(seq) === volume);
      const items = all.slice(0, limit).map((message) => ({
        sortKey: `${message.from}#${message.clientMsgId}`,
        units: 2,
        ...(message.reactions && { reactedTo: message }),
        objects: allObjectsOf(message),
      }));
      return { items, hasMore: all.length > limit };
    },
    async deleteItems(conversationId, volume, items) {
      for (const { sortKey } of items) stored.delete(`${conversationId}#${volume}#${sortKey}`);
    },
    async claim(place) {
      const existing = keptAt(keyOf(place));
      if (existing === undefined) claimed.add(keyOf(place));
      return existing;
    },
    recall: async (key, contentJson, { by, atMs }, removedFiles) =>
      change(
        key,
        atMs,
        { kind: 'recalled', by },
        {
          contentJson,
          mentions: undefined,
          replyTo: undefined,
          reactions: undefined,
          pin: undefined,
          removedFiles: removedFiles?.length ? removedFiles : undefined,
        },
        () => true,
      ),
    replaceContent: async (key, contentJson, ifRev, { by, atMs }) =>
      change(key, atMs, { kind: 'edited', by }, { contentJson }, ({ rev = 0 }) => rev === ifRev),
    edit: async (key, { editId, contentJson, mentions, ifRev, by, atMs }) =>
      change(
        key,
        atMs,
        { kind: 'edited', by },
        { contentJson, editId, editedAt: atMs, mentions },
        ({ rev = 0, ...message }) => message.editId !== editId && (ifRev === undefined || ifRev === rev),
      ),
    showPin: async (key, pin, { by, atMs }) =>
      change(
        key,
        atMs,
        { kind: pin.pinned === undefined ? 'unpinned' : 'pinned', by },
        { pin },
        (message) => (message.pin?.version ?? 0) < pin.version,
      ),
    touch: async (key, { atMs, ...reacting }) =>
      change(key, atMs, { kind: 'reacted', ...reacting }, {}, () => true),
    showReactions: async (key, reactions, { atMs, ...reacting }) =>
      change(
        key,
        atMs,
        { kind: 'reacted', ...reacting },
        { reactions },
        (message) => (message.reactions?.version ?? 0) < reactions.version,
      ),
    async written({ conversationId, volume }, userId, { after = '', limit }) {
      const all = [...stored.values()]
        .filter((one) => one.conversationId === conversationId && volumeOf(one.seq) === volume)
        .filter(({ from, clientMsgId }) => from === userId && clientMsgId > after)
        .sort((a, b) => (a.clientMsgId < b.clientMsgId ? -1 : 1));
      const messages = all.slice(0, limit);
      return { messages, next: messages.length === limit ? messages.at(-1)?.clientMsgId : undefined };
    },
    async erase(key, contentJson, { by, atMs }) {
      const message = stored.get(keyOf(key));
      if (message === undefined) return undefined;
      if (message.contentHash === ERASED_HASH) return { message, isChanged: false };
      const { conversationId, from, clientMsgId, seq, messageId, sentAt, rev } = message;
      const rest = { conversationId, from, clientMsgId, seq, messageId, sentAt, contentHash: ERASED_HASH };
      const left = { ...rest, contentJson, ...(rev !== undefined && { rev }) };
      return write(key, left, atMs, { kind: 'erased', by }, {});
    },
    async eraseNames(key, contentJson, { by, atMs }) {
      const message = stored.get(keyOf(key));
      if (message === undefined) return undefined;
      if (message.contentHash === ERASED_HASH) return { message, isChanged: false };
      return write(key, message, atMs, { kind: 'erased', by }, { contentJson, contentHash: ERASED_HASH });
    },
    showWithout: async (key, reactions, { by, atMs }) =>
      change(
        key,
        atMs,
        { kind: 'erased', by },
        reactions === undefined ? {} : { reactions },
        (message) => reactions === undefined || (message.reactions?.version ?? 0) < reactions.version,
      ),
    async changed(conversationId, { volumes, sinceMs, after, limit }) {
      const position = (message: StoredMessage) => message.changedAt ?? 0;
      const order = (message: Pick<MessageKey, 'from' | 'clientMsgId'>) =>
        `${message.from}#${message.clientMsgId}`;
      const all = inConversation(conversationId)
        .filter(({ seq }) => volumes.includes(volumeOf(seq)))
        .filter((message) => message.changedAt !== undefined && position(message) >= sinceMs)
        .sort((a, b) => position(a) - position(b) || (order(a) < order(b) ? -1 : 1))
        .filter(
          (message) =>
            after === undefined ||
            position(message) > after.changedAtMs ||
            (position(message) === after.changedAtMs && order(message) > order(after)),
        );
      const messages = all.slice(0, limit);
      const last = messages.at(-1);
      const isFull = messages.length === limit && last !== undefined;
      const next = isFull
        ? { from: last.from, clientMsgId: last.clientMsgId, changedAtMs: position(last) }
        : undefined;
      return { messages, count: messages.length, next };
    },
    getMany: async (keys) => [...new Set(keys.map(keyOf))].flatMap((key) => keptAt(key) ?? []),
    async page(conversationId, { after, before, from = 1, limit, head }) {
      // As the table: whole volumes, up to the head's or the first of the range.
      const last = volumeOf(Math.min((before ?? Infinity) - 1, head));
      const all = inConversation(conversationId).filter(
        ({ seq }) => seq >= from && seq < (before ?? Infinity) && volumeOf(seq) <= last,
      );
      const range = after === undefined ? all.reverse() : all.filter(({ seq }) => seq > after);
      return { messages: range.slice(0, limit), hasMore: range.length > limit };
    },
    async countOthers(conversationId, userId, { after, upTo, maximum, budget }) {
      let left = inConversation(conversationId).filter(({ seq }) => seq > after && seq <= upTo);
      let count = 0;
      let mentioned = 0;
      for (const limit of [maximum, 1_000]) {
        if (budget.units <= 0) break;
        const page = pageOf(left.toReversed(), limit);
        left = left.slice(0, left.length - page.length);
        budget.units -= Math.ceil(page.reduce((sum, { contentJson }) => sum + contentJson.length, 0) / 4_096);
        const others = page.filter(({ from }) => from !== userId);
        count += others.length;
        mentioned += others.filter((message) => doesMention(message, userId)).length;
        if (left.length === 0 || count >= maximum)
          return { count: Math.min(count, maximum), mentioned, isAtLeast: false };
      }
      return { count, mentioned, isAtLeast: true };
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
