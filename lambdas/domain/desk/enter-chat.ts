import { NotFoundError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { enterConversation } from '../access/membership.ts';
import { type Head, resolveConversation } from '../model/conversation.ts';
import type { Caller } from '../model/session.ts';
import type { DeskPorts } from './ports.ts';

/** The head of a support chat in which the caller, with a live session, is a member. @throws {NotFoundError} it isn't */
export async function enterChat(ports: DeskPorts, caller: Caller, conversationId: string): Promise<Head> {
  const conversation = resolveConversation(caller.userId, { conversationId });
  if (conversation.kind !== 'support') throw new NotFoundError();
  const [, { head }] = await settleAll([
    requireCaller(ports, caller),
    enterConversation(ports.conversations, caller.userId, conversation),
  ]);
  return head;
}
