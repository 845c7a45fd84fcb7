import * as z from 'zod/mini';
import type { Message } from '../../../protocol/frames.ts';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import { type MessageKey, type StoredMessage, toMessage } from './message.ts';

/** How queues and inbox refer to a message. Without its content, so that a recall applies to it. */
export interface Reference extends MessageKey {
  readonly seq: number;
  readonly messageId: string;
  readonly sentAt: number;
  /** Size of the message as JSON: shows how many messages fit a page before they are read. */
  readonly bytes: number;
}

export function referenceTo(stored: StoredMessage): Reference {
  const { conversationId, from, clientMsgId, seq, messageId, sentAt } = stored;
  return { conversationId, from, clientMsgId, seq, messageId, sentAt, bytes: jsonBytes(toMessage(stored)) };
}

export function jsonBytes(message: Message): number {
  return Buffer.byteLength(JSON.stringify(message));
}

export const referenceSchema = lazySchema(() =>
  z.object({
    conversationId: z.string(),
    from: z.string(),
    clientMsgId: z.string(),
    seq: z.int(),
    messageId: z.string(),
    sentAt: z.int(),
    bytes: z.int(),
  }),
);
