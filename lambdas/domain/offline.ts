import * as z from 'zod/mini';
import type { Message } from '../../protocol/frames.ts';
import type { MessageKey, StoredMessage } from './message.ts';
import { toMessage } from './message.ts';

/** A message as the queue and the inbox name it: never its content, so that a recall reaches it. */
export interface Reference extends MessageKey {
  readonly seq: number;
  readonly messageId: string;
  readonly sentAt: number;
  /** Of the message as JSON: how many fit a page is known before they are read. */
  readonly bytes: number;
}

export function referenceTo(stored: StoredMessage): Reference {
  const { conversationId, from, clientMsgId, seq, messageId, sentAt } = stored;
  return { conversationId, from, clientMsgId, seq, messageId, sentAt, bytes: jsonBytes(toMessage(stored)) };
}

export function jsonBytes(message: Message): number {
  return Buffer.byteLength(JSON.stringify(message));
}

export const referenceSchema = z.object({
  conversationId: z.string(),
  from: z.string(),
  clientMsgId: z.string(),
  seq: z.int(),
  messageId: z.string(),
  sentAt: z.int(),
  bytes: z.int(),
});
const toConnection = { userId: z.string(), deviceId: z.string(), connectionId: z.string(), round: z.int() };

/**
 * What the offline queue carries.
 * `store`: nobody took it; keep it in the user's inbox, then look again who is there.
 * `keep`: another session took it; keep it in the inbox all the same, for one that looks there.
 * `post`: another device took it, but whether this connection did is unknown.
 * `drain`: a plain session has an inbox; push it.
 * `round` counts the attempts so far.
 */
export const jobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('store'), userId: z.string(), reference: referenceSchema, round: z.int() }),
  z.object({ kind: z.literal('keep'), userId: z.string(), reference: referenceSchema, round: z.int() }),
  z.object({ kind: z.literal('post'), ...toConnection, reference: referenceSchema }),
  z.object({ kind: z.literal('drain'), ...toConnection }),
]);

export type OfflineJob = z.infer<typeof jobSchema>;

export interface DelayedJob {
  readonly job: OfflineJob;
  /** 0 to 900 */
  readonly delaySeconds: number;
}

export interface OfflineQueue {
  /** Durable when it resolves. @throws {UnavailableError} if any of them isn't */
  enqueue(jobs: readonly DelayedJob[]): Promise<void>;
}
