import { SYSTEM } from '../../../protocol/ids.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { nextSystemMessage } from '../messages/system-message.ts';
import type { GroupFacts } from '../model/conversation.ts';
import type { GroupReader, Member, Succession } from '../model/group.ts';
import type { GroupChangePorts } from './group.ts';
import { ATTEMPTS, completeRemoval, statusOf } from './members.ts';
import { notifyMembers, watchChange } from './notify.ts';

export interface OperatorRemovalPorts extends GroupChangePorts {
  readonly succession: Succession;
}

/** Members a page: a query of at most half a megabyte. */
const PAGE = 5_000;

/**
 * Removes a member as the operator (IM-ADMIN-3): as an admin does, and also the last admin of a group with other members. The
 * role then goes to the member of longest standing, in the transaction that marks the admin as leaving. Idempotent: an
 * attempt that died halfway is completed by its watchdog, or by a repeat.
 * @returns false if there is no such group, or no such member
 * @throws {UnavailableError} others keep changing the group: retry
 */
export async function removeByOperator(
  ports: OperatorRemovalPorts,
  conversationId: string,
  userId: string,
): Promise<boolean> {
  const { group } = await ports.conversations.head(conversationId);
  if (group === undefined || (await statusOf(ports, conversationId, userId)) === undefined) return false;
  await watchChange(ports, { watchdogOf: conversationId, removal: { member: userId, by: SYSTEM } });
  await markOrPassOn(ports, conversationId, group, userId);
  await completeRemoval(ports, conversationId, group, { by: SYSTEM, member: userId });
  return true;
}

/** Whatever others change meanwhile, one of the two writes finds the group as it needs it. */
async function markOrPassOn(
  ports: OperatorRemovalPorts,
  conversationId: string,
  facts: GroupFacts,
  userId: string,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await ports.groupWriter.markAsLeaving(conversationId, userId)) return;
    if (await passRoleOn(ports, conversationId, facts, userId)) return;
  }
  throw new UnavailableError();
}

/** @returns false if nothing was changed: another change came first */
async function passRoleOn(
  ports: OperatorRemovalPorts,
  conversationId: string,
  { memberCount }: GroupFacts,
  admin: string,
): Promise<boolean> {
  const heir = await longestStanding(ports.groups, conversationId, admin);
  if (heir === undefined) return false;
  const content = { event: 'admins', users: [heir], by: SYSTEM } as const;
  const message = await nextSystemMessage(ports, conversationId, content);
  if (!(await ports.succession.passOn({ message, admin, heir }))) return false;
  await notifyMembers(ports, message, memberCount);
  return true;
}

/** The member who joined first, of several the first by user id. `undefined`: there is no other one. */
async function longestStanding(
  groups: GroupReader,
  conversationId: string,
  except: string,
): Promise<string | undefined> {
  let first: Member | undefined;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const { members, more } = await groups.members(conversationId, { after, limit: PAGE });
    for (const member of members)
      if (member.userId !== except && member.joinedSeq < (first?.joinedSeq ?? Number.POSITIVE_INFINITY))
        first = member;
    // Nobody joined before the group began, and members come by user id: so no later page has an older one.
    after = more && first?.joinedSeq !== 1 ? members.at(-1)?.userId : undefined;
  }
  return first?.userId;
}
