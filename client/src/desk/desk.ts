import type { DeskChat } from '../../../protocol/desk.ts';
import type { Off } from '../support/emitter.ts';
import type { SessionSource } from '../transport/session.ts';
import type { DeskEvents, SupportChats } from './support-chats.ts';

export interface OpenOptions {
  /** One of the deployment's queues; by default its first. */
  readonly queue?: string;
  /** The subject, in one line. */
  readonly topic?: string;
}

/** The customer's side of the desk. Messages go through `im.conversation(chat.conversationId)`, as everywhere. */
export class Desk {
  readonly #sessions: SessionSource;
  readonly #chats: SupportChats;

  /** @internal */
  constructor(sessions: SessionSource, chats: SupportChats) {
    this.#sessions = sessions;
    this.#chats = chats;
  }

  /**
   * Opens a chat, or returns the one that is open in this queue (IM-DESK-1). The customer can write at once; the event
   * `assigned` means that an agent has joined. Rejects with `not_found` for an unknown queue, `disconnected` without a
   * connection.
   */
  async open(options: OpenOptions = {}): Promise<DeskChat> {
    return this.#learn(await this.#sessions.require().request('desk.open', { ...options }));
  }

  /** Ends a chat, with an optional rating. A customer may also rate once after the agent has ended it (IM-DESK-3). */
  async close(conversationId: string, rating?: number): Promise<DeskChat> {
    const fields = { conversationId, ...(rating !== undefined && { rating }) };
    return this.#learn(await this.#sessions.require().request('desk.close', fields));
  }

  /** The chats that this client knows of, open ones first. The same array until something changes. */
  chats(): readonly DeskChat[] {
    return this.#chats.all;
  }

  get(conversationId: string): DeskChat | undefined {
    return this.#chats.get(conversationId);
  }

  /** Returns an unsubscribe function. */
  on<Name extends keyof DeskEvents>(name: Name, listener: (event: DeskEvents[Name]) => void): Off {
    return this.#chats.on(name, listener);
  }

  #learn({ chat }: { readonly chat: DeskChat }): DeskChat {
    return this.#chats.learn(chat);
  }
}
