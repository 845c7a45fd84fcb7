import { settleAll } from '../../shared/settle.ts';
import type { GroupReader } from '../model/group.ts';
import type { StoredMessage } from '../model/message.ts';
import type { RouteReader, Session } from '../model/session.ts';
import { findSessions } from './find-sessions.ts';

/** Members, and sessions, that the sender's own function serves; above, the fan-out workers do (IM-DESIGN-9). */
export const INLINE_SESSIONS = 25;

export interface GroupAudience {
  readonly memberCount: number;
  /** Users who are no members any more and still get this. */
  readonly also?: readonly string[];
  /** Probable members, of a small group: they decide nothing (`prefetchMembers`). */
  readonly prefetchedMembers?: readonly string[] | undefined;
  /** The session that gets an answer instead. */
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

/** The members and their sessions, or `undefined` if these are too many to be served inline. */
export async function findSmallGroup(
  ports: GroupPorts,
  { conversationId, seq }: Pick<StoredMessage, 'conversationId' | 'seq'>,
  { memberCount, also = [], prefetchedMembers = [], exceptConnectionId }: GroupAudience,
): Promise<SmallGroup | undefined> {
  if (memberCount > INLINE_SESSIONS) return undefined;
  // Both after the commit: who joined before it is served (IM-PUSH-2), who left before its seq is not (IM-FAULT-14).
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
 * Reads a small group's members before its message is stored, so that afterwards their routes needn't wait for them. A
 * guess: who joins or leaves meanwhile is known by the read after the commit, which alone decides.
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
