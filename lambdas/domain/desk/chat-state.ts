import type { SystemContent } from '../../../protocol/content.ts';
import type { Agent, Chat } from '../model/chat.ts';

/*
 * The states of a support chat, as pure functions: each returns the chat after the transition and the system message
 * for it, or `undefined` if the chat's state does not allow the transition.
 *
 *   open ──► waiting ──assign──► assigned ──┐ transfer
 *               ▲                 │   ▲─────┘
 *               └────requeue──────┘
 *            waiting, assigned ──close──► closed
 */

export interface Transition {
  readonly after: Chat;
  readonly content: Omit<SystemContent, 'type'>;
}

export interface Opening {
  readonly conversationId: string;
  readonly queue: string;
  readonly customer: string;
  readonly topic?: string | undefined;
  readonly openedAtMs: number;
}

/** A new chat, waiting in its queue. */
export function open({ topic, customer, ...facts }: Opening): Transition {
  return {
    after: { ...facts, customer, state: 'waiting', ...(topic !== undefined && { topic }) },
    content: { event: 'opened', by: customer, ...(topic !== undefined && { name: topic }) },
  };
}

type NamedAgent = Pick<Agent, 'userId' | 'name'>;

/** A waiting chat gets an agent. */
export function assign(chat: Chat, agent: NamedAgent, atMs: number, by: string): Transition | undefined {
  return chat.state === 'waiting' ? assignTo(chat, agent, atMs, { event: 'assigned', by }) : undefined;
}

/** An assigned chat gets another agent. */
export function transfer(chat: Chat, agent: NamedAgent, atMs: number, by: string): Transition | undefined {
  return chat.state === 'assigned' ? assignTo(chat, agent, atMs, { event: 'transferred', by }) : undefined;
}

/** An assigned chat goes back to the head of its queue. @param by its agent, or the desk if the agent is offline */
export function requeue(chat: Chat, by: string): Transition | undefined {
  if (chat.state !== 'assigned') return undefined;
  const { agent, assignedAtMs: _, ...facts } = chat;
  const users = agent === undefined ? [] : [agent.userId];
  return { after: { ...facts, state: 'waiting', isBack: true }, content: { event: 'requeued', users, by } };
}

/** A chat ends, with an optional rating by the customer. */
export function close(chat: Chat, by: string, atMs: number, rating?: number): Transition | undefined {
  if (chat.state === 'closed') return undefined;
  const { isBack: _, ...facts } = chat;
  const after: Chat = {
    ...facts,
    state: 'closed',
    closedAtMs: atMs,
    ...(rating !== undefined && { rating }),
  };
  return { after, content: { event: 'closed', by } };
}

function assignTo(
  chat: Chat,
  { userId, name }: NamedAgent,
  assignedAtMs: number,
  content: { readonly event: 'assigned' | 'transferred'; readonly by: string },
): Transition {
  const { isBack: _, ...facts } = chat;
  const agent = { userId, ...(name !== undefined && { name }) };
  return {
    after: { ...facts, state: 'assigned', agent, assignedAtMs },
    content: { ...content, users: [userId] },
  };
}
