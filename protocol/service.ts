import * as z from 'zod/mini';
import { editMessageSchema, messageRequestSchema, messageTargetSchema } from './frames.ts';
import { DEVICE_ID, SENDER_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';

/** The events that other services of the account send (docs/protocol.md, section 8). Unknown fields are ignored. */

/** Invokes the function `log-out`: ends all sessions of the user, or the session of one device. */
export const logOutSchema = lazySchema(() =>
  z.object({
    userId: z.string().check(z.regex(USER_ID, 'is not a user id')),
    deviceId: z.optional(z.string().check(z.regex(DEVICE_ID, 'is not a device id'))),
  }),
);

/** Invokes the function `replay-events`: publishes the events of a conversation again (IM-EVENT-6). */
export const replaySchema = lazySchema(() =>
  z.object({
    conversationId: z.string(),
    /** The seq of the first message. */
    fromSeq: z._default(z.int().check(z.minimum(1)), 1),
    /** The seq of the last one. @default - all */
    toSeq: z.optional(z.int().check(z.minimum(1))),
  }),
);

export type ReplayRequest = z.infer<ReturnType<typeof replaySchema>>;

/** Of one invocation. */
export interface ReplayAnswer {
  readonly messages: number;
  readonly events: number;
  /** Where to go on. Missing at the end. */
  readonly nextSeq?: number;
}

const sender = lazySchema(() => z.string().check(z.regex(SENDER_ID, 'is not a user id')));

const sendEvent = lazySchema(() =>
  z.intersection(z.object({ type: z.literal('message.send'), from: sender() }), messageRequestSchema()),
);
const editEvent = lazySchema(() =>
  z.intersection(z.object({ type: z.literal('message.edit'), from: sender() }), editMessageSchema()),
);
const recallEvent = lazySchema(() =>
  z.intersection(z.object({ type: z.literal('message.recall'), from: sender() }), messageTargetSchema()),
);

const user = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));

const bannedEvent = lazySchema(() =>
  z.object({
    type: z.literal('user.banned'),
    userId: user(),
    /** Epoch milliseconds. @default - until the ban is lifted */
    until: z.optional(z.int().check(z.minimum(0))),
    /** For the operator. No user sees it. */
    reason: z.optional(z.string().check(z.maxLength(LIMITS.banReasonChars))),
  }),
);
const unbannedEvent = lazySchema(() => z.object({ type: z.literal('user.unbanned'), userId: user() }));

export type UserBannedEvent = z.infer<ReturnType<typeof bannedEvent>>;
export type UserUnbannedEvent = z.infer<ReturnType<typeof unbannedEvent>>;

/**
 * An event in the service queue, as JSON. Sends, edits, or recalls a message as any user, or as `system`, with the
 * guarantees and the rights of a client, but at any time; or bans a user, and lifts a ban (IM-BAN-1).
 */
export const serviceEventSchema = lazySchema(() =>
  z.union([sendEvent(), editEvent(), recallEvent(), bannedEvent(), unbannedEvent()]),
);

export type ServiceEvent = z.infer<ReturnType<typeof serviceEventSchema>>;
