import { InvalidRequestError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { hasBlocked } from '../access/direct.ts';
import { enterConversation } from '../access/membership.ts';
import { hint } from '../delivery/deliver.ts';
import type { PushPorts } from '../delivery/push.ts';
import type { Budget } from '../model/budget.ts';
import {
  type ConversationReader,
  type ConversationWriter,
  resolveConversation,
  type Target,
} from '../model/conversation.ts';
import type { GroupReader } from '../model/group.ts';
import { hintPrice } from '../model/prices.ts';
import type { Caller } from '../model/session.ts';
import { hintedUsers } from './hinted-users.ts';

export interface ReadPorts extends PushPorts {
  readonly conversations: ConversationReader;
  readonly conversationWriter: ConversationWriter;
  readonly groups: GroupReader;
  readonly budget: Budget;
}

/**
 * Moves the user's read cursor forward, never back. Pushes a `read` hint to the user's other sessions and, in
 * conversations of up to 100 members, to the other members. `GET /conversations` returns the cursor itself.
 * @throws {NotFoundError} the user is not a member
 * @throws {InvalidRequestError} `seq` is beyond the head
 */
export async function markRead(
  ports: ReadPorts,
  caller: Caller,
  { seq, ...target }: Target & { readonly seq: number },
): Promise<void> {
  const { userId, connectionId } = caller;
  const conversation = resolveConversation(userId, target);
  const { conversationId } = conversation;
  const [{ head, membership }] = await settleAll([
    enterConversation(ports.conversations, userId, conversation),
    requireCaller(ports, caller),
  ]);
  if (seq > head.seq) throw new InvalidRequestError([{ path: 'seq', message: 'is beyond the head' }]);
  if (seq <= membership.readSeq) return;
  if (!(await ports.conversationWriter.advanceRead(userId, conversationId, seq))) return;
  // A blocked user doesn't learn that the other one reads (IM-BLOCK-2).
  const isHidden = hasBlocked(head, userId);
  const others = isHidden ? [] : await hintedUsers(ports.groups, conversation, head);
  const users = [userId, ...others];
  const frame = { type: 'read', conversationId, userId, seq } as const;
  const posts = await hint(ports, frame, { users, exceptConnectionId: connectionId });
  await ports.budget.charge(hintPrice(users.length, posts));
}
