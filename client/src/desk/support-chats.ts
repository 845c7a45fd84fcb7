import type { ChatState, DeskAssignedPush, DeskChat, DeskUpdatedPush } from '../../../protocol/desk.ts';
import type { ConversationList } from '../conversations/conversation-list.ts';
import type { ClientEvents } from '../model/events.ts';
import type { ChatMessage } from '../model/message.ts';
import { Emitter, type Off } from '../support/emitter.ts';
import type { Identity } from '../transport/identity.ts';

/** The events of `im.desk.on`. */
export interface DeskEvents {
  /** A chat got an agent, or a different one. */
  assigned: DeskChat;
  /** Any part of a chat has changed. */
  changed: DeskChat;
  /** This agent lost a chat to another while disconnected. */
  gone: DeskChat;
}

/** The chat's state after a system message in its conversation (IM-DESK): these messages make up for missed pushes. */
const STATE_BY_EVENT: Readonly<Record<string, ChatState>> = {
  assigned: 'assigned',
  transferred: 'assigned',
  requeued: 'waiting',
  closed: 'closed',
};

export interface SupportChatsPorts {
  readonly identity: Pick<Identity, 'userId'>;
  readonly list: Pick<ConversationList, 'drop'>;
  readonly events: Pick<Emitter<ClientEvents>, 'on'>;
  report(error: unknown): void;
}

/** The support chats that this client knows. */
export class SupportChats {
  readonly events: Emitter<DeskEvents>;
  readonly #ports: SupportChatsPorts;
  readonly #known = new Map<string, DeskChat>();
  /** By conversation, the seq of the latest message that told the chat's state. */
  readonly #toldBy = new Map<string, number>();
  #all: readonly DeskChat[] = [];

  constructor(ports: SupportChatsPorts) {
    const { events, report } = ports;
    this.#ports = ports;
    this.events = new Emitter(report);
    events.on('frame', (frame) => {
      const push = frame as DeskAssignedPush | DeskUpdatedPush;
      if (push.type === 'desk.assigned' || push.type === 'desk.updated') this.learn(push.chat);
    });
    events.on('message', (message) => this.#onMessage(message));
  }

  /** Open ones first, then by the time of opening. The same array until something changes. */
  get all(): readonly DeskChat[] {
    return this.#all;
  }

  get(conversationId: string): DeskChat | undefined {
    return this.#known.get(conversationId);
  }

  learn(chat: DeskChat): DeskChat {
    const before = this.#known.get(chat.conversationId);
    // Updates can arrive out of order; a closed chat stays closed.
    if (before?.state === 'closed' && chat.state !== 'closed') return before;
    this.#known.set(chat.conversationId, chat);
    this.#all = [...this.#known.values()].sort(
      (a, b) => Number(a.state === 'closed') - Number(b.state === 'closed') || a.openedAt - b.openedAt,
    );
    this.#dropIfLost(chat);
    this.events.emit('changed', chat);
    const isNews = before?.state !== 'assigned' || before.agent?.userId !== chat.agent?.userId;
    if (chat.state === 'assigned' && isNews) this.events.emit('assigned', chat);
    return chat;
  }

  /** The chat is no longer this agent's. */
  forget(conversationId: string): void {
    const chat = this.#known.get(conversationId);
    if (chat === undefined) return;
    this.#known.delete(conversationId);
    this.#all = this.#all.filter((one) => one !== chat);
    this.events.emit('gone', chat);
  }

  /** An agent who has lost a chat may not read it. The message of the change may come after its push. */
  #dropIfLost({ conversationId, state, customer, agent }: DeskChat): void {
    const { identity, list } = this.#ports;
    const { userId } = identity;
    if (state !== 'closed' && userId !== customer && userId !== agent?.userId) list.drop(conversationId);
  }

  on<Name extends keyof DeskEvents>(name: Name, listener: (event: DeskEvents[Name]) => void): Off {
    return this.events.on(name, listener);
  }

  /** A new agent gets the chat's earlier messages after the push and the message of the transfer. */
  #isOver(chat: DeskChat, state: ChatState, { seq = 0, sentAt }: ChatMessage): boolean {
    const told = this.#toldBy.get(chat.conversationId);
    if (told !== undefined) return seq < told;
    return state !== 'closed' && sentAt < (chat.assignedAt ?? 0);
  }

  #onMessage(message: ChatMessage): void {
    const { conversationId = '', content, sentAt, seq = 0 } = message;
    const chat = this.#known.get(conversationId);
    if (chat === undefined || content.type !== 'system') return;
    const state = STATE_BY_EVENT[content.event];
    const [userId] = [content.users].flat();
    this.#dropIfLost(chat);
    if (state === undefined || this.#isOver(chat, state, message)) return;
    this.#toldBy.set(conversationId, seq);
    // The push of the same change has more fields, and arrives shortly before or after.
    const isKnown = state === chat.state && (state !== 'assigned' || userId === chat.agent?.userId);
    if (isKnown) return;
    const { position: _, ...rest } = chat;
    if (state === 'assigned' && userId !== undefined)
      this.learn({ ...rest, state, agent: { userId }, assignedAt: sentAt });
    if (state === 'waiting') this.learn({ ...rest, state, agent: null });
    if (state === 'closed') this.learn({ ...rest, state, closedAt: sentAt });
  }
}
