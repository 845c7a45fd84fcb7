import * as z from 'zod/mini';
import { lazySchema } from './lazy-schema.ts';
import { LIMITS } from './limits.ts';

/** What would break the line, or turn the direction of the text after the name. The marks that only hint at a direction may stay. */
export const DISRUPTIVE = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;
export const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** A person's name or alias (IM-PROFILE-1). Trimmed, and in NFC, so that equal names are equal texts. */
export const personName = lazySchema(() =>
  z.string().check(
    z.trim(),
    z.normalize('NFC'),
    z.refine(
      (name) => [...name].length <= LIMITS.personNameChars,
      `must have at most ${LIMITS.personNameChars} characters`,
    ),
    z.refine((name) => VISIBLE.test(name), 'must have a visible character'),
    z.refine((name) => name.isWellFormed(), 'must not have lone surrogates'),
    z.refine(
      (name) => !DISRUPTIVE.test(name),
      'must not have line breaks, control characters, or characters that turn the direction of text',
    ),
  ),
);
