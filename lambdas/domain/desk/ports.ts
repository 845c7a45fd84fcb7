import type { DeliveryPorts } from '../delivery/deliver.ts';
import type { OutboxPorts } from '../delivery/outbox.ts';
import type { DeskReader, DeskWriter } from '../model/chat.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { DeskEvents } from '../model/desk-event.ts';

/** The ports for changes of a support chat: a transaction, a message, and notifications. */
export interface DeskPorts extends DeliveryPorts, OutboxPorts {
  readonly desk: DeskReader;
  readonly deskWriter: DeskWriter;
  readonly deskEvents: DeskEvents;
  readonly conversations: ConversationReader;
}

/** The `by` of changes made by the desk itself. No user id contains a colon. */
export const DESK = 'im:desk';
