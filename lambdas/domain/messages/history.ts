import type { HistoryBody } from '../../../protocol/http.ts';
import { NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireMembership } from '../access/membership.ts';
import {
  type Conversation as AnyConversation,
  type ConversationReader,
  resolveConversation,
} from '../model/conversation.ts';
import type { MessageReader, SeqRange } from '../model/message.ts';
import type { CallerRoles } from '../model/roles.ts';
import { type ShowPorts, showTo } from './show.ts';

export interface HistoryPorts extends ShowPorts {
  readonly conversations: ConversationReader;
  readonly messages: MessageReader;
}

/**
 * Returns a page of a conversation's history, ascending, by strong reads (docs/protocol.md, section 6). A supervisor may
 * read every support chat.
 * @throws {NotFoundError} the user may not see the conversation
 * @throws {UnavailableError} it is being imported (IM-IMPORT-4)
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
  const [from, head] = await settleAll([
    firstVisibleSeq(ports, userId, conversation, callerRoles),
    conversations.head(conversationId),
  ]);
  if (head.isBeingImported) throw new UnavailableError();
  // An import may begin right after this read: without order, it stores what is above the head (IM-IMPORT-4).
  const before = Math.min(range.before ?? Number.MAX_SAFE_INTEGER, head.seq + 1);
  const page = await messages.page(conversationId, { ...range, before, from, head: head.seq });
  const stillFrom = isAccessPermanent(conversation, callerRoles)
    ? from
    : await firstVisibleSeq(ports, userId, conversation, callerRoles);
  const ascending = page.messages.filter(({ seq }) => seq >= stillFrom).toSorted((a, b) => a.seq - b.seq);
  return { messages: await showTo(ports, userId, ascending), head: head.seq, hasMore: page.hasMore };
}

/**
 * Whether the user can't lose access during the read. Otherwise the membership is checked again after the read: the
 * page may hold messages from after a removal that came after the first check (IM-INV-5).
 */
export function isAccessPermanent({ kind }: AnyConversation, { roles }: CallerRoles): boolean {
  return kind === 'direct' || (kind === 'support' && roles.includes('supervisor'));
}

/** Returns the first seq that the user may see: in a group it depends on the membership. */
export async function firstVisibleSeq(
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
