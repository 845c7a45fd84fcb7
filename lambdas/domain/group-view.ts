import type { GroupBody, MembersBody, ReadsBody } from '../../protocol/http.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { InvalidRequestError, NotFoundError } from '../shared/errors.ts';
import { openList, sealList } from '../shared/sealed-list.ts';
import {
  type ConversationTable,
  type GroupConversation,
  type GroupFacts,
  requireMembership,
  resolveConversation,
} from './conversation.ts';
import type { GroupTable } from './group.ts';

export interface GroupReadPorts {
  readonly conversations: ConversationTable;
  readonly groups: GroupTable;
}

export async function showGroup(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
): Promise<GroupBody> {
  return toBody(conversationId, await requireGroup(ports, userId, conversationId));
}

/** 100 a page, by user id. */
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

/** Who has read up to where: derived from the members' own cursors, so that no message costs a write for it. */
export async function listReads(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
  cursor: string | undefined,
): Promise<ReadsBody> {
  await requireGroup(ports, userId, conversationId);
  const { members, next } = await memberPage(ports, userId, conversationId, cursor);
  const found = await ports.conversations.readSeqs(
    members.map((member) => ({ userId: member.userId, conversationId })),
  );
  const seqs = new Map(found.map(({ userId: reader, readSeq }) => [reader, readSeq]));
  const reads = members.map((member) => ({ userId: member.userId, seq: seqs.get(member.userId) ?? 0 }));
  return { reads, cursor: next };
}

async function memberPage(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
  cursor: string | undefined,
) {
  const [of, after] = cursor === undefined ? [conversationId] : openList(userId, cursor, 'cursor');
  if (of !== conversationId)
    throw new InvalidRequestError([{ path: 'cursor', message: "is another group's" }]);
  const page = { limit: LIMITS.pageMax, ...(after !== undefined && { after }) };
  const { members, more } = await ports.groups.members(conversationId, page);
  const last = members.at(-1);
  return { members, next: more && last ? sealList(userId, [conversationId, last.userId]) : null };
}

/** @throws {NotFoundError} not a group, or not a member of it: the same words (IM-SEND-7) */
export async function requireGroup(
  ports: GroupReadPorts,
  userId: string,
  conversationId: string,
): Promise<GroupFacts> {
  const conversation = resolveGroup(userId, conversationId);
  const [facts] = await Promise.all([
    factsOf(ports, conversationId),
    requireMembership(ports.conversations, userId, conversation),
  ]);
  return facts;
}

/** For whom its members are counted otherwise. @throws {NotFoundError} not a group */
export async function groupFacts(
  ports: Pick<GroupReadPorts, 'conversations'>,
  userId: string,
  conversationId: string,
): Promise<GroupFacts> {
  return factsOf(ports, resolveGroup(userId, conversationId).conversationId);
}

async function factsOf(
  { conversations }: Pick<GroupReadPorts, 'conversations'>,
  conversationId: string,
): Promise<GroupFacts> {
  const { group } = await conversations.head(conversationId);
  if (group === undefined) throw new NotFoundError();
  return group;
}

function resolveGroup(userId: string, conversationId: string): GroupConversation {
  const conversation = resolveConversation(userId, { conversationId });
  if (conversation.kind !== 'group') throw new NotFoundError();
  return conversation;
}

export function toBody(conversationId: string, { name, admins, memberCount }: GroupFacts): GroupBody {
  return { conversationId, name, admins, memberCount };
}
