import type { ChatMessage } from '../model/message.ts';
import type { Target } from '../model/target.ts';
import { ConversationState, type ConversationStatePorts } from './conversation-state.ts';

/**
 * The state of each conversation that the program opened or the server mentioned. A conversation has two states if it
 * was opened both by user and by id before this user's id was known; every change is applied to both.
 */
export class ConversationStates {
  readonly #ports: ConversationStatePorts;
  readonly #all: ConversationState[] = [];
  readonly #byId = new Map<string, readonly ConversationState[]>();

  constructor(ports: ConversationStatePorts) {
    this.#ports = ports;
  }

  open(target: Target): ConversationState {
    const made = new ConversationState(target, this.#ports);
    const known = this.#all.find((state) => isSame(state, made));
    if (known !== undefined) return known;
    this.#all.push(made);
    if (made.id === undefined) this.#byId.clear();
    return made;
  }

  /** The states of this conversation, at least one. */
  of(conversationId: string): readonly ConversationState[] {
    const known = this.#byId.get(conversationId);
    if (known !== undefined) return known;
    this.open({ conversationId });
    const states = this.#all.filter(({ id }) => id === conversationId);
    if (this.#all.every(({ id }) => id !== undefined)) this.#byId.set(conversationId, states);
    return states;
  }

  /** Notifies the listeners of a conversation, whichever of its states they subscribed to. */
  emit(
    state: ConversationState,
    name: 'message' | 'state' | 'upload' | 'discarded',
    message: ChatMessage,
  ): void {
    const states = state.id === undefined ? [state] : this.of(state.id);
    for (const { events } of states) events.emit(name, message);
  }

  clearTypingUsers(): void {
    for (const { typingUsers } of this.#all) typingUsers.clear();
  }
}

/** A direct conversation can be opened by user and by id. */
function isSame(a: ConversationState, b: ConversationState): boolean {
  if (a.id !== undefined || b.id !== undefined) return a.id === b.id;
  return 'to' in a.target && 'to' in b.target && a.target.to === b.target.to;
}
