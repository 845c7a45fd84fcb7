import type { SeenMessage } from '../history.ts';

export type Place = Pick<SeenMessage, 'conversationId' | 'seq' | 'messageId'>;

/** A device's messages: each once, in order of seq within its conversation (IM-PUSH-1). */
export class View {
  readonly #conversations = new Map<string, Map<number, Place>>();

  /** Returns how many of them it had already. */
  add(places: readonly Place[]): number {
    let known = 0;
    for (const { conversationId, seq, messageId } of places) {
      const all = this.#conversations.get(conversationId) ?? new Map<number, Place>();
      this.#conversations.set(conversationId, all);
      if (all.has(seq)) known += 1;
      else all.set(seq, { conversationId, seq, messageId });
    }
    return known;
  }

  lastSeq(conversationId: string): number | undefined {
    const known = this.#conversations.get(conversationId);
    return known && Math.max(...known.keys());
  }

  /** The highest seq without a gap below it. */
  endOfPrefix(conversationId: string): number {
    const known = this.#conversations.get(conversationId);
    let end = 0;
    while (known?.has(end + 1) === true) end += 1;
    return end;
  }

  inOrder(): readonly Place[] {
    return [...this.#conversations.values()].flatMap((known) =>
      [...known.values()].toSorted((a, b) => a.seq - b.seq),
    );
  }
}
