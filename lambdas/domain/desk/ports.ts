import type { DeliveryPorts } from '../delivery/deliver.ts';
import type { DeskReader, DeskWriter, NotificationOutbox } from '../model/chat.ts';
import type { ConversationReader } from '../model/conversation.ts';
import type { DeskEvents } from '../model/desk-event.ts';
import type { MessageReader } from '../model/message.ts';

/** What a change of a support chat needs: it is a transaction, a message, and notifications. */
export interface DeskPorts extends DeliveryPorts {
  readonly desk: DeskReader;
  readonly deskWriter: DeskWriter;
  readonly outbox: NotificationOutbox;
  readonly deskEvents: DeskEvents;
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
}

/** The `by` of what the desk does by itself: no user id has a colon. */
export const DESK = 'im:desk';
