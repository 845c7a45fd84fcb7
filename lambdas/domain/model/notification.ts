import * as z from 'zod/mini';
import { lazySchema } from '../../../protocol/lazy-schema.ts';
import type { PushPayload } from '../../../protocol/notifications.ts';
import type { PushTarget } from './push-registration.ts';
import { referenceSchema } from './reference.ts';

/** A job in the queue of notifications: tell a user of a message, unless the user has seen it meanwhile (IM-NOTIFY-2). */
export const notificationSchema = lazySchema(() =>
  z.object({
    userId: z.string(),
    reference: referenceSchema(),
    /** Connections in front that may not have the message: they don't count as having seen it. */
    missed: z.readonly(z.array(z.string())),
    /** Only these devices: the others have it. @default - all */
    devices: z.optional(z.readonly(z.array(z.string()))),
    /** Previous attempts. */
    round: z.int(),
  }),
);

export type Notification = z.infer<ReturnType<typeof notificationSchema>>;

export interface NotificationQueue {
  /** Resolves when all are durable, after a second or two at most. @throws {UnavailableError} some may not be */
  enqueue(notifications: readonly Notification[], delaySeconds: number): Promise<void>;
}

/**
 * What a push service did. `gone`: the target is no more. `refused`: it will not take this one, and another attempt is no use. `later`: it
 * may take it then.
 */
export type PushResult = 'took' | 'gone' | 'refused' | { readonly afterSeconds: number };

/** What a service gets to send. */
export interface PushMessage {
  readonly payload: PushPayload;
  /** The same for all notifications of a conversation: a later one replaces an earlier one. At most 32 characters of base64url. */
  readonly topic: string;
  readonly ttlSeconds: number;
}

export interface PushSender {
  /**
   * Never throws, and takes some seconds at most.
   * @param onEndpoint is told the ARN of a platform endpoint that was made
   */
  send(
    target: PushTarget,
    message: PushMessage,
    onEndpoint: (arn: string) => Promise<void>,
  ): Promise<PushResult>;
}
