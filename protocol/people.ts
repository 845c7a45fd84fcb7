import * as z from 'zod/mini';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';
import { personName } from './names.ts';

/** The routes of the HTTP API about people (docs/protocol.md, section 16): their bodies and queries. */
export const PEOPLE_HTTP_ROUTES = ['PUT /profile'] as const;

/** An https URL without credentials: whoever shows the picture sends the URL to its host. */
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
    url.protocol === 'https:' &&
    url.username + url.password === '' &&
    !/[\s\p{Cc}\\]/u.test(value) &&
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
