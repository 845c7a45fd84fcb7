import { BlockedError } from '../../shared/errors.ts';
import type { DirectConversation, Head } from '../model/conversation.ts';

/** @throws {BlockedError} the peer has blocked the user (IM-BLOCK-1) */
export function requireNotBlocked({ blockedBy }: Head, { peer }: Pick<DirectConversation, 'peer'>): void {
  if (blockedBy?.includes(peer) === true) throw new BlockedError();
}

/**
 * Whether a user of a direct conversation learns that the other one is there or types (IM-PRESENCE-2): only if both have
 * written, and the other one has not blocked them (IM-BLOCK-2). A user who last wrote before `lastSeqs` was stored must write again.
 * @param of the user who is seen
 * @param to the user who sees
 */
export function isPresenceShown({ lastSeqs, blockedBy }: Head, of: string, to: string): boolean {
  const hasWritten = (userId: string) => (lastSeqs?.get(userId) ?? 0) > 0;
  return hasWritten(of) && hasWritten(to) && blockedBy?.includes(of) !== true;
}
