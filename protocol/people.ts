import * as z from 'zod/mini';
import { parseConversationId, USER_ID } from './ids.ts';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';
import { personName } from './names.ts';

/** The routes of the HTTP API about people (docs/protocol.md, section 16): their bodies and queries. */
export const PEOPLE_HTTP_ROUTES = [
  'PUT /profile',
  'GET /profiles',
  'PUT /contacts/{userId}',
  'DELETE /contacts/{userId}',
  'GET /contacts',
  'PATCH /conversations/{conversationId}',
  'PUT /blocks/{userId}',
  'DELETE /blocks/{userId}',
  'GET /blocks',
  'POST /reports',
] as const;

/** The user in a path. */
export const personPath = lazySchema(() => z.object({ userId: userId() }));

const userId = lazySchema(() => z.string().check(z.regex(USER_ID, 'is not a user id')));

/** An https URL without credentials, since showing the picture sends the URL to its host. */
const avatarUrl = lazySchema(() =>
  z
    .string()
    .check(
      z.refine(
        (value) => value.length <= LIMITS.avatarChars && isPlainHttps(value),
        `must be an https URL of at most ${LIMITS.avatarChars} characters, without spaces and credentials`,
      ),
    ),
);

function isPlainHttps(value: string): boolean {
  const url = URL.parse(value);
  // A URL's parser ignores white space and control characters, and takes backslashes for slashes.
  return (
    url !== null &&
    // A page takes "https:a" for a path of its own host.
    /^https:\/\/[^/]/i.test(value) &&
    url.username + url.password === '' &&
    !/[\s\p{Cc}\\"<>]/u.test(value) &&
    value.isWellFormed()
  );
}

const jsonObject = lazySchema(() => z.record(z.string(), z.unknown()));

/** `PUT /profile` replaces the whole profile. */
export const profileSchema = lazySchema(() =>
  z.object({
    name: z.optional(personName()),
    avatar: z.optional(avatarUrl()),
    custom: z.optional(jsonObject()),
  }),
);

/** A user's profile (IM-PROFILE). */
export interface Profile {
  readonly userId: string;
  /** 1 to 64 characters. Missing if the user has set none; so are the other fields. */
  readonly name?: string;
  /** The https URL of a picture. */
  readonly avatar?: string;
  /** The app's own data: a JSON object of at most 1 KB. */
  readonly custom?: Readonly<Record<string, unknown>>;
  /** 1 at first. Grows with each change. */
  readonly version: number;
}

/** `GET /profiles`: user ids, separated by commas, which no user id contains. */
export const profilesQuerySchema = lazySchema(() =>
  z.object({
    userIds: z.string().check(
      z.refine((text) => {
        const ids = text.split(',');
        return ids.length <= LIMITS.profilesPerRequest && ids.every((id) => USER_ID.test(id));
      }, `must be 1 to ${LIMITS.profilesPerRequest} user ids, separated by commas`),
    ),
  }),
);

/** Profiles, in the order in which the request named their users. Users without a profile are left out. */
export interface ProfilesBody {
  readonly profiles: readonly Profile[];
}

/** `PUT /contacts/{userId}` replaces the whole contact. */
export const contactSchema = lazySchema(() =>
  z.object({ alias: z.optional(personName()), favorite: z.optional(z.boolean()) }),
);

/** An entry of a user's own list of contacts (IM-CONTACT). */
export interface Contact {
  readonly userId: string;
  /** The name that the user gave this person: 1 to 64 characters. Only this user sees it. */
  readonly alias?: string;
  /** Missing if the person is no favorite. */
  readonly favorite?: true;
}

/** A page of a user's contacts. */
export interface ContactsBody {
  /** Ordered by user id. */
  readonly contacts: readonly Contact[];
  readonly cursor: string | null;
}

/** `PATCH /conversations/{conversationId}`: settings that it doesn't name stay. */
export const settingsSchema = lazySchema(() =>
  z
    .object({
      /** Epoch milliseconds: until then. */
      muted: z.optional(z.union([z.boolean(), z.int().check(z.minimum(0))])),
      archived: z.optional(z.boolean()),
      pinned: z.optional(z.boolean()),
      notify: z.optional(z.enum(['all', 'mentions', 'none'])),
    })
    .check(
      z.refine((change) => Object.values(change).some((value) => value !== undefined), {
        path: ['muted'],
        message: 'muted, archived, pinned, or notify is required',
      }),
    ),
);

export type SettingsChange = z.infer<ReturnType<typeof settingsSchema>>;

/** A user's own settings of a conversation (IM-SETTINGS). Those that have their defaults are missing. */
export interface ConversationSettings {
  /** Whether no message notifies the user: `true`, or until then, in epoch milliseconds. */
  readonly muted?: true | number;
  /** Whether it is out of the way, until a new message comes. */
  readonly archived?: true;
  /** Whether it stays on top of the list. */
  readonly pinned?: true;
  /** The messages that notify the user. Missing: all. */
  readonly notify?: 'mentions' | 'none';
}

/** A conversation's settings after a change. */
export interface SettingsBody {
  readonly conversationId: string;
  readonly settings: ConversationSettings;
}

/** `POST /reports` (IM-REPORT). */
export const reportSchema = lazySchema(() =>
  z.object({
    conversationId: z
      .string()
      .check(z.refine((value) => parseConversationId(value) !== undefined, 'is not a conversation id')),
    seq: z.int().check(z.minimum(1)),
    reason: z.string().check(
      z.minLength(1),
      z.maxLength(LIMITS.reportReasonChars),
      z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
    ),
  }),
);

/** A page of the users whom the user has blocked (IM-BLOCK). */
export interface BlocksBody {
  /** Ordered by user id. `at`: when, epoch milliseconds. */
  readonly blocks: readonly { readonly userId: string; readonly at: number }[];
  readonly cursor: string | null;
}
