import { parseConversationId } from '../../../protocol/ids.ts';
import type { Pace } from '../delivery/pace.ts';
import { type OperatorRemovalPorts, removeByOperator } from '../groups/operator-removal.ts';
import type { MembershipErasure } from '../model/membership-erasure.ts';
import type { ConversationTrail } from '../model/task.ts';
import type { Step } from './step.ts';

export interface EraseMembershipsPorts extends OperatorRemovalPorts {
  readonly trail: ConversationTrail;
  readonly memberships: MembershipErasure;
  /** In write units. */
  readonly pace: Pace;
}

/** A removal from a large group reads all its members if the user is its last admin. */
const CONVERSATIONS = 5;
/** Of a removal, with the role that goes on. */
const REMOVAL_UNITS = 40;

/**
 * Ends the user's memberships (IM-ERASE-1). Groups are told, as of any removal by the operator, and a last admin's role goes on. Of
 * direct conversations and closed support chats the user's row goes, with cursor and settings, and the others keep theirs. The last
 * step: without these rows nothing finds the user's messages. Idempotent.
 */
export const eraseMemberships: Step<EraseMembershipsPorts> = {
  name: 'memberships',
  async run(ports, { userId = '' }, cursor) {
    const after = cursor?.['after'] as string | undefined;
    const { entries, hasMore } = await ports.trail.page(userId, after, CONVERSATIONS);
    let ended = 0;
    for (const conversationId of new Set(entries.map((entry) => entry.conversationId)))
      if (await end(ports, userId, conversationId)) ended += 1;
    return {
      counts: { memberships: ended },
      next: hasMore ? { after: entries.at(-1)?.after } : undefined,
    };
  },
};

/** @returns whether there was one, of a group */
async function end(ports: EraseMembershipsPorts, userId: string, conversationId: string): Promise<boolean> {
  const isGroup = parseConversationId(conversationId)?.kind === 'group';
  await ports.pace(isGroup ? REMOVAL_UNITS : 2);
  if (isGroup) return removeByOperator(ports, conversationId, userId);
  await ports.memberships.forget(userId, conversationId);
  return true;
}
