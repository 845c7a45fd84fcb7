import type { HistoryBody } from '../../../protocol/http.ts';
import { NotFoundError } from '../../shared/errors.ts';
import { requireMembership } from '../access/membership.ts';
import {
  type Conversation as AnyConversation,
  type ConversationReader,
  resolveConversation,
} from '../model/conversation.ts';
import { type MessageReader, type SeqRange, toMessage } from '../model/message.ts';
import type { CallerRoles } from '../model/roles.ts';

export interface HistoryPorts {
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
}

/**
 * A page of a conversation's record, ascending; strongly consistent (section 6). Supervisors see every support chat's.
 * @throws {NotFoundError} not the user's
 */
export async function readHistory(
  ports: HistoryPorts,
  userId: string,
  target: string,
  range: SeqRange,
  callerRoles: CallerRoles = { roles: [] },
): Promise<HistoryBody> {
  const { conversations, messages } = ports;
  const conversation = resolveConversation(userId, { conversationId: target });
  const { conversationId } = conversation;
  const from = await visibleFrom(ports, userId, conversation, callerRoles);
  const [head, page] = await Promise.all([
    conversations.head(conversationId),
    messages.page(conversationId, { ...range, from }),
  ]);
  const stillFrom = isWithoutEnd(conversation, callerRoles)
    ? from
    : await visibleFrom(ports, userId, conversation, callerRoles);
  const ascending = page.messages.filter(({ seq }) => seq >= stillFrom).toSorted((a, b) => a.seq - b.seq);
  // The head was read beside the page: a message may have come between.
  return {
    messages: ascending.map(toMessage),
    head: Math.max(head.seq, ascending.at(-1)?.seq ?? 0),
    hasMore: page.hasMore,
  };
}

/**
 * Whether nobody can lose the right to it while it is read. Else one is asked again after reading: what was written after a
 * removal may have been read though the membership was seen before (IM-INV-5).
 */
function isWithoutEnd({ kind }: AnyConversation, { roles }: CallerRoles): boolean {
  return kind === 'direct' || (kind === 'support' && roles.includes('supervisor'));
}

/** A group's member sees it from some seq on, which has to be known first; a direct one is all its users'. */
async function visibleFrom(
  { conversations }: HistoryPorts,
  userId: string,
  conversation: AnyConversation,
  { roles }: CallerRoles,
): Promise<number> {
  if (conversation.kind === 'direct') return 1;
  if (conversation.kind === 'group' || !roles.includes('supervisor')) {
    return (await requireMembership(conversations, userId, conversation)).visibleFrom;
  }
  if ((await conversations.head(conversation.conversationId)).chat === undefined) throw new NotFoundError();
  return 1;
}
