import * as z from 'zod/mini';
import { DEVICE_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';

/** Routes of a deployment with notifications (docs/protocol.md, section 24). */
export const NOTIFICATION_HTTP_ROUTES = [
  'GET /push',
  'PUT /devices/{deviceId}/push',
  'DELETE /devices/{deviceId}/push',
] as const;

/** The device in a path. */
export const devicePath = lazySchema(() =>
  z.object({ deviceId: z.string().check(z.regex(DEVICE_ID, 'must be 1 to 64 of A-Z a-z 0-9 _ . -')) }),
);

/** Bytes in base64url, without padding. */
const base64Url = (bytes: number) => {
  const length = Math.ceil((bytes * 8) / 6);
  return z
    .string()
    .check(z.regex(new RegExp(`^[A-Za-z0-9_-]{${length}}$`), `must be ${bytes} bytes in base64url`));
};

/** A point on the curve P-256, uncompressed, and a secret (RFC 8291, section 3). */
const KEY_BYTES = { p256dh: 65, auth: 16 };

const webPush = lazySchema(() =>
  z.object({
    provider: z.literal('webpush'),
    /** `PushSubscription.toJSON()` of a browser. */
    subscription: z.object({
      endpoint: z.string().check(z.maxLength(LIMITS.pushEndpointChars)),
      keys: z.object({ p256dh: base64Url(KEY_BYTES.p256dh), auth: base64Url(KEY_BYTES.auth) }),
    }),
  }),
);

/** 32 bytes or more in hexadecimal: Apple says not to rely on a length. */
const apns = lazySchema(() =>
  z.object({
    provider: z.literal('apns'),
    token: z
      .string()
      .check(
        z.regex(
          new RegExp(`^[0-9A-Fa-f]{64,${LIMITS.apnsTokenChars}}$`),
          `must be 64 to ${LIMITS.apnsTokenChars} hexadecimal digits`,
        ),
      ),
  }),
);

const fcm = lazySchema(() =>
  z.object({
    provider: z.literal('fcm'),
    token: z
      .string()
      .check(
        z.regex(
          new RegExp(`^[A-Za-z0-9_:.-]{32,${LIMITS.fcmTokenChars}}$`),
          `must be 32 to ${LIMITS.fcmTokenChars} of A-Z a-z 0-9 _ : . -`,
        ),
      ),
  }),
);

/** `PUT /devices/{deviceId}/push`: where the notifications of a device go (IM-NOTIFY-1). */
export const pushRegistrationSchema = lazySchema(() =>
  z.discriminatedUnion('provider', [webPush(), apns(), fcm()]),
);

export type PushRegistration = z.infer<ReturnType<typeof pushRegistrationSchema>>;
export type PushProvider = PushRegistration['provider'];

/** `GET /push`: what a device may register for. */
export interface PushBody {
  /** Missing: browsers can't. `publicKey` is the `applicationServerKey` of a subscription, in base64url. */
  readonly webpush?: { readonly publicKey: string };
  /** Whether tokens of iOS apps are taken. */
  readonly apns: boolean;
  /** Whether tokens of Android apps are taken. */
  readonly fcm: boolean;
}

/** What a notification says (IM-NOTIFY-3). */
export interface PushPayload {
  readonly conversationId: string;
  readonly seq: number;
  readonly messageId: string;
  /** The sender's name, or the group's. Missing: the deployment tells push services no names. */
  readonly title?: string;
  /** The text or a part of it, with the sender's name before it in a group. */
  readonly body?: string;
}
