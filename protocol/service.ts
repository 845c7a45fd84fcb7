import * as z from 'zod/mini';
import { messageRequestSchema } from './frames.ts';
import { DEVICE_ID, SENDER_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';

/** The events that other services of the account put into the service queue, as JSON. Unknown fields are ignored. */

/** Ends all sessions of the user, or the session of one device. */
const userLoggedOutSchema = lazySchema(() =>
  z.object({
    type: z.literal('user.loggedOut'),
    userId: z.string().check(z.regex(USER_ID, 'is not a user id')),
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'is not a device id'))),
  }),
);

/** Sends a message as any user, including `system`, with the guarantees of a client's `sendMessage`. */
const messageSendSchema = lazySchema(() =>
  z.intersection(
    z.object({
      type: z.literal('message.send'),
      from: z.string().check(z.regex(SENDER_ID, 'is not a user id')),
    }),
    messageRequestSchema(),
  ),
);

export const serviceEventSchema = lazySchema(() => z.union([userLoggedOutSchema(), messageSendSchema()]));

export type ServiceEvent = z.infer<ReturnType<typeof serviceEventSchema>>;
