/** A conversation, named by its id or, if it is a direct one, by the other user. */
export type Target = { readonly to: string } | { readonly conversationId: string };
