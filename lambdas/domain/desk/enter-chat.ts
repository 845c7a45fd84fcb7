import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { enterConversation } from '../access/membership.ts';
import { type Head, resolveConversation } from '../model/conversation.ts';
import type { Caller } from '../model/session.ts';
import type { DeskPorts } from './ports.ts';

/**
 * Returns the head of a support chat, for a member with a live session.
 * @throws {NotFoundError} not a support chat, or the caller is not a member
 */
export async function enterChat(ports: DeskPorts, caller: Caller, conversationId: string): Promise<Head> {
  const conversation = resolveConversation(caller.userId, { conversationId });
  if (conversation.kind !== 'support') throw new NotFoundError();
  const [, { head }] = await settleAll([
    requireCaller(ports, caller),
    enterConversation(ports.conversations, caller.userId, conversation),
  ]);
  return head;
}
