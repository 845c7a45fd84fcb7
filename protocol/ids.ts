/** Identifiers of the contract (section 1) and the conversation ids that are made of them. */

export const USER_ID = /^[A-Za-z0-9_.@|+=-]{1,64}$/;
export const DEVICE_ID = /^[A-Za-z0-9_.-]{1,64}$/;
/** `clientMsgId` and frame `id`. */
export const CLIENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const ULID_TEXT = '[0-7][0-9A-HJKMNP-TV-Z]{25}';
const GROUP_ID = new RegExp(`^g:${ULID_TEXT}$`);
const SUPPORT_ID = new RegExp(`^cs:${ULID_TEXT}$`);

export type ConversationId =
  | { readonly kind: 'direct'; readonly id: string; readonly users: readonly [string, string] }
  | { readonly kind: 'group'; readonly id: string }
  | { readonly kind: 'support'; readonly id: string };

/** The id of the direct conversation of two different users: code-unit order, whoever asks. */
export function directConversationId(a: string, b: string): string {
  return a < b ? `dm:${a}:${b}` : `dm:${b}:${a}`;
}

/**
 * Parses a conversation id, or returns `undefined` if it is malformed (which is `invalid_request`). A direct id in
 * wrong order is well formed but names no conversation: `users` keep the given order, and the caller answers
 * `not_found` (`namesConversationOf`).
 */
export function parseConversationId(id: string): ConversationId | undefined {
  if (GROUP_ID.test(id)) return { kind: 'group', id };
  if (SUPPORT_ID.test(id)) return { kind: 'support', id };
  const [prefix, a, b, ...rest] = id.split(':');
  if (prefix !== 'dm' || a === undefined || b === undefined || rest.length > 0) return undefined;
  if (!USER_ID.test(a) || !USER_ID.test(b) || a === b) return undefined;
  return { kind: 'direct', id, users: [a, b] };
}

/** The other user of a direct conversation, or `undefined` if the id isn't one of this user's, in the right order. */
export function peerOf(conversation: ConversationId, userId: string): string | undefined {
  if (conversation.kind !== 'direct') return undefined;
  const [a, b] = conversation.users;
  if (a >= b) return undefined;
  if (a === userId) return b;
  return b === userId ? a : undefined;
}
