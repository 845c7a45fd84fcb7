import * as z from 'zod/mini';
import { liveContentSchema } from './content.ts';
import { createGroupSchema } from './http.ts';
import { ATTACHMENT_ID, CLIENT_ID, parseConversationId, SENDER_ID, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';
import { profileSchema } from './people.ts';

/*
 * The lines of an import (docs/protocol.md, section 25). What a schema does not know is dropped, so that a line of an export or
 * of the archive can be imported as it is.
 */

/** Limits of an import. */
export const IMPORT_LIMITS = {
  fileBytes: 1024 * 1024 * 1024,
  lineBytes: 128 * 1024,
  /** The highest seq: each 150,000 are a volume that an erasure has to look into. */
  seq: 100_000_000,
  /** The refused lines that the report names. */
  refusals: 1_000,
} as const;

const userId = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));
const senderId = lazySchema(() => z.string().check(z.regex(SENDER_ID, 'is not a user id')));
const seq = lazySchema(() => z.int().check(z.minimum(1), z.maximum(IMPORT_LIMITS.seq)));
const atMs = lazySchema(() => z.int().check(z.minimum(1)));

const conversationId = lazySchema(() =>
  z.string().check(
    z.refine((id) => {
      const conversation = parseConversationId(id);
      if (conversation?.kind === 'direct') return conversation.users[0] < conversation.users[1];
      return conversation?.kind === 'group';
    }, 'must be the id of a group, or of a direct conversation with its users in order'),
  ),
);

/** A user's profile. */
const userLine = lazySchema(() => z.extend(profileSchema(), { kind: z.literal('user'), userId: userId() }));

/** The first line of a conversation. */
const conversationLine = lazySchema(() =>
  z.object({
    kind: z.literal('conversation'),
    conversationId: conversationId(),
    /** The head of the conversation: no message of it is above, and the next one that somebody sends is. */
    lastSeq: seq(),
    /** Of a group: as `POST /groups` has it, and 1 to 20 admins. */
    group: z.optional(
      z.extend(z.omit(createGroupSchema(), { members: true }), {
        admins: z.array(userId()).check(z.minLength(1), z.maxLength(20)),
      }),
    ),
    /** How far users have read, by user id. @default - to the end */
    readSeqs: z.optional(z.record(z.string(), z.int().check(z.minimum(0)))),
  }),
);

/** A member of the group that the last line of a conversation has begun. */
const memberLine = lazySchema(() =>
  z.object({
    kind: z.literal('member'),
    conversationId: conversationId(),
    userId: userId(),
    /** With a closed history, the first seq that the member may see. */
    joinedSeq: z._default(seq(), 1),
    /** @default - to the end */
    readSeq: z.optional(z.int().check(z.minimum(0))),
  }),
);

/** What an import takes beside what a client sends. Files are not among it. */
const importedContent = lazySchema(() =>
  z.discriminatedUnion('type', [
    liveContentSchema(),
    z.object({ type: z.literal('recalled'), by: senderId(), at: atMs() }),
    z.object({ type: z.literal('erased') }),
    z.object({
      type: z.literal('system'),
      event: z.enum([
        'created',
        'joined',
        'left',
        'removed',
        'renamed',
        'admins',
        'pins',
        'posting',
        'slowMode',
      ]),
      users: z.optional(z.array(senderId()).check(z.maxLength(LIMITS.membersPerRequest))),
      name: z.optional(z.string().check(z.maxLength(LIMITS.groupNameChars))),
      by: senderId(),
    }),
  ]),
);

/** A message, as history has it. */
const messageLine = lazySchema(() =>
  z.object({
    kind: z.literal('message'),
    conversationId: conversationId(),
    seq: seq(),
    from: senderId(),
    sentAt: atMs(),
    content: importedContent(),
    /** @default - made of what the message is, the same each time */
    messageId: z.optional(z.string().check(z.regex(ATTACHMENT_ID, 'is not a ULID'))),
    /** @default - the messageId */
    clientMsgId: z.optional(z.string().check(z.regex(CLIENT_ID, 'is not a message id of a client'))),
    replyTo: z.optional(seq()),
    mentions: z.optional(
      z.union([z.literal('all'), z.array(userId()).check(z.minLength(1), z.maxLength(LIMITS.mentions))]),
    ),
    rev: z.optional(z.int().check(z.minimum(0))),
    editedAt: z.optional(atMs()),
  }),
);

/** A line of an import. One without a `kind` is a message, as in the archive. */
export const importLineSchema = lazySchema(() =>
  z.discriminatedUnion('kind', [userLine(), conversationLine(), memberLine(), messageLine()]),
);

export type ImportLine = z.infer<ReturnType<typeof importLineSchema>>;
export type ConversationLine = Extract<ImportLine, { readonly kind: 'conversation' }>;
export type MemberLine = Extract<ImportLine, { readonly kind: 'member' }>;
export type UserLine = Extract<ImportLine, { readonly kind: 'user' }>;
export type MessageLine = Extract<ImportLine, { readonly kind: 'message' }>;

/** `POST /admin/imports` */
export const newImportSchema = lazySchema(() =>
  z.object({
    /** Of the file, in bytes, exact. */
    size: z.int().check(z.minimum(1), z.maximum(IMPORT_LIMITS.fileBytes)),
  }),
);

/** The import in a path. */
export const importPath = lazySchema(() =>
  z.object({ importId: z.string().check(z.regex(ATTACHMENT_ID, 'is not an import id')) }),
);

/** `POST /admin/imports/{importId}/tasks`. The body may be missing. */
export const startImportSchema = lazySchema(() =>
  z.object({
    /** Says what would be refused, and writes nothing. */
    dryRun: z._default(z.boolean(), false),
  }),
);

/** The answer to `POST /admin/imports`: a form that uploads the file. */
export interface NewImportBody {
  readonly importId: string;
  /** The fields in their order, then `file`. */
  readonly upload: { readonly url: string; readonly fields: Readonly<Record<string, string>> };
  /** Until when the upload can begin, epoch milliseconds. */
  readonly expiresAt: number;
}
