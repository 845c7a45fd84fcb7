import { ForbiddenError } from '../../shared/errors.ts';
import type { GroupFacts } from '../model/conversation.ts';

/** @throws {ForbiddenError} only admins may write in the group (IM-BUDGET-5) */
export function requireMayPost(userId: string, group: GroupFacts | undefined): void {
  if (group?.posting === 'admins' && !group.admins.includes(userId))
    throw new ForbiddenError('Only admins may write in this group.');
}
