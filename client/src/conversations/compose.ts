import type { ClientEvents } from '../model/events.ts';
import type { ChatMessage } from '../model/message.ts';
import type { OutboxJournal } from '../outbox/outbox-journal.ts';
import { type Draft, OutgoingMessage } from '../outbox/outgoing-message.ts';
import type { Emitter } from '../support/emitter.ts';
import type { ConversationState } from './conversation-state.ts';
import type { ConversationStates } from './conversation-states.ts';

export interface ComposePorts {
  readonly states: Pick<ConversationStates, 'emit' | 'of'>;
  readonly events: Emitter<ClientEvents>;
  readonly journal: Pick<OutboxJournal, 'afterRestored' | 'restore'> | undefined;
}

/** Creates a message and emits it, and later each change of its state. The outbox sends it. */
export function compose(ports: ComposePorts, conversation: ConversationState, draft: Draft): OutgoingMessage {
  const message = new OutgoingMessage(
    conversation,
    draft,
    (changed) => emitOwn(ports, conversation, 'state', changed),
    (changed) => emitOwn(ports, conversation, 'upload', changed),
  );
  emitOwn(ports, conversation, 'message', message);
  return message;
}

/** Emits an event about a message of this client, after the events about messages of earlier runs. */
export function emitOwn(
  { states, events, journal }: ComposePorts,
  conversation: ConversationState,
  name: 'message' | 'state' | 'upload' | 'discarded',
  message: ChatMessage,
): void {
  const emit = (): void => {
    states.emit(conversation, name, message);
    if (name === 'message') events.emit(name, message);
  };
  if (journal === undefined) emit();
  else journal.afterRestored(emit);
}
