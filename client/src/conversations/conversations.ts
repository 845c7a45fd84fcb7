import type { Target } from '../model/target.ts';
import { Conversation, type ConversationPorts } from './conversation.ts';
import type { ConversationState } from './conversation-state.ts';
import type { ConversationStates } from './conversation-states.ts';

/** The conversations that the program has opened, one object each. */
export class Conversations {
  readonly #states: Pick<ConversationStates, 'open'>;
  readonly #ports: ConversationPorts;
  readonly #opened = new Map<ConversationState, Conversation>();

  constructor(states: Pick<ConversationStates, 'open'>, ports: ConversationPorts) {
    this.#states = states;
    this.#ports = ports;
  }

  open(target: Target): Conversation {
    const state = this.#states.open(target);
    const conversation = this.#opened.get(state) ?? new Conversation(state, this.#ports);
    this.#opened.set(state, conversation);
    return conversation;
  }
}
