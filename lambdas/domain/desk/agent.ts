import type { DeskAgent, DeskChat } from '../../../protocol/desk.ts';
import { ConflictError, InvalidRequestError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireCaller } from '../access/caller.ts';
import { type Agent, type AgentChange, type Chat, toDeskAgent, toDeskChat } from '../model/chat.ts';
import { type CallerRoles, requireRole } from '../model/roles.ts';
import type { Caller } from '../model/session.ts';
import { pushAgent } from './agent-state.ts';
import { changeChat } from './change.ts';
import { requeue, type Transition, transfer } from './chat-state.ts';
import { enterChat } from './enter-chat.ts';
import type { DeskPorts } from './ports.ts';
import { withRematch } from './rematch.ts';

const ATTEMPTS = 5;

/**
 * Sets the caller ready: from now on the agent gets chats of these queues, at most `capacity` at once (IM-DESK-4).
 * @throws {ForbiddenError} the caller is not an agent (IM-ROLE)
 * @throws {NotFoundError} no such queue
 */
export async function setReady(
  ports: DeskPorts & { readonly queues: readonly string[] },
  caller: Caller,
  callerRoles: CallerRoles,
  { queues, capacity }: { readonly queues: readonly string[]; readonly capacity: number },
): Promise<DeskAgent> {
  requireRole(callerRoles, 'agent');
  if (queues.some((queue) => !ports.queues.includes(queue))) throw new NotFoundError('queue');
  await requireCaller(ports, caller);
  const { name } = callerRoles;
  const wanted = { status: 'ready', queues: [...new Set(queues)], capacity, name } as const;
  const set = () => setStatus(ports, caller, () => wanted);
  return withRematch(ports, wanted.queues, set, { moved: false, agent: caller.userId });
}

/**
 * Sets the caller away: the agent keeps the current chats and gets no new ones.
 * @throws {ForbiddenError} the caller is not an agent (IM-ROLE)
 */
export async function setAway(
  ports: DeskPorts,
  caller: Caller,
  callerRoles: CallerRoles,
): Promise<DeskAgent> {
  requireRole(callerRoles, 'agent');
  await requireCaller(ports, caller);
  const set = () =>
    setStatus(ports, caller, (before) => ({
      status: 'away',
      queues: before?.queues ?? [],
      capacity: before?.capacity ?? 0,
    }));
  return withRematch(ports, [], set, { agent: caller.userId });
}

/** Replies with the agent's state after the change, and pushes it to the agent's other sessions (IM-DESK-8). */
async function setStatus(
  ports: DeskPorts,
  { userId, connectionId }: Caller,
  wanted: (before: Agent | undefined) => Omit<AgentChange, 'userId' | 'before'>,
): Promise<DeskAgent> {
  const { desk, deskWriter } = ports;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await desk.agent(userId);
    if (!(await deskWriter.setAgent({ ...wanted(before), userId, before }))) continue;
    // Read again: assignments change load and version at the same time.
    const [agent] = await settleAll([desk.agent(userId), pushAgent(ports, userId, connectionId)]);
    if (agent !== undefined) return toDeskAgent(agent);
  }
  throw new UnavailableError();
}

/**
 * Transfers a chat to another agent, or back to the head of its queue (IM-DESK-5).
 * @throws {ForbiddenError} the caller is not an agent
 * @throws {NotFoundError} the caller is not a member of the chat
 * @throws {ConflictError} the other agent is not ready or at capacity, or the chat is no longer assigned to the caller
 */
export async function transferChat(
  ports: DeskPorts,
  caller: Caller,
  callerRoles: CallerRoles,
  { conversationId, to }: { readonly conversationId: string; readonly to: string },
): Promise<DeskChat> {
  requireRole(callerRoles, 'agent');
  const { userId, connectionId } = caller;
  if (to === userId) throw new InvalidRequestError([{ path: 'to', message: 'must not be yourself' }]);
  const head = await enterChat(ports, caller, conversationId);
  const decide = async (chat: Chat): Promise<Transition> => {
    const isOwn = chat.state === 'assigned' && chat.agent?.userId === userId;
    const agent = isOwn && to !== 'queue' ? await readyAgent(ports, chat, to) : undefined;
    const transition = agent ? transfer(chat, agent, ports.clock(), userId) : requeue(chat, userId);
    if (!isOwn || transition === undefined) throw new ConflictError('This chat is not assigned to you.');
    return transition;
  };
  const queues = head.chat === undefined ? [] : [head.chat.queue];
  const options = { head, exceptConnectionId: connectionId };
  const chat = await withRematch(ports, queues, () => changeChat(ports, conversationId, decide, options));
  return toDeskChat(chat, chat.state === 'waiting' ? await ports.desk.positionOf(chat) : undefined);
}

/** @throws {ConflictError} the agent is not ready, or is at capacity */
async function readyAgent({ desk }: DeskPorts, { customer }: Chat, userId: string): Promise<Agent> {
  const agent = await desk.agent(userId);
  if (agent?.status !== 'ready' || userId === customer) throw new ConflictError('This agent is not ready.');
  if (agent.active >= agent.capacity) throw new ConflictError('This agent is at capacity.');
  return agent;
}
