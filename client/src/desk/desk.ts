import type { DeskChat } from '../../../protocol/desk.ts';
import type { Client } from '../api/client.ts';
import { DisconnectedError } from '../model/errors.ts';
import type { Off } from '../support/emitter.ts';
import type { Action, Fields, Reply } from '../transport/frames.ts';
import type { DeskEvents, SupportChats } from './support-chats.ts';

export interface OpenOptions {
  /** One of the deployment's queues; by default its first. */
  readonly queue?: string;
  /** What it is about, in a line. */
  readonly topic?: string;
}

/** A customer's side of the desk. What is said goes through `im.conversation(chat.conversationId)`, as everywhere. */
export class Desk {
  readonly #im: Client;
  readonly #chats: SupportChats;

  /** @internal */
  constructor(im: Client, chats: SupportChats) {
    this.#im = im;
    this.#chats = chats;
  }

  /**
   * Opens a chat, or returns the one that is open in this queue (IM-DESK-1). One may write at once; `assigned` tells that
   * an agent has come. Rejects with `not_found` for another queue, `disconnected` without a connection.
   */
  async open(options: OpenOptions = {}): Promise<DeskChat> {
    return this.#learn(await ask(this.#im, 'desk.open', { ...options }));
  }

  /** Ends a chat, and rates it if told to; a customer may rate once after the agent has ended it (IM-DESK-3). */
  async close(conversationId: string, rating?: number): Promise<DeskChat> {
    const fields = { conversationId, ...(rating !== undefined && { rating }) };
    return this.#learn(await ask(this.#im, 'desk.close', fields));
  }

  /** The chats that this client has heard of, open ones first. The same array until something changes. */
  chats(): readonly DeskChat[] {
    return this.#chats.all;
  }

  get(conversationId: string): DeskChat | undefined {
    return this.#chats.get(conversationId);
  }

  /** Subscribes; returns the way out. */
  on<Name extends keyof DeskEvents>(name: Name, listener: (event: DeskEvents[Name]) => void): Off {
    return this.#chats.on(name, listener);
  }

  #learn({ chat }: { readonly chat: DeskChat }): DeskChat {
    return this.#chats.learn(chat);
  }
}

/** @internal */
export async function ask<A extends Action>(im: Client, action: A, fields: Fields<A>): Promise<Reply<A>> {
  const { session } = im.engine;
  if (session === null) throw new DisconnectedError('not connected');
  return session.request(action, fields);
}
