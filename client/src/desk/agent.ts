import type {
  ChatState,
  DeskAgent,
  DeskAgentPush,
  DeskAgentsBody,
  DeskChat,
  DeskChatsBody,
  DeskMeBody,
  DeskQueuesBody,
  SupportQueue,
} from '../../../protocol/desk.ts';
import { toImError } from '../model/errors.ts';
import type { ClientEvents } from '../model/events.ts';
import { Emitter, type Off } from '../support/emitter.ts';
import type { Cancel, Environment } from '../support/environment.ts';
import type { Logger } from '../support/logger.ts';
import { type HttpApi, queryString } from '../transport/http-api.ts';
import type { Identity } from '../transport/identity.ts';
import type { RetryPolicy } from '../transport/retry-policy.ts';
import type { SessionSource } from '../transport/session.ts';
import type { SupportChats } from './support-chats.ts';

/** Which chats an agent takes. */
export interface Readiness {
  /** Names of the deployment's queues, 1 to 20. */
  readonly queues: readonly string[];
  /** The largest number of chats at a time, 1 to 50. */
  readonly capacity: number;
}

/** The events of `im.agent.on`. */
export interface AgentEvents {
  /** This agent's state changed: by this client, another tab, an assignment, or the desk. */
  changed: DeskAgent;
}

export interface AgentPorts {
  readonly environment: Pick<Environment, 'after'>;
  readonly events: Pick<Emitter<ClientEvents>, 'on'>;
  readonly http: Pick<HttpApi, 'call'>;
  readonly identity: Pick<Identity, 'userId'>;
  readonly logger: Logger;
  readonly policy: RetryPolicy;
  readonly sessions: SessionSource;
  report(error: unknown): void;
}

/**
 * The desk for agents and supervisors: `im.agent`. All methods throw an `ImError`: a `RefusedError` `forbidden` if the
 * token lacks the role (IM-ROLE), a `TimeoutError` after 10 s. `ready`, `away`, and `transfer` throw a
 * `DisconnectedError` without a connection; the others work without one.
 */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #chats: SupportChats;
  readonly #events: Emitter<AgentEvents>;
  #state: DeskAgent | undefined;
  /** The last change of readiness that was requested. */
  #lastChange: Promise<unknown> = Promise.resolve();
  /** Counts the changes of the connection: retries that started before the latest are abandoned. */
  #connections = 0;
  #cancelRetry: Cancel = () => {};

  /** @internal */
  constructor(ports: AgentPorts, chats: SupportChats) {
    this.#ports = ports;
    this.#chats = chats;
    this.#events = new Emitter(ports.report);
    ports.events.on('frame', (frame) => {
      const push = frame as DeskAgentPush;
      if (push.type === 'desk.agent') this.#learn(push.agent);
    });
    ports.events.on('connection', ({ current }) => {
      this.#cancelRetry();
      this.#connections += 1;
      if (current === 'connected' && (this.#state !== undefined || this.#own.length > 0))
        void this.#restore(this.#connections, 0);
    });
  }

  /** This agent's chats that this client knows. */
  get #own(): readonly DeskChat[] {
    return this.#chats.all.filter(
      ({ state, agent }) => state === 'assigned' && agent?.userId === this.#ports.identity.userId,
    );
  }

  /**
   * This agent's state as far as this client knows it: after the first `me`, `ready`, or `away`. It is the same in all of
   * the agent's sessions, and the client reads it again after each reconnect (IM-DESK-8). Makes no request.
   *
   * @example
   * const isReady = im.agent.state?.status === 'ready';
   */
  get state(): DeskAgent | undefined {
    return this.#state;
  }

  /**
   * Calls `listener` with each event of this name (see `AgentEvents`). Returns an unsubscribe function.
   *
   * @example
   * const off = im.agent.on('changed', ({ status, active }) => console.log(status, active));
   * off();
   */
  on<Name extends keyof AgentEvents>(name: Name, listener: (event: AgentEvents[Name]) => void): Off {
    return this.#events.on(name, listener);
  }

  /**
   * Reads over HTTP this user's roles at the desk, the names of all queues, and an agent's state.
   *
   * @example
   * const { roles, queues, agent } = await im.agent.me();
   */
  async me(): Promise<DeskMeBody> {
    const me = await this.#ports.http.call<DeskMeBody>('GET', '/desk/me');
    if (me.agent !== null) this.#learn(me.agent);
    return me;
  }

  /**
   * Reads over HTTP the ready agents, this one included. A chat can be transferred to each of them whose `active` is below
   * `capacity`.
   *
   * @example
   * const free = (await im.agent.all()).filter(({ active, capacity }) => active < capacity);
   */
  async all(): Promise<readonly DeskAgent[]> {
    return (await this.#ports.http.call<DeskAgentsBody>('GET', '/desk/agents')).agents;
  }

  /**
   * Takes chats from these queues, up to the capacity, until any session of the agent calls `away` (IM-DESK-4).
   * `im.desk.on('assigned')` reports each new chat.
   *
   * @throws also a `RefusedError` `not_found` for an unknown queue
   *
   * @example
   * const { status, active } = await im.agent.ready({ queues: ['default'], capacity: 3 });
   */
  ready(readiness: Readiness): Promise<DeskAgent> {
    return this.#inTurn(async () => {
      const { agent } = await this.#ports.sessions.require().request('desk.ready', { ...readiness });
      this.#learn(agent);
      return agent;
    });
  }

  /**
   * Keeps the current chats and takes no new ones.
   *
   * @example
   * await im.agent.away();
   */
  away(): Promise<DeskAgent> {
    return this.#inTurn(async () => {
      const { agent } = await this.#ports.sessions.require().request('desk.away', {});
      this.#learn(agent);
      return agent;
    });
  }

  /**
   * Transfers a chat to another agent, or back to the head of its queue (IM-DESK-5).
   *
   * @param to the agent's user id, or `'queue'`
   * @throws also a `RefusedError`: `conflict` if that agent isn't ready or is at capacity, or if the chat is no longer
   * this agent's; `not_found` for an unknown chat; `invalid_request` for a transfer to oneself
   *
   * @example
   * await im.agent.transfer(conversationId, 'ben');
   * await im.agent.transfer(conversationId, 'queue');
   */
  async transfer(conversationId: string, to: string): Promise<DeskChat> {
    const { chat } = await this.#ports.sessions.require().request('desk.transfer', { conversationId, to });
    this.#chats.learn(chat);
    return chat;
  }

  /**
   * Reads chats over HTTP: an agent's own, or all of them for a supervisor, in this state or in any. `im.desk.chats()`
   * includes them afterwards.
   *
   * @example
   * const waiting = await im.agent.chats('waiting');
   */
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

  /**
   * Reads the state of each queue over HTTP: how many chats are waiting, for how long, and the number of agents by
   * status. Supervisors only.
   *
   * @example
   * for (const { queue, waiting } of await im.agent.queues()) console.log(queue, waiting);
   */
  async queues(): Promise<readonly SupportQueue[]> {
    return (await this.#ports.http.call<DeskQueuesBody>('GET', '/desk/queues')).queues;
  }

  /** Frames and answers can arrive out of order. */
  #learn(agent: DeskAgent): void {
    if (this.#state !== undefined && agent.version <= this.#state.version) return;
    this.#state = agent;
    this.#events.emit('changed', agent);
  }

  /** Requests run one after the other, since two at once could reach the desk in either order. */
  #inTurn<T>(request: () => Promise<T>): Promise<T> {
    const reply = this.#lastChange.then(request);
    this.#lastChange = reply.catch(() => {});
    return reply;
  }

  /**
   * Reads missed changes: the agent's state, new chats, and chats that went to others. It never repeats `ready`,
   * since the agent may have gone away in another session (IM-DESK-8). Retries until it succeeds or the connection changes
   * again.
   */
  async #restore(connection: number, attempt: number): Promise<void> {
    const { environment, logger, policy } = this.#ports;
    try {
      await this.me();
      // The answer may lack a chat that is pushed in the meantime.
      const before = this.#own;
      const mine = new Set((await this.chats('assigned')).map(({ conversationId }) => conversationId));
      for (const { conversationId } of before)
        if (!mine.has(conversationId)) this.#chats.forget(conversationId);
    } catch (reason) {
      const error = toImError(reason);
      logger.warn('could not restore the desk after a reconnect', { error });
      const delayMs = error.retryable ? policy.nextDelayMs({ attempt, error }) : null;
      if (delayMs !== null && connection === this.#connections)
        this.#cancelRetry = environment.after(delayMs, () => void this.#restore(connection, attempt + 1));
    }
  }
}
