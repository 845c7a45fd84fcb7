import type { ClientEvents } from '../model/events.ts';
import { type Draft, OutgoingMessage } from '../outbox/outgoing-message.ts';
import type { Emitter } from '../support/emitter.ts';
import type { ConversationState } from './conversation-state.ts';
import type { ConversationStates } from './conversation-states.ts';

export interface ComposePorts {
  readonly states: Pick<ConversationStates, 'emit'>;
  readonly events: Emitter<ClientEvents>;
}

/** Creates a message and emits it, and later each change of its state. The outbox sends it. */
export function compose(
  { states, events }: ComposePorts,
  conversation: ConversationState,
  draft: Draft,
): OutgoingMessage {
  const message = new OutgoingMessage(conversation, draft, (changed) =>
    states.emit(conversation, 'state', changed),
  );
  states.emit(conversation, 'message', message);
  events.emit('message', message);
  return message;
}
