import type { DeskChat } from '../../../protocol/desk.ts';
import type { Off } from '../support/emitter.ts';
import type { SessionSource } from '../transport/session.ts';
import type { DeskEvents, SupportChats } from './support-chats.ts';

/** Options of `Desk.open`. */
export interface OpenOptions {
  /** One of the deployment's queues. Defaults to the first. */
  readonly queue?: string;
  /** The subject: one line, 1 to 200 characters. */
  readonly topic?: string;
}

/** The desk for customers: `im.desk`. Messages go through `im.conversation(chat.conversationId)`, as everywhere. */
export class Desk {
  readonly #sessions: SessionSource;
  readonly #chats: SupportChats;

  /** @internal */
  constructor(sessions: SessionSource, chats: SupportChats) {
    this.#sessions = sessions;
    this.#chats = chats;
  }

  /**
   * Opens a chat, or returns the one already open in this queue (IM-DESK-1). The customer can write at once; the event
   * `assigned` reports that an agent has joined.
   *
   * @throws a `RefusedError` (`not_found` for an unknown queue), a `DisconnectedError` without a connection, a
   * `TimeoutError` after 10 s
   *
   * @example
   * const { conversationId } = await im.desk.open({ topic: 'My parcel' });
   * im.conversation(conversationId).send({ type: 'text', text: 'Where is it?' });
   */
  async open(options: OpenOptions = {}): Promise<DeskChat> {
    return this.#learn(await this.#sessions.require().request('desk.open', { ...options }));
  }

  /**
   * Ends a chat, as its customer or its agent. The customer can add a rating, once, also after the chat has ended
   * (IM-DESK-3).
   *
   * @param rating 1 to 5, from the customer only
   * @throws a `RefusedError` (`not_found` for another user's chat, `forbidden` for a rating by an agent), a
   * `DisconnectedError` without a connection, a `TimeoutError` after 10 s
   *
   * @example
   * await im.desk.close(conversationId, 5);
   */
  async close(conversationId: string, rating?: number): Promise<DeskChat> {
    const fields = { conversationId, ...(rating !== undefined && { rating }) };
    return this.#learn(await this.#sessions.require().request('desk.close', fields));
  }

  /**
   * The chats that this client knows, open ones first, then by the time they were opened. The same array until
   * something changes. Makes no request.
   *
   * @example
   * const open = im.desk.chats().filter(({ state }) => state !== 'closed');
   */
  chats(): readonly DeskChat[] {
    return this.#chats.all;
  }

  /**
   * The chat with this id, if this client knows it. Makes no request.
   *
   * @example
   * const agent = im.desk.get(conversationId)?.agent;
   */
  get(conversationId: string): DeskChat | undefined {
    return this.#chats.get(conversationId);
  }

  /**
   * Calls `listener` with each event of this name (see `DeskEvents`). Returns an unsubscribe function.
   *
   * @example
   * const off = im.desk.on('assigned', ({ agent }) => console.log(`${agent?.name} is here`));
   * off();
   */
  on<Name extends keyof DeskEvents>(name: Name, listener: (event: DeskEvents[Name]) => void): Off {
    return this.#chats.on(name, listener);
  }

  #learn({ chat }: { readonly chat: DeskChat }): DeskChat {
    return this.#chats.learn(chat);
  }
}
