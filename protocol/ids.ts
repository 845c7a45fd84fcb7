/** Identifiers of the contract (docs/protocol.md, section 1), and conversation ids made of them. */

import { LIMITS } from './limits.ts';

/** Not `.` and `..`, which a URL's path loses, and not `system`: otherwise a user could write in its name. */
export const USER_ID = /^(?!(?:system|\.\.?)$)[A-Za-z0-9_.@|+=-]{1,64}$/;
/** The same in words. */
export const USER_ID_RULE = '1 to 64 letters, digits, and _ . @ | + = -; not “system”, “.”, or “..”';
/** Sends what comes from no user (docs/protocol.md, section 8). Nobody can write to it. */
export const SYSTEM = 'system';
/** A user id, or `system`. */
export const SENDER_ID = /^(?!\.\.?$)[A-Za-z0-9_.@|+=-]{1,64}$/;
export const DEVICE_ID = /^[A-Za-z0-9_.-]{1,64}$/;
/** `clientMsgId` and frame `id`. */
export const CLIENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const ULID_TEXT = '[0-7][0-9A-HJKMNP-TV-Z]{25}';
/** A ULID. */
export const ATTACHMENT_ID = new RegExp(`^${ULID_TEXT}$`);
const GROUP_ID = new RegExp(`^g:${ULID_TEXT}$`);
const SUPPORT_ID = new RegExp(`^cs:${ULID_TEXT}$`);

/** 1 to 32 bytes of UTF-8 in NFC, without white space, control characters, and those that turn the direction of text. */
export function isReactionName(name: string): boolean {
  return (
    name !== '' &&
    new TextEncoder().encode(name).length <= LIMITS.reactionNameBytes &&
    name.isWellFormed() &&
    name.normalize('NFC') === name &&
    !/[\s\p{Cc}\p{Bidi_Control}]/u.test(name)
  );
}

export type ConversationId =
  | { readonly kind: 'direct'; readonly id: string; readonly users: readonly [string, string] }
  | { readonly kind: 'group'; readonly id: string }
  | { readonly kind: 'support'; readonly id: string };

/**
 * Returns the id of the direct conversation of two different users. Users are in code-unit order, so both get the same
 * id.
 */
export function directConversationId(a: string, b: string): string {
  return a < b ? `dm:${a}:${b}` : `dm:${b}:${a}`;
}

/**
 * Parses a conversation id. Returns `undefined` if it is malformed, which is `invalid_request`. A direct id with its
 * users in the wrong order is well-formed but names no conversation: `users` keeps the given order, and `peerOf` returns
 * `undefined`, which is `not_found`.
 */
export function parseConversationId(id: string): ConversationId | undefined {
  if (GROUP_ID.test(id)) return { kind: 'group', id };
  if (SUPPORT_ID.test(id)) return { kind: 'support', id };
  const [prefix, a, b, ...rest] = id.split(':');
  if (prefix !== 'dm' || a === undefined || b === undefined || rest.length > 0) return undefined;
  if (!SENDER_ID.test(a) || !SENDER_ID.test(b) || a === b) return undefined;
  return { kind: 'direct', id, users: [a, b] };
}

/**
 * Returns the other user of a direct conversation, or `undefined` if it is not a direct conversation of this user with
 * the users in the right order.
 */
export function peerOf(conversation: ConversationId, userId: string): string | undefined {
  if (conversation.kind !== 'direct') return undefined;
  const [a, b] = conversation.users;
  if (a >= b) return undefined;
  if (a === userId) return b;
  return b === userId ? a : undefined;
}
