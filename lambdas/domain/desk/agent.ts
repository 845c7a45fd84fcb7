import type { DeskAgent, DeskChat } from '../../../protocol/desk.ts';
import { ConflictError, InvalidRequestError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { requireCaller } from '../access/caller.ts';
import { type Agent, type AgentChange, type Chat, toDeskAgent, toDeskChat } from '../model/chat.ts';
import { type CallerRoles, requireRole } from '../model/roles.ts';
import type { Caller } from '../model/session.ts';
import { changeChat } from './change.ts';
import { requeue, type Transition, transfer } from './chat-state.ts';
import { enterChat } from './enter-chat.ts';
import type { DeskPorts } from './ports.ts';
import { withRematch } from './rematch.ts';

const ATTEMPTS = 5;

/**
 * The agent takes chats of these queues from now on, up to so many at once (IM-DESK-4).
 * @throws {ForbiddenError} no agent (IM-ROLE)
 * @throws {NotFoundError} no such queue
 */
export async function beReady(
  ports: DeskPorts & { readonly queues: readonly string[] },
  caller: Caller,
  callerRoles: CallerRoles,
  { queues, capacity }: { readonly queues: readonly string[]; readonly capacity: number },
): Promise<DeskAgent> {
  requireRole(callerRoles, 'agent');
  if (queues.some((queue) => !ports.queues.includes(queue))) throw new NotFoundError();
  await requireCaller(ports, caller);
  const { name } = callerRoles;
  const wanted = { status: 'ready', queues: [...new Set(queues)], capacity, name } as const;
  const set = () => setStatus(ports, caller.userId, () => wanted);
  return withRematch(ports, wanted.queues, set, { moved: false });
}

/** The agent keeps the chats that there are and gets no new ones. @throws {ForbiddenError} no agent (IM-ROLE) */
export async function beAway(ports: DeskPorts, caller: Caller, callerRoles: CallerRoles): Promise<DeskAgent> {
  requireRole(callerRoles, 'agent');
  await requireCaller(ports, caller);
  return setStatus(ports, caller.userId, (before) => ({
    status: 'away',
    queues: before?.queues ?? [],
    capacity: before?.capacity ?? 0,
  }));
}

async function setStatus(
  { desk, deskWriter }: DeskPorts,
  userId: string,
  wanted: (before: Agent | undefined) => Omit<AgentChange, 'userId' | 'before'>,
): Promise<DeskAgent> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await desk.agent(userId);
    const change = { ...wanted(before), userId, before };
    // The load goes up and down beside this, so it is as read a moment ago.
    if (await deskWriter.setAgent(change)) return toDeskAgent({ active: before?.active ?? 0, ...change });
  }
  throw new UnavailableError();
}

/**
 * Hands a chat to another agent, or back to the head of its queue (IM-DESK-5).
 * @throws {ForbiddenError} no agent
 * @throws {NotFoundError} not this agent's
 * @throws {ConflictError} the other isn't ready, or is full; or the chat is no longer this agent's
 */
export async function transferChat(
  ports: DeskPorts,
  caller: Caller,
  callerRoles: CallerRoles,
  { conversationId, to }: { readonly conversationId: string; readonly to: string },
): Promise<DeskChat> {
  requireRole(callerRoles, 'agent');
  const { userId, connectionId } = caller;
  if (to === userId) throw new InvalidRequestError([{ path: 'to', message: 'is yourself' }]);
  const head = await enterChat(ports, caller, conversationId);
  const decide = async (chat: Chat): Promise<Transition> => {
    const isOwn = chat.state === 'assigned' && chat.agent?.userId === userId;
    const agent = isOwn && to !== 'queue' ? await readyAgent(ports, chat, to) : undefined;
    const transition = agent ? transfer(chat, agent, ports.clock(), userId) : requeue(chat, userId);
    if (!isOwn || transition === undefined) throw new ConflictError('You do not have this chat.');
    return transition;
  };
  const queues = head.chat === undefined ? [] : [head.chat.queue];
  const options = { head, exceptConnectionId: connectionId };
  const chat = await withRematch(ports, queues, () => changeChat(ports, conversationId, decide, options));
  return toDeskChat(chat, chat.state === 'waiting' ? await ports.desk.positionOf(chat) : undefined);
}

/** @throws {ConflictError} isn't ready, or is full */
async function readyAgent({ desk }: DeskPorts, { customer }: Chat, userId: string): Promise<Agent> {
  const agent = await desk.agent(userId);
  if (agent?.status !== 'ready' || userId === customer) throw new ConflictError('This agent is not ready.');
  if (agent.active >= agent.capacity) throw new ConflictError('This agent has no room.');
  return agent;
}
