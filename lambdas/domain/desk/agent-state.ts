import type { DeskAgentPush } from '../../../protocol/desk.ts';
import { settleAll } from '../../shared/settle.ts';
import { findSessions } from '../delivery/find-sessions.ts';
import { pushToAll } from '../delivery/push.ts';
import { toDeskAgent } from '../model/chat.ts';
import type { Session } from '../model/session.ts';
import type { DeskPorts } from './ports.ts';

/**
 * Pushes an agent's state to all of the agent's sessions after a change (IM-DESK-8). Both are read after the change: a session
 * that connects later asks for the state itself.
 * @param exceptConnectionId the session that gets a reply instead
 */
export async function pushAgent(
  ports: DeskPorts,
  userId: string,
  exceptConnectionId?: string,
): Promise<void> {
  await pushAgents(ports, [userId], await findSessions(ports, [userId], exceptConnectionId));
}

/** @param sessions read after the change; other users' sessions are ignored */
export async function pushAgents(
  ports: DeskPorts,
  userIds: readonly string[],
  sessions: readonly Session[],
): Promise<void> {
  await settleAll(userIds.map((userId) => pushTo(ports, userId, sessions)));
}

async function pushTo(ports: DeskPorts, userId: string, sessions: readonly Session[]): Promise<void> {
  const own = sessions.filter((session) => session.userId === userId);
  const agent = own.length === 0 ? undefined : await ports.desk.agent(userId);
  if (agent === undefined) return;
  const frame: DeskAgentPush = { type: 'desk.agent', agent: toDeskAgent(agent) };
  await pushToAll(ports, own, JSON.stringify(frame));
}
