import * as z from 'zod/mini';

/** At least one character that is not white space; any Unicode but lone surrogates (IM-SEND-8). */
const text = z.string().check(
  z.refine((value) => value.trim().length > 0, 'must have a character that is not white space'),
  z.refine((value) => value.isWellFormed(), 'must not have lone surrogates'),
);

/**
 * What a client may send (IM-SEND-8). Unknown fields are dropped; other types are refused. `data` is any JSON,
 * checked by `issuesOfJson` since its depth and strings need a walk that a schema can't bound.
 */
export const contentSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text }),
  z.object({
    type: z.literal('custom'),
    data: z.unknown().check(z.refine((value) => value !== undefined, 'is missing')),
    fallback: z.optional(
      z.string().check(z.refine((value) => value.isWellFormed(), 'must not have lone surrogates')),
    ),
  }),
]);

export type SentContent = z.infer<typeof contentSchema>;

/** Content as it is read: what was sent, or what the server put in its place. Clients ignore unknown types. */
export type Content = SentContent | { readonly type: 'recalled'; readonly by: string; readonly at: number };
