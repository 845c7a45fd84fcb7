import type { Pin, PinReader, PinWriter } from '../../../lambdas/domain/model/pin.ts';
import { LIMITS } from '../../../protocol/limits.ts';

interface List {
  version: number;
  readonly pins: Map<number, Pin & { readonly order: number }>;
}

export function inMemoryPins(): PinReader & PinWriter {
  const lists = new Map<string, List>();
  const listOf = (conversationId: string) => {
    const list = lists.get(conversationId) ?? { version: 0, pins: new Map() };
    lists.set(conversationId, list);
    return list;
  };
  return {
    async pins(conversationId) {
      const { version, pins } = listOf(conversationId);
      const latestFirst = [...pins.values()].sort((a, b) => b.order - a.order);
      return { version, pins: latestFirst.map(({ order: _, ...pin }) => pin) };
    },
    async pin({ conversationId, seq, from, clientMsgId }, { by, at }) {
      const list = listOf(conversationId);
      const isChanged = !list.pins.has(seq);
      if (isChanged && list.pins.size >= LIMITS.pinsPerConversation) return 'full';
      if (isChanged) {
        list.version += 1;
        list.pins.set(seq, { conversationId, seq, from, clientMsgId, by, at, order: list.version });
      }
      const pin = list.pins.get(seq);
      const pinned = { by: pin?.by ?? by, at: pin?.at ?? at };
      return { isChanged, state: { version: pin?.order ?? 0, pinned } };
    },
    async unpin({ conversationId, seq }) {
      const list = listOf(conversationId);
      const isChanged = list.pins.delete(seq);
      if (isChanged) list.version += 1;
      return { isChanged, state: { version: list.version } };
    },
    async drop(conversationId, seqs, version) {
      const list = listOf(conversationId);
      if (list.version !== version) return;
      for (const seq of seqs) list.pins.delete(seq);
      list.version += 1;
    },
  };
}
