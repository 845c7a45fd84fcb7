import * as z from 'zod/mini';
import { messageRequestSchema } from './frames.ts';
import { DEVICE_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';

/** What the account's other services tell the chat, as JSON in the service queue. Unknown fields are ignored. */

const userId = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));

/** Ends the user's sessions, or the one of a device. */
const userLoggedOutSchema = lazySchema(() =>
  z.object({
    type: z.literal('user.loggedOut'),
    userId: userId(),
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'is not a device id'))),
  }),
);

/** Sends as any user, `system` too, with the guarantees of a client's `sendMessage`. */
const messageSendSchema = lazySchema(() =>
  z.intersection(z.object({ type: z.literal('message.send'), from: userId() }), messageRequestSchema()),
);

export const serviceEventSchema = lazySchema(() => z.union([userLoggedOutSchema(), messageSendSchema()]));

export type ServiceEvent = z.infer<ReturnType<typeof serviceEventSchema>>;
