import type { Sent, UserPresence } from '../../../protocol/frames.ts';
import type { SentContent } from '../model/content.ts';
import { ImError } from '../model/errors.ts';
import type { ConversationEvents, Gap } from '../model/events.ts';
import type { ChatMessage, OwnMessage } from '../model/message.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Off } from '../support/emitter.ts';
import { type Environment, newId } from '../support/environment.ts';
import type { HistoryRange, HttpApi } from '../transport/http-api.ts';
import type { SessionSource } from '../transport/session.ts';
import { type ComposePorts, compose } from './compose.ts';
import type { ConversationList } from './conversation-list.ts';
import type { ConversationState } from './conversation-state.ts';
import type { ReadReceiptSender } from './read-receipt-sender.ts';

export interface HistoryPage {
  /** Ascending by seq. */
  readonly messages: readonly ChatMessage[];
  /** Whether there are more in the direction of paging. */
  readonly hasMore: boolean;
}

export interface SendOptions {
  /**
   * `[A-Za-z0-9_-]{1,64}`. Two sends with the same id are the same message (IM-SEND-2): a bot can derive the id of its
   * answer from the question, and the answer is sent once, however often the bot restarts. By default a fresh id.
   */
  readonly clientMsgId?: string;
}

export interface ConversationPorts extends ComposePorts {
  readonly environment: Pick<Environment, 'nowMs' | 'wallClockMs' | 'random'>;
  readonly sessions: SessionSource;
  readonly http: Pick<HttpApi, 'history'>;
  readonly outbox: Pick<Outbox, 'add' | 'retry' | 'discard' | 'messagesOf'>;
  readonly readReceipts: Pick<ReadReceiptSender, 'mark'>;
  readonly list: Pick<ConversationList, 'read'>;
  readonly incoming: { recalled(conversationId: string, seq: number, by: string, at: number): void };
  readonly sync: { readonly isLive: boolean };
  report(error: unknown): void;
}

/** The least time between two typing notifications. Other clients forget one after some seconds (section 9). */
const TYPING_INTERVAL_MS = 3_000;

/** One conversation: sending, events, and history. */
export class Conversation {
  /** @internal */
  readonly state: ConversationState;
  /** @internal */
  readonly ports: ConversationPorts;
  #lastTyping: { readonly typing: boolean; readonly atMs: number } | undefined;

  /** @internal */
  constructor(state: ConversationState, ports: ConversationPorts) {
    this.state = state;
    this.ports = ports;
  }

  /** Undefined for a direct conversation until this client knows its own user, which it does once it has connected. */
  get id(): string | undefined {
    return this.state.id;
  }

  /** The users who are typing, in the order in which they began. The same array until that changes. */
  get typists(): readonly string[] {
    return this.state.typingUsers.users;
  }

  /** The open gaps, ascending (see the event `gap`). The same array until they change. */
  get gaps(): readonly Gap[] {
    return this.state.gaps;
  }

  /**
   * Sends a message. Returns at once, before it is transmitted, and never throws: see `acked` and `state` of the message.
   * Messages of a conversation arrive in the order of these calls (IM-SEND-4).
   */
  send(content: SentContent, options: SendOptions = {}): OwnMessage {
    const { environment, outbox } = this.ports;
    const clientMsgId = options.clientMsgId ?? newId(environment);
    const draft = { clientMsgId, content, writtenAtMs: environment.wallClockMs() };
    // To the other clients, a message ends the typing.
    this.#lastTyping = undefined;
    const message = compose(this.ports, this.state, draft);
    outbox.add(message);
    return message;
  }

  /**
   * Sends a failed message again under the same `clientMsgId`: if an earlier attempt did reach the server, there is still
   * only one message (IM-SEND-2). Resolves and rejects as `acked` does; rejects with `not_found` if no message of this id
   * has failed.
   */
  async retry(clientMsgId: string): Promise<Sent> {
    const acked = this.ports.outbox.retry(clientMsgId);
    if (acked !== undefined) return acked;
    throw new ImError('not_found', `no failed message ${clientMsgId}`, { retryable: false });
  }

  /** Removes a failed message. Returns whether there was one of this id. */
  discard(clientMsgId: string): boolean {
    const message = this.ports.outbox.discard(clientMsgId);
    if (message !== undefined) this.ports.states.emit(this.state, 'discarded', message);
    return message !== undefined;
  }

  /** Returns an unsubscribe function. */
  on<Name extends keyof ConversationEvents>(
    name: Name,
    listener: (event: ConversationEvents[Name]) => void,
  ): Off {
    return this.state.events.on(name, listener);
  }

  /** A page of history: the latest, or the one before or after a seq. Works without a connection. */
  async history(range: HistoryRange = {}): Promise<HistoryPage> {
    const state = this.state;
    const { messages, hasMore } = await this.ports.http.history(await state.resolve(), range);
    return { messages: messages.map((message) => state.show(message)), hasMore };
  }

  /**
   * Notes that this user has read everything up to `seq`. Takes effect here at once; the server is told as soon as there
   * is a connection, and again after a failure. A lower `seq` than before has no effect.
   */
  markRead(seq: number): void {
    const { list, readReceipts } = this.ports;
    const { id, target } = this.state;
    readReceipts.mark(target, seq);
    if (id !== undefined) list.read(id, seq);
  }

  /**
   * Tells the others that this user is typing. Call it at each keystroke: it sends at most one notification in three
   * seconds. `false` tells them that this user has stopped, as sending a message does. Does nothing without a connection.
   */
  typing(typing = true): void {
    const session = this.ports.sessions.current;
    const last = this.#lastTyping;
    const nowMs = this.ports.environment.nowMs();
    const isNews = last?.typing === true ? !typing || nowMs - last.atMs >= TYPING_INTERVAL_MS : typing;
    if (session === null || !isNews) return;
    this.#lastTyping = { typing, atMs: nowMs };
    session.sendTyping(this.state.target, typing);
  }

  /** The presence of the members: of both users, or of a group's first hundred. Rejects as `Client.presence` does. */
  async presence(): Promise<readonly UserPresence[]> {
    const session = this.ports.sessions.require();
    const conversationId = await this.state.resolve();
    return (await session.request('presence', { conversationId })).users;
  }

  /**
   * Takes a message back for everybody: an own one within two minutes or, as a group's admin, any message. Rejects with
   * `recall_window_passed`, `forbidden`, or `disconnected` without a connection.
   */
  async recall(seq: number): Promise<void> {
    const { environment, incoming, sessions } = this.ports;
    await sessions.require().request('recall', { ...this.state.target, seq });
    const { id = '', userId = '' } = this.state;
    incoming.recalled(id, seq, userId, environment.wallClockMs());
  }
}
