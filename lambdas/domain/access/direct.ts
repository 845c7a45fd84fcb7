import { directConversationId } from '../../../protocol/ids.ts';
import { BlockedError } from '../../shared/errors.ts';
import type { ConversationReader, DirectConversation, Head } from '../model/conversation.ts';

/** Reads the heads of the user's direct conversations with up to 100 others, by the other user. */
export async function directHeads(
  conversations: ConversationReader,
  userId: string,
  others: readonly string[],
): Promise<ReadonlyMap<string, Head>> {
  const ids = new Map(
    others.filter((other) => other !== userId).map((other) => [directConversationId(userId, other), other]),
  );
  const heads = await conversations.heads([...ids.keys()]);
  return new Map([...heads].map(([id, head]) => [ids.get(id) ?? '', head]));
}

/** Whether this user of a direct conversation has blocked the other one. */
export function hasBlocked(head: Pick<Head, 'blockedBy'> | undefined, userId: string): boolean {
  return head?.blockedBy?.includes(userId) === true;
}

/** @throws {BlockedError} the peer has blocked the user (IM-BLOCK-1) */
export function requireNotBlocked(head: Head, { peer }: Pick<DirectConversation, 'peer'>): void {
  if (hasBlocked(head, peer)) throw new BlockedError();
}

/**
 * Whether a user of a direct conversation learns that the other one is there or types (IM-PRESENCE-2): only if both have
 * written, and the other one has not blocked them (IM-BLOCK-2). A user who last wrote before `lastSeqs` was stored must write again.
 * @param of the user who is seen
 * @param to the user who sees
 */
export function isPresenceShown(head: Head, of: string, to: string): boolean {
  return hasWritten(head, of) && hasWritten(head, to) && !hasBlocked(head, of);
}

/** Whether this user has written in a direct conversation. */
export function hasWritten(head: Pick<Head, 'lastSeqs'> | undefined, userId: string): boolean {
  return (head?.lastSeqs?.get(userId) ?? 0) > 0;
}
