import type {
  ChatState,
  DeskAgent,
  DeskChat,
  DeskChatsBody,
  DeskQueue,
  DeskQueuesBody,
} from '../../../protocol/desk.ts';
import type { Client } from '../api/client.ts';
import { toImError } from '../model/errors.ts';
import type { Cancel } from '../support/environment.ts';
import { queryString } from '../transport/http-api.ts';
import { ask } from './desk.ts';
import type { SupportChats } from './support-chats.ts';

export interface Readiness {
  readonly queues: readonly string[];
  /** Chats at a time, 1 to 50. */
  readonly capacity: number;
}

/** An agent's side of the desk, and a supervisor's. Without the role everything rejects with `forbidden` (IM-ROLE). */
export class Agent {
  readonly #im: Client;
  readonly #chats: SupportChats;
  #readiness: Readiness | undefined;
  /** The last word about readiness, until it is answered. */
  #lastWord: Promise<unknown> = Promise.resolve();
  /** Counts the changes of the connection: what was begun before the last one is no longer this one's business. */
  #changes = 0;
  #cancelRetry: Cancel = () => {};

  /** @internal */
  constructor(im: Client, chats: SupportChats) {
    this.#im = im;
    this.#chats = chats;
    im.on('connection', ({ current }) => {
      this.#cancelRetry();
      this.#changes += 1;
      if (current === 'connected' && (this.#readiness !== undefined || this.#own.length > 0))
        void this.#return(this.#changes, 0);
    });
  }

  /** The chats that this agent has, as far as is known here. */
  get #own(): readonly DeskChat[] {
    return this.#chats.all.filter(
      ({ state, agent }) => state === 'assigned' && agent?.userId === this.#im.userId,
    );
  }

  /**
   * Takes chats from these queues, up to so many at a time, until `away` (IM-DESK-4). Said again by itself after each
   * reconnect, when the chats that one has are read again.
   */
  ready(readiness: Readiness): Promise<DeskAgent> {
    return this.#inTurn(async () => {
      const { agent } = await ask(this.#im, 'desk.ready', { ...readiness });
      this.#readiness = readiness;
      return agent;
    });
  }

  /** Keeps the chats that one has, and takes no new ones. */
  away(): Promise<DeskAgent> {
    return this.#inTurn(async () => {
      const { agent } = await ask(this.#im, 'desk.away', {});
      this.#readiness = undefined;
      return agent;
    });
  }

  /**
   * Hands a chat to another agent, or with `queue` back to the head of its queue (IM-DESK-5). Rejects with `conflict` if
   * that agent isn't ready or is full.
   */
  async transfer(conversationId: string, to: string): Promise<DeskChat> {
    const { chat } = await ask(this.#im, 'desk.transfer', { conversationId, to });
    this.#chats.learn(chat);
    return chat;
  }

  /** An agent's own chats, a supervisor's all, in this state or in any; `desk.chats()` has them from then on. */
  async chats(state?: ChatState): Promise<readonly DeskChat[]> {
    const all: DeskChat[] = [];
    let cursor: string | null | undefined;
    do {
      const path = `/desk/chats${queryString({ state, cursor })}`;
      const body: DeskChatsBody = await this.#im.engine.http.call('GET', path);
      all.push(...body.chats);
      cursor = body.cursor;
    } while (cursor !== null);
    return all.map((chat) => this.#chats.learn(chat));
  }

  /** Supervisors: how many wait, how long, and the agents by status. */
  async queues(): Promise<readonly DeskQueue[]> {
    return (await this.#im.engine.http.call<DeskQueuesBody>('GET', '/desk/queues')).queues;
  }

  /** One word after the other is answered: two that are under way at once may reach the desk in either order. */
  #inTurn<T>(say: () => Promise<T>): Promise<T> {
    const said = this.#lastWord.then(say);
    this.#lastWord = said.catch(() => {});
    return said;
  }

  /**
   * Says again that one is ready, without which the desk gives one's chats to others (IM-DESK-7), and reads what was
   * missed: chats that are no longer this agent's, and new ones. Until it is had, or the connection is another.
   */
  async #return(change: number, attempt: number): Promise<void> {
    const { engine } = this.#im;
    try {
      await this.#inTurn(async () => this.#readiness && ask(this.#im, 'desk.ready', { ...this.#readiness }));
      // What is pushed while the answer is on its way may not be in it.
      const before = this.#own;
      const mine = new Set((await this.chats('assigned')).map(({ conversationId }) => conversationId));
      for (const { conversationId } of before)
        if (!mine.has(conversationId)) this.#chats.forget(conversationId);
    } catch (reason) {
      const error = toImError(reason);
      engine.logger.warn('the desk could not be asked after a reconnect', { error });
      const delayMs = error.retryable ? engine.policy.nextDelayMs({ attempt, error }) : null;
      if (delayMs !== null && change === this.#changes)
        this.#cancelRetry = engine.environment.after(delayMs, () => void this.#return(change, attempt + 1));
    }
  }
}
