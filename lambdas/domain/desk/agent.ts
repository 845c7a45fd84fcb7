import type { DeskAgent, DeskChat } from '../../../protocol/desk.ts';
import { ConflictError, InvalidRequestError, NotFoundError, UnavailableError } from '../../shared/errors.ts';
import { settleAll } from '../../shared/settle.ts';
import { requireMembership, resolveConversation } from '../conversation.ts';
import { requireRole, type Standing } from '../role.ts';
import type { Speaker } from '../session.ts';
import { changeChat, type Decision, type DeskPorts } from './change.ts';
import { type Agent, type AgentChange, type Chat, toDeskAgent, toDeskChat } from './chat.ts';
import { requireSession } from './customer.ts';
import { thenMatch } from './desk-queue.ts';

const ATTEMPTS = 5;

/**
 * The agent takes chats of these queues from now on, up to so many at once (IM-DESK-4).
 * @throws {ForbiddenError} no agent (IM-ROLE)
 * @throws {NotFoundError} no such queue
 */
export async function beReady(
  ports: DeskPorts & { readonly queues: readonly string[] },
  speaker: Speaker,
  standing: Standing,
  { queues, capacity }: { readonly queues: readonly string[]; readonly capacity: number },
): Promise<DeskAgent> {
  requireRole(standing, 'agent');
  if (queues.some((queue) => !ports.queues.includes(queue))) throw new NotFoundError();
  await requireSession(ports, speaker);
  const wanted = { status: 'ready', queues: [...new Set(queues)], capacity, name: standing.name } as const;
  const set = () => setStatus(ports, speaker.userId, () => wanted);
  return thenMatch(ports, wanted.queues, set, { moved: false });
}

/** The agent keeps the chats that there are and gets no new ones. @throws {ForbiddenError} no agent (IM-ROLE) */
export async function beAway(ports: DeskPorts, speaker: Speaker, standing: Standing): Promise<DeskAgent> {
  requireRole(standing, 'agent');
  await requireSession(ports, speaker);
  return setStatus(ports, speaker.userId, (before) => ({
    status: 'away',
    queues: before?.queues ?? [],
    capacity: before?.capacity ?? 0,
  }));
}

async function setStatus(
  { desk }: DeskPorts,
  userId: string,
  wanted: (before: Agent | undefined) => Omit<AgentChange, 'userId' | 'before'>,
): Promise<DeskAgent> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await desk.agent(userId);
    const change = { ...wanted(before), userId, before };
    // The load goes up and down beside this, so it is as read a moment ago.
    if (await desk.setAgent(change)) return toDeskAgent({ active: before?.active ?? 0, ...change });
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
  speaker: Speaker,
  standing: Standing,
  { conversationId, to }: { readonly conversationId: string; readonly to: string },
): Promise<DeskChat> {
  requireRole(standing, 'agent');
  const { userId, connectionId } = speaker;
  if (to === userId) throw new InvalidRequestError([{ path: 'to', message: 'is yourself' }]);
  const conversation = resolveConversation(userId, { conversationId });
  if (conversation.kind !== 'support') throw new NotFoundError();
  const [head] = await settleAll([
    ports.conversations.head(conversationId),
    requireSession(ports, speaker),
    requireMembership(ports.conversations, userId, conversation),
  ]);
  const decide = async (chat: Chat): Promise<Decision> => {
    if (chat.state !== 'assigned' || chat.agent?.userId !== userId) {
      throw new ConflictError('You do not have this chat.');
    }
    return to === 'queue' ? requeue(chat, userId) : handOver(ports, chat, to, userId);
  };
  const queues = head.chat === undefined ? [] : [head.chat.queue];
  const options = { head, exceptConnectionId: connectionId };
  const chat = await thenMatch(ports, queues, () => changeChat(ports, conversationId, decide, options));
  return toDeskChat(chat, chat.state === 'waiting' ? await ports.desk.positionOf(chat) : undefined);
}

/** Back to the head of the queue; `by` the agent, or the desk when the agent is gone. */
export function requeue(chat: Chat, by: string): Decision {
  const { agent, assignedAtMs: _, ...facts } = chat;
  const users = agent === undefined ? [] : [agent.userId];
  return { after: { ...facts, state: 'waiting', isBack: true }, content: { event: 'requeued', users, by } };
}

async function handOver({ desk, clock }: DeskPorts, chat: Chat, to: string, by: string): Promise<Decision> {
  const agent = await desk.agent(to);
  if (agent?.status !== 'ready' || to === chat.customer) throw new ConflictError('This agent is not ready.');
  if (agent.active >= agent.capacity) throw new ConflictError('This agent has no room.');
  return give(chat, agent, clock(), { event: 'transferred', by });
}

/** The chat is this agent's from now on. */
export function give(
  chat: Chat,
  { userId, name }: Pick<Agent, 'userId' | 'name'>,
  assignedAtMs: number,
  content: { readonly event: 'assigned' | 'transferred'; readonly by: string },
): Decision {
  const { isBack: _, ...facts } = chat;
  const agent = { userId, ...(name !== undefined && { name }) };
  return {
    after: { ...facts, state: 'assigned', agent, assignedAtMs },
    content: { ...content, users: [userId] },
  };
}
