import * as z from 'zod/mini';
import { messageRequestSchema } from './frames.ts';
import { DEVICE_ID, SENDER_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';

/** What other services of the account send (docs/protocol.md, section 8). Unknown fields are ignored. */

/** Invokes the function `log-out`: ends all sessions of the user, or the session of one device. */
export const logOutSchema = lazySchema(() =>
  z.object({
    userId: z.string().check(z.regex(USER_ID, 'is not a user id')),
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'is not a device id'))),
  }),
);

/**
 * An event in the service queue, as JSON. Sends a message as any user, or as `system`, with the guarantees of a client's
 * `sendMessage`.
 */
export const serviceEventSchema = lazySchema(() =>
  z.intersection(
    z.object({
      type: z.literal('message.send'),
      from: z.string().check(z.regex(SENDER_ID, 'is not a user id')),
    }),
    messageRequestSchema(),
  ),
);

export type ServiceEvent = z.infer<ReturnType<typeof serviceEventSchema>>;
