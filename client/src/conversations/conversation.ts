import type { Sent, UserPresence } from '../../../protocol/frames.ts';
import type { Engine } from '../api/engine.ts';
import type { SentContent } from '../model/content.ts';
import { DisconnectedError, ImError } from '../model/errors.ts';
import type { ConversationEvents, Gap } from '../model/events.ts';
import type { ChatMessage, OwnMessage } from '../model/message.ts';
import type { Off } from '../support/emitter.ts';
import { newId } from '../support/environment.ts';
import type { HistoryRange } from '../transport/http-api.ts';
import type { Place } from './conversation-state.ts';

export interface HistoryPage {
  /** Ascending by seq. */
  readonly messages: readonly ChatMessage[];
  /** More in the direction of paging. */
  readonly hasMore: boolean;
}

export interface SendOptions {
  /**
   * `[A-Za-z0-9_-]{1,64}`. The same id again is the same message (IM-SEND-2): what answers something may derive its id
   * from that, and is then sent once, however often the program is restarted. By default a fresh one.
   */
  readonly clientMsgId?: string;
}

/** What a conversation needs of its client. */
export type ConversationPorts = Pick<
  Engine,
  | 'compose'
  | 'environment'
  | 'events'
  | 'feed'
  | 'http'
  | 'incoming'
  | 'list'
  | 'outbox'
  | 'readMarks'
  | 'report'
  | 'session'
  | 'tell'
>;

/** Typing is told at most this often: the others' clients forget it after some seconds (section 9). */
const TYPING_INTERVAL_MS = 3_000;

/** One conversation: send, hear, and look back. */
export class Conversation {
  /** @internal */
  readonly place: Place;
  /** @internal */
  readonly ports: ConversationPorts;
  #toldTyping: { readonly typing: boolean; readonly atMs: number } | undefined;

  /** @internal */
  constructor(place: Place, ports: ConversationPorts) {
    this.place = place;
    this.ports = ports;
  }

  /** Undefined for a direct conversation until this client knows whose it is, which is once it has connected. */
  get id(): string | undefined {
    return this.place.id;
  }

  /** Who is typing, in the order in which they began. The same array until that changes. */
  get typists(): readonly string[] {
    return this.place.typists.users;
  }

  /** The open gaps, ascending (see the event `gap`). The same array until they change. */
  get gaps(): readonly Gap[] {
    return this.place.gaps;
  }

  /**
   * Sends. Returns at once, before the message has gone anywhere, and never fails: see `acked` and `state` of the
   * message. Messages of a conversation arrive in the order of these calls (IM-SEND-4).
   */
  send(content: SentContent, options: SendOptions = {}): OwnMessage {
    const { environment, outbox } = this.ports;
    const clientMsgId = options.clientMsgId ?? newId(environment);
    const draft = { clientMsgId, content, writtenAtMs: environment.wallClockMs() };
    // Their clients take the message for the end of it.
    this.#toldTyping = undefined;
    const message = this.ports.compose(this.place, draft);
    outbox.add(message);
    return message;
  }

  /**
   * Sends a failed message again, under the same `clientMsgId`: if an earlier attempt did reach the server, there is
   * still only one (IM-SEND-2). Resolves and rejects as `acked`.
   */
  async retry(clientMsgId: string): Promise<Sent> {
    const acked = this.ports.outbox.retry(clientMsgId);
    if (acked !== undefined) return acked;
    throw new ImError('not_found', `no failed message ${clientMsgId}`, { retryable: false });
  }

  /** Forgets a failed message. Returns whether there was one. */
  discard(clientMsgId: string): boolean {
    const message = this.ports.outbox.discard(clientMsgId);
    if (message !== undefined) this.ports.tell(this.place, 'discarded', message);
    return message !== undefined;
  }

  on<Name extends keyof ConversationEvents>(
    name: Name,
    listener: (event: ConversationEvents[Name]) => void,
  ): Off {
    return this.place.events.on(name, listener);
  }

  /** A page of the past: the latest, or what is before or after a seq. Works without a connection. */
  async history(range: HistoryRange = {}): Promise<HistoryPage> {
    const place = this.place;
    const { messages, hasMore } = await this.ports.http.history(await place.resolve(), range);
    return { messages: messages.map((message) => place.show(message)), hasMore };
  }

  /**
   * This user has read everything up to `seq`. Counts here at once; the server is told when it can be, and again if
   * that fails. Going back has no effect.
   */
  markRead(seq: number): void {
    const { list, readMarks } = this.ports;
    const { id, target } = this.place;
    readMarks.mark(target, seq);
    if (id !== undefined) list.read(id, seq);
  }

  /**
   * Tells the others that this user is typing: call it at each keystroke, it passes on one in three seconds. `false`
   * tells that they have stopped; sending does so by itself. Lost without a connection.
   */
  typing(typing = true): void {
    const { environment, session } = this.ports;
    const last = this.#toldTyping;
    const nowMs = environment.nowMs();
    const isNews = last?.typing === true ? !typing || nowMs - last.atMs >= TYPING_INTERVAL_MS : typing;
    if (session === null || !isNews) return;
    this.#toldTyping = { typing, atMs: nowMs };
    session.tellTyping(this.place.target, typing);
  }

  /** Who of the members is there now: both users, or a group's first hundred. Rejects like `Client.presence`. */
  async presence(): Promise<readonly UserPresence[]> {
    const { session } = this.ports;
    if (session === null) throw new DisconnectedError('not connected');
    const conversationId = await this.place.resolve();
    return (await session.request('presence', { conversationId })).users;
  }

  /**
   * Takes a message back for everybody: an own one within two minutes, or as a group's admin any. Rejects with
   * `recall_window_passed`, `forbidden`, or `disconnected` without a connection.
   */
  async recall(seq: number): Promise<void> {
    const { environment, incoming, session } = this.ports;
    if (session === null) throw new DisconnectedError('not connected');
    await session.request('recall', { ...this.place.target, seq });
    const { id = '', userId = '' } = this.place;
    incoming.recalled(id, seq, userId, environment.wallClockMs());
  }
}
