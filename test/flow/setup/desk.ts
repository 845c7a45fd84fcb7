import { expect } from 'vitest';
import type { TokenOptions } from '../../../local/dev-issuer.ts';
import { deployment } from './deployment.ts';
import type { Json } from './json.ts';
import type { TestSocket } from './socket.ts';
import { ALLOWED_ORIGIN, type Chat, newUser, type Reachable } from './stack.ts';

/** One queue per test, so that chats left waiting do not affect other tests. A deployment has 20 at most. */
const QUEUES = deployment?.queues ?? ['default', ...Array.from({ length: 60 }, (_, n) => `q${n}`)];
let taken = 0;

/** A deployment without a desk, or whose tokens have no roles. */
export const isDeskMissing = QUEUES.length === 0;

/** The functions' environment of a new stack with these queues, none of them taken. */
export function deskEnvironment(more: Readonly<Record<string, string>> = {}) {
  taken = 0;
  return { ALLOWED_ORIGINS: ALLOWED_ORIGIN, DESK_QUEUES: QUEUES.join(','), ...more };
}

export function newQueue(): string {
  taken += 1;
  const queue = QUEUES[deployment === undefined ? taken : taken % QUEUES.length];
  if (queue === undefined) throw new Error('Add more queue names.');
  return queue;
}

const agents: Actor[] = [];
const chats: { readonly customer: Actor; readonly conversationId: string }[] = [];

/** After a test at a deployment, whose queues the next test uses, too: no chat is open and no agent is ready. */
export async function leaveDesk(chat: Chat): Promise<void> {
  if (deployment === undefined) return;
  for (const { customer, conversationId } of chats.splice(0)) {
    // The test may have closed the customer's own socket.
    const socket = await chat.join(customer.user);
    await socket.request({ action: 'desk.close', conversationId });
    await socket.close();
  }
  for (const { socket } of agents.splice(0)) {
    if (socket.raw.readyState !== socket.raw.OPEN) continue;
    await socket.request({ action: 'desk.away' });
    await socket.close();
  }
}

export interface Actor {
  readonly user: string;
  readonly socket: TestSocket;
}

/** The name that agents' tokens have, if the dev issuer makes them. */
export const AGENT_NAME = 'Zoé 王 of the desk 🛶';

/** Customers and agents, on the stack that the test file has started. */
export function deskOf(chat: () => Reachable) {
  const join = async (user: string, options: TokenOptions, deviceId?: string): Promise<Actor> => {
    const token = await chat().token(user, options);
    const socket = await chat().join(user, { token, ...(deviceId !== undefined && { deviceId }) });
    const actor = { user, socket };
    if (options.roles !== undefined) agents.push(actor);
    return actor;
  };
  return {
    customer: (user = newUser('customer')) => join(user, {}),
    agent: (user = newUser('agent'), deviceId?: string) =>
      join(user, { roles: ['agent'], name: AGENT_NAME }, deviceId),
    async readyAgent(queue: string, capacity = 1, user = newUser('agent')): Promise<Actor> {
      const agent = await join(user, { roles: ['agent'] });
      const answer = await agent.socket.request({ action: 'desk.ready', queues: [queue], capacity });
      expect(answer).toMatchObject({ type: 'desk.agent', agent: { status: 'ready' } });
      return agent;
    },
    async http(user: string, roles: readonly string[], path: string) {
      const token = await chat().token(user, { roles });
      return chat().http(user, path, { headers: { authorization: `Bearer ${token}` } });
    },
    historyOf: async (user: string, conversationId: string): Promise<Json[]> => {
      const { status, body } = await chat().http(user, `/conversations/${conversationId}/messages`);
      expect(status).toBe(200);
      return body.messages;
    },
  };
}

/** @param queue undefined for the default one */
export async function openChat(customer: Actor, queue: string | undefined, more: object = {}): Promise<Json> {
  const answer = await customer.socket.request({ action: 'desk.open', queue, ...more });
  expect(answer.type).toBe('desk.chat');
  chats.push({ customer, conversationId: answer.chat.conversationId });
  return answer.chat;
}

/** The chat as pushed to this person on assignment; `by` picks one of several agents. */
export async function assigned({ socket }: Actor, conversationId: string, by?: string): Promise<Json> {
  const frame = await socket.frame(
    ({ type, chat }: Json) =>
      type === 'desk.assigned' &&
      chat.conversationId === conversationId &&
      (by === undefined || chat.agent.userId === by),
  );
  return frame.chat;
}

export const updated = async (
  { socket }: Actor,
  conversationId: string,
  fits: (chat: Json) => boolean = () => true,
): Promise<Json> => {
  const frame = await socket.frame(
    ({ type, chat }: Json) => type === 'desk.updated' && chat.conversationId === conversationId && fits(chat),
  );
  return frame.chat;
};

export const events = (messages: readonly Json[]): string[] =>
  messages.map(({ content }) => content.event ?? content.text ?? content.type);
