import type { AdminGroupBody } from '../../../protocol/admin.ts';
import type { GroupBody, MembersBody, ReadsBody } from '../../../protocol/http.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { cursorOf, decodeCursor, encodeCursor, isUserId } from '../../shared/cursor.ts';
import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireMembership } from '../access/membership.ts';
import { OPERATOR } from '../access/operator.ts';
import type { Budget } from '../model/budget.ts';
import { resolveConversation } from '../model/conversation.ts';
import { readsPrice } from '../model/prices.ts';
import { type GroupReadPorts, requireAdmin, requireGroup, toBody } from './group.ts';

export async function showGroup(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
): Promise<GroupBody> {
  return toBody(conversationId, await requireGroup(ports, userId, conversationId));
}

/** Shows any group to the operator, with a page of its members (IM-ADMIN-3). */
export async function lookAtGroup(
  ports: GroupReadPorts,
  conversationId: string,
  cursor: string | undefined,
): Promise<AdminGroupBody> {
  const facts = await requireAdmin(ports, OPERATOR, conversationId);
  const { members, next } = await memberPage(ports, OPERATOR.userId, conversationId, cursor);
  const { openHistory } = facts;
  return { ...toBody(conversationId, facts), openHistory, members, cursor: next };
}

/** Lists the members, 100 per page, ordered by user id. */
export async function listMembers(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
  cursor: string | undefined,
): Promise<MembersBody> {
  await requireGroup(ports, userId, conversationId);
  const { members, next } = await memberPage(ports, userId, conversationId, cursor);
  return { members, cursor: next };
}

/**
 * Lists how far each member of a group or support chat has read. Comes from the members' own read cursors, so it costs no
 * extra write per message.
 */
export async function listReads(
  ports: GroupReadPorts & { readonly budget: Budget },
  userId: string,
  conversationId: string,
  cursor: string | undefined,
): Promise<ReadsBody> {
  const conversation = resolveConversation(userId, { conversationId });
  // A client knows the cursor of a direct conversation from its list of conversations.
  if (conversation.kind === 'direct') throw new NotFoundError();
  await requireMembership(ports.conversations, userId, conversation);
  const { members, next } = await memberPage(ports, userId, conversationId, cursor);
  const [found] = await settleAll([
    ports.conversations.readSeqs(members.map((member) => ({ userId: member.userId, conversationId }))),
    ports.budget.charge(readsPrice(members.length)),
  ]);
  const seqs = new Map(found.map(({ userId: reader, readSeq }) => [reader, readSeq]));
  const reads = members.map((member) => ({ ...member, seq: seqs.get(member.userId) ?? 0 }));
  return { reads, cursor: next };
}

async function memberPage(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
  cursor: string | undefined,
) {
  const schema = () => cursorOf((item) => item === conversationId, isUserId);
  const [, after] = cursor === undefined ? [] : decodeCursor(userId, cursor, 'cursor', schema);
  const page = { limit: LIMITS.pageMax, ...(after !== undefined && { after }) };
  const { members, more } = await ports.groups.members(conversationId, page);
  const last = members.at(-1);
  return { members, next: more && last ? encodeCursor(userId, [conversationId, last.userId]) : null };
}
