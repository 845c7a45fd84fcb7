import type { Message, MessageChange } from '../../../protocol/frames.ts';
import type { ConversationList } from '../conversations/conversation-list.ts';
import type { ConversationStates } from '../conversations/conversation-states.ts';
import type { ClientEvents, Gap } from '../model/events.ts';
import { hasHappenedTo } from '../model/membership.ts';
import type { Emitter } from '../support/emitter.ts';
import type { ConversationPush } from '../transport/frames.ts';
import type { Identity } from '../transport/identity.ts';

/** Applies what the server sends to the conversations and their list, and emits the events. */
export class Incoming {
  readonly #identity: Pick<Identity, 'userId'>;
  readonly #states: Pick<ConversationStates, 'of'>;
  readonly #list: Pick<ConversationList, 'add' | 'changed' | 'read'>;
  readonly #events: Emitter<ClientEvents>;

  constructor(
    identity: Pick<Identity, 'userId'>,
    states: Pick<ConversationStates, 'of'>,
    list: Pick<ConversationList, 'add' | 'changed' | 'read'>,
    events: Emitter<ClientEvents>,
  ) {
    this.#identity = identity;
    this.#states = states;
    this.#list = list;
    this.#events = events;
  }

  /** Takes the next message in order. */
  message(message: Message): void {
    const { conversationId, from } = message;
    const states = this.#states.of(conversationId);
    const shown = states[0]?.show(message);
    if (!shown) return;
    this.#list.add(message);
    for (const state of states) {
      if (message.content.type !== 'system') state.typingUsers.wrote(from);
      state.events.emit('message', shown);
    }
    this.#events.emit('message', shown);
  }

  push(push: ConversationPush): void {
    // Before `welcome` nobody knows whether it is about this user or another. What it says comes with the list.
    if (!this.#identity.userId) return;
    const { conversationId, type } = push;
    // A client that polls learns of a change, but not who made it.
    const userId = type === 'changed' ? push.change?.by : push.userId;
    const isOwn = !userId || userId === this.#identity.userId;
    if (type === 'changed') this.changed(push.message, push.change);
    else if (type === 'read') this.read(conversationId, userId, push.seq);
    else if (!isOwn)
      for (const state of this.#states.of(conversationId)) state.typingUsers.set(userId, push.typing);
    if (!isOwn) this.#events.emit('activity', { userId, conversationId });
  }

  /** Takes a changed message. Its copies may arrive in any order. */
  changed(message: Message, change?: MessageChange): void {
    const { conversationId } = message;
    for (const state of this.#states.of(conversationId)) {
      if (!state.learn(message)) continue;
      state.events.emit('changed', { change, message: state.show(message) });
      // The list shows its last message as it is now.
      this.#list.changed(message);
    }
  }

  gap(conversationId: string, gap: Gap): void {
    for (const state of this.#states.of(conversationId)) {
      const others = state.gaps.filter(({ from }) => from !== gap.from);
      state.gaps = gap.state === 'open' ? [...others, gap].sort((a, b) => a.from - b.from) : others;
      state.events.emit('gap', gap);
    }
  }

  /** Whether this message makes this user a member. */
  isJoining(message: Message): boolean {
    return hasHappenedTo(this.#identity.userId, message, 'joined', 'created');
  }

  /** Moves a user's read cursor. Others' cursors never move back: pushes can arrive out of order. */
  read(conversationId: string, userId: string, seq: number): void {
    const isOwn = userId === this.#identity.userId;
    for (const state of this.#states.of(conversationId)) {
      if (!isOwn && seq <= (state.reads.get(userId) ?? 0)) continue;
      if (!isOwn) state.reads.set(userId, seq);
      state.events.emit('read', { userId, seq });
    }
    this.#list.read(conversationId, isOwn ? seq : 0);
  }
}
