import type {
  ChatState,
  DeskAgent,
  DeskChat,
  DeskChatsBody,
  DeskQueuesBody,
  SupportQueue,
} from '../../../protocol/desk.ts';
import { toImError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import type { Emitter } from '../support/emitter.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { SessionSource } from '../transport/session.ts';
import type { SupportChats } from './support-chats.ts';

export interface Readiness {
  readonly queues: readonly string[];
  /** The most chats at a time, 1 to 50. */
  readonly capacity: number;
}

export interface AgentPorts {
  readonly environment: Pick<Environment, 'after'>;
  readonly events: Pick<Emitter<ClientEvents>, 'on'>;
  readonly http: Pick<HttpApi, 'call'>;
  readonly identity: Pick<Identity, 'userId'>;
  readonly logger: Logger;
  readonly policy: RetryPolicy;
  readonly sessions: SessionSource;
}

/** The side of agents and supervisors. Without the role, all methods reject with `forbidden` (IM-ROLE). */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #chats: SupportChats;
  #readiness: Readiness | undefined;
  /** The last change of readiness that was requested. */
  #lastChange: Promise<unknown> = Promise.resolve();
  /** Counts the changes of the connection: retries that began before the last one are abandoned. */
  #connections = 0;
  #cancelRetry: Cancel = () => {};

  /** @internal */
  constructor(ports: AgentPorts, chats: SupportChats) {
    this.#ports = ports;
    this.#chats = chats;
    ports.events.on('connection', ({ current }) => {
      this.#cancelRetry();
      this.#connections += 1;
      if (current === 'connected' && (this.#readiness !== undefined || this.#own.length > 0))
        void this.#restore(this.#connections, 0);
    });
  }

  /** This agent's chats, as far as this client knows. */
  get #own(): readonly DeskChat[] {
    return this.#chats.all.filter(
      ({ state, agent }) => state === 'assigned' && agent?.userId === this.#ports.identity.userId,
    );
  }

  /**
   * Takes chats from these queues, up to the capacity, until `away` (IM-DESK-4). Repeated automatically after each
   * reconnect, when the agent's chats are also read again.
   */
  ready(readiness: Readiness): Promise<DeskAgent> {
    return this.#inTurn(async () => {
      const { agent } = await this.#ports.sessions.require().request('desk.ready', { ...readiness });
      this.#readiness = readiness;
      return agent;
    });
  }

  /** Keeps the present chats and takes no new ones. */
  away(): Promise<DeskAgent> {
    return this.#inTurn(async () => {
      const { agent } = await this.#ports.sessions.require().request('desk.away', {});
      this.#readiness = undefined;
      return agent;
    });
  }

  /**
   * Gives a chat to another agent, or with `queue` back to the head of its queue (IM-DESK-5). Rejects with `conflict` if
   * that agent isn't ready or has no capacity left.
   */
  async transfer(conversationId: string, to: string): Promise<DeskChat> {
    const { chat } = await this.#ports.sessions.require().request('desk.transfer', { conversationId, to });
    this.#chats.learn(chat);
    return chat;
  }

  /** An agent's own chats, a supervisor's all chats, in this state or in any. From then on `desk.chats()` has them too. */
  async chats(state?: ChatState): Promise<readonly DeskChat[]> {
    const all: DeskChat[] = [];
    let cursor: string | null | undefined;
    do {
      const path = `/desk/chats${queryString({ state, cursor })}`;
      const body: DeskChatsBody = await this.#ports.http.call('GET', path);
      all.push(...body.chats);
      cursor = body.cursor;
    } while (cursor !== null);
    return all.map((chat) => this.#chats.learn(chat));
  }

  /** For supervisors: how many chats wait, how long, and the agents by status. */
  async queues(): Promise<readonly SupportQueue[]> {
    return (await this.#ports.http.call<DeskQueuesBody>('GET', '/desk/queues')).queues;
  }

  /** Requests run one after the other, since two at once could reach the desk in either order. */
  #inTurn<T>(request: () => Promise<T>): Promise<T> {
    const reply = this.#lastChange.then(request);
    this.#lastChange = reply.catch(() => {});
    return reply;
  }

  /**
   * Repeats `ready`, without which the desk gives this agent's chats to others (IM-DESK-7), and reads what was missed:
   * chats that are no longer this agent's, and new ones. Tries until it succeeds or the connection has changed again.
   */
  async #restore(connection: number, attempt: number): Promise<void> {
    const { environment, logger, policy, sessions } = this.#ports;
    try {
      await this.#inTurn(
        async () => this.#readiness && sessions.require().request('desk.ready', { ...this.#readiness }),
      );
      // A chat that is pushed while the answer is on its way may be missing from it.
      const before = this.#own;
      const mine = new Set((await this.chats('assigned')).map(({ conversationId }) => conversationId));
      for (const { conversationId } of before)
        if (!mine.has(conversationId)) this.#chats.forget(conversationId);
    } catch (reason) {
      const error = toImError(reason);
      logger.warn('the desk could not be asked after a reconnect', { error });
      const delayMs = error.retryable ? policy.nextDelayMs({ attempt, error }) : null;
      if (delayMs !== null && connection === this.#connections)
        this.#cancelRetry = environment.after(delayMs, () => void this.#restore(connection, attempt + 1));
    }
  }
}
