import type { DeliveryPorts } from '../delivery/deliver.ts';
import type { DeskReader, DeskWriter, NotificationOutbox } from '../model/chat.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import type { MessageReader } from '../model/message.ts';

/** The ports for changes of a support chat: a transaction, a message, and notifications. */
export interface DeskPorts extends DeliveryPorts {
  readonly desk: DeskReader;
  readonly deskWriter: DeskWriter;
  readonly outbox: NotificationOutbox;
  readonly deskEvents: DeskEvents;
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
}

/** The `by` of changes made by the desk itself. No user id contains a colon. */
export const DESK = 'im:desk';
