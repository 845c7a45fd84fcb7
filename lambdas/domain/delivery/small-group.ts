import { settleAll } from '../../shared/settle.ts';
import type { GroupReader } from '../model/group.ts';
import type { StoredMessage } from '../model/message.ts';
import type { RouteReader, Session } from '../model/session.ts';
import { findSessions } from './find-sessions.ts';

/**
 * The sender's own function serves up to this many members and sessions; the fan-out workers serve more (IM-DESIGN-9).
 */
export const INLINE_SESSIONS = 25;

export interface GroupAudience {
  readonly memberCount: number;
  /** Users who get this though they are no longer members. */
  readonly also?: readonly string[];
  /** Members of a small group, read before the commit (`prefetchMembers`). A guess: the later read decides. */
  readonly prefetchedMembers?: readonly string[] | undefined;
  /** The session that gets a reply instead of a push. */
  readonly exceptConnectionId?: string | undefined;
}

export interface GroupPorts {
  readonly groups: GroupReader;
  readonly routes: RouteReader;
}

interface SmallGroup {
  readonly users: readonly string[];
  readonly sessions: readonly Session[];
}

/** Returns the members and their sessions, or `undefined` if there are too many to serve here. */
export async function findSmallGroup(
  ports: GroupPorts,
  { conversationId, seq }: Pick<StoredMessage, 'conversationId' | 'seq'>,
  { memberCount, also = [], prefetchedMembers = [], exceptConnectionId }: GroupAudience,
): Promise<SmallGroup | undefined> {
  if (memberCount > INLINE_SESSIONS) return undefined;
  // Both reads come after the commit: members who joined before it are served (IM-PUSH-2), members who left before its
  // seq are not (IM-FAULT-14).
  const [{ members, more }, early] = await settleAll([
    ports.groups.members(conversationId, { limit: INLINE_SESSIONS }),
    findSessions(ports, prefetchedMembers, exceptConnectionId),
  ]);
  if (more) return undefined;
  const users = [...members.filter(({ joinedSeq }) => joinedSeq <= seq).map(({ userId }) => userId), ...also];
  const isKnown = (userId: string) => prefetchedMembers.includes(userId);
  const others = users.filter((userId) => !isKnown(userId));
  const sessions = [
    ...early.filter(({ userId }) => users.includes(userId)),
    ...(await findSessions(ports, others, exceptConnectionId)),
  ];
  return sessions.length <= INLINE_SESSIONS ? { users, sessions } : undefined;
}

/**
 * Reads a small group's members before its message is stored, so that the read of their routes needn't wait. The result
 * is a guess: members may join or leave meanwhile, so only the read after the commit decides.
 */
export async function prefetchMembers(
  { groups }: Pick<GroupPorts, 'groups'>,
  conversationId: string,
  memberCount: number,
): Promise<readonly string[]> {
  if (memberCount > INLINE_SESSIONS) return [];
  const guess = await groups.members(conversationId, { limit: INLINE_SESSIONS }).catch(() => undefined);
  return guess?.members.map(({ userId }) => userId) ?? [];
}
