import * as z from 'zod/mini';
import { exactlyOneTarget, target } from './frames.ts';
import { ATTACHMENT_ID, parseConversationId } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';
import { DISRUPTIVE, VISIBLE } from './names.ts';

/** Routes of a deployment with attachments (docs/protocol.md, section 23). */
export const ATTACHMENT_HTTP_ROUTES = [
  'POST /attachments',
  'GET /conversations/{conversationId}/messages/{seq}/attachments',
] as const;

/** Those of the admin API. */
export const ATTACHMENT_ADMIN_ROUTES = [
  'DELETE /admin/conversations/{conversationId}/messages/{seq}/attachments/{attachmentId}',
] as const;

/** The name of a file: trimmed, and in NFC. Slashes would be folders to who saves it. */
const fileName = lazySchema(() =>
  z.string().check(
    z.trim(),
    z.normalize('NFC'),
    z.refine((name) => VISIBLE.test(name), 'must have a visible character'),
    z.refine(
      (name) => new TextEncoder().encode(name).length <= LIMITS.attachmentNameBytes,
      `must have at most ${LIMITS.attachmentNameBytes} bytes`,
    ),
    z.refine((name) => name.isWellFormed(), 'must not have lone surrogates'),
    z.refine(
      (name) => !DISRUPTIVE.test(name) && !/[/\\]/.test(name),
      'must not have slashes, line breaks, control characters, or characters that turn the direction of text',
    ),
  ),
);

const TYPE_PART = '[a-z0-9][a-z0-9!#$&^_.+-]*';
const fileType = lazySchema(() =>
  z
    .string()
    .check(
      z.maxLength(LIMITS.attachmentTypeChars),
      z.regex(
        new RegExp(`^${TYPE_PART}/${TYPE_PART}$`),
        'must be a media type in lower case, without parameters',
      ),
    ),
);

const size = lazySchema(() => z.int().check(z.minimum(1)));
const pixels = lazySchema(() => z.int().check(z.minimum(1), z.maximum(MAX_PIXELS)));

const MAX_PIXELS = 100_000;
const MAX_DURATION_MS = 7 * 24 * 3_600_000;

/** A picture of the file, made by the client. */
export const thumbnailSchema = lazySchema(() =>
  z.object({
    size: z.int().check(z.minimum(1), z.maximum(LIMITS.thumbnailBytes)),
    type: z.enum(['image/webp', 'image/jpeg', 'image/png']),
    width: z.int().check(z.minimum(1), z.maximum(LIMITS.thumbnailPixels)),
    height: z.int().check(z.minimum(1), z.maximum(LIMITS.thumbnailPixels)),
  }),
);

/** `POST /attachments` (IM-FILE-1). */
export const attachmentRequestSchema = lazySchema(() =>
  z
    .object({
      ...target(),
      name: fileName(),
      /** In bytes, exact. */
      size: size(),
      type: fileType(),
      width: z.optional(pixels()),
      height: z.optional(pixels()),
      durationMs: z.optional(z.int().check(z.minimum(0), z.maximum(MAX_DURATION_MS))),
      thumbnail: z.optional(thumbnailSchema()),
    })
    .check(exactlyOneTarget()),
);

export type AttachmentRequest = z.infer<ReturnType<typeof attachmentRequestSchema>>;

/** A form for S3: the fields in this order, then the file in the field `file`, as multipart/form-data to `url`. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The answer to `POST /attachments`. */
export interface AttachmentBody {
  /** A ULID: what the message names. */
  readonly attachmentId: string;
  readonly upload: UploadForm;
  /** If the request has a thumbnail. */
  readonly thumbnailUpload?: UploadForm;
  /** When the forms end, epoch milliseconds. The file itself can be sent for a day. */
  readonly expiresAt: number;
}

/** Links to the files of a message. A link gives the file to anybody until `expiresAt`. */
export interface AttachmentLink {
  readonly attachmentId: string;
  readonly url: string;
  readonly thumbnailUrl?: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The answer to `GET …/attachments`, in the order of the message. Removed files are left out. */
export interface AttachmentsBody {
  readonly attachments: readonly AttachmentLink[];
}

/** The file in a path. */
export const attachmentPath = lazySchema(() =>
  z.object({
    conversationId: z
      .string()
      .check(z.refine((id) => parseConversationId(id) !== undefined, 'is not a conversation id')),
    seq: z.string().check(z.regex(/^[1-9][0-9]{0,14}$/, 'must be a whole number from 1')),
    attachmentId: z.string().check(z.regex(ATTACHMENT_ID, 'is not an attachment id')),
  }),
);
